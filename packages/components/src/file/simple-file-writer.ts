// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../bytes.js';
import { nonEmptyString, optionsObject, shown, trueOrFalse } from '../options.js';
import { FileWriter } from './file-writer.js';

/** What {@link SimpleFileWriter} does with a file that is there: empties it, adds to it, or fails. */
export type WriteMode = 'w' | 'a' | 'x';

/** Options of {@link SimpleFileWriter}. */
export interface SimpleFileWriterOptions {
  /** Path of the file. */
  readonly filename: string;
  /**
   * `'w'` (default) begins an empty file, `'a'` writes behind what is there, `'x'` fails when there is one. The
   * original's `b` may stand behind it and says nothing: files hold bytes.
   */
  readonly mode?: WriteMode | `${WriteMode}b`;
  /** Whether everything is on the disk, and not only with the system, when it ends. Default false. */
  readonly fsync?: boolean;
}

const FLAGS: Readonly<Record<string, string>> = { w: 'w', wb: 'w', a: 'a', ab: 'a', x: 'wx', xb: 'wx' };

/**
 * Writes everything it receives to a file, one message behind the other, and ends with its inbox.
 *
 * The file is opened when the component starts, also for a stream without a message. What waits in the inbox is
 * written together, and while the disk is at work the inbox fills and its producer waits. A message that was taken is
 * written whole, also when the component is aborted meanwhile. A file that cannot be opened, a full disk or an error
 * when it is closed ends the graph with a `FileError` that says after how many bytes; those are in the file.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. A message with `Symbol.dispose` is disposed when it is written.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ReadFileAdaptor, SimpleFileWriter } from '@kamaelia/components/file';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const filename = join(tmpdir(), 'copy.drc');
 * await Pipeline(new ReadFileAdaptor('testcard.drc'), new SimpleFileWriter({ filename, fsync: true })).run();
 */
export class SimpleFileWriter extends Component {
  readonly inbox = this.in<Sendable>('inbox');
  readonly #writer: FileWriter;
  readonly #fsync: boolean;

  /** A string is the `filename`. */
  constructor(options: SimpleFileWriterOptions | string) {
    super();
    const owner = 'SimpleFileWriter';
    const given =
      typeof options === 'string'
        ? { filename: options }
        : optionsObject(owner, options, ['filename', 'mode', 'fsync']);
    const { filename, mode = 'w', fsync = false } = given;
    nonEmptyString(owner, 'filename', filename);
    const flags = Object.hasOwn(FLAGS, mode) ? FLAGS[mode] : undefined;
    if (flags === undefined) {
      throw new TypeError(`${owner}: Expected 'w', 'a' or 'x' for mode but received ${shown(mode)}`);
    }
    this.#writer = new FileWriter(filename, flags);
    this.#fsync = trueOrFalse(owner, 'fsync', fsync);
  }

  /** Bytes that the system has taken so far. */
  get bytesWritten(): number {
    return this.#writer.bytesWritten;
  }

  override *main(): Steps {
    const { inbox } = this;
    const writer = this.#writer;
    let taken: readonly Sendable[] = [];
    try {
      yield* this.until(writer.open());
      while (!inbox.ended) {
        if (inbox.ready) {
          taken = inbox.takeAll();
          yield* this.#write(taken);
          for (const message of taken) disposeMessage(message);
          taken = [];
        } else {
          yield;
        }
      }
      if (this.#fsync) yield* this.until(writer.sync());
    } finally {
      try {
        const closing = writer.close();
        if (closing !== undefined) yield closing;
      } finally {
        for (const message of taken) disposeMessage(message);
      }
    }
  }

  /** Writes the messages in front of one that is none, too. */
  *#write(messages: readonly Sendable[]): Steps {
    const parts: Uint8Array[] = [];
    let wrong: unknown;
    for (const message of messages) {
      try {
        parts.push(bytesOf('SimpleFileWriter', message));
      } catch (error) {
        wrong = error;
        break;
      }
    }
    yield* this.until(this.#writer.write(parts));
    if (wrong !== undefined) throw wrong;
  }
}
