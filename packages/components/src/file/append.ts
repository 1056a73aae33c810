// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../bytes.js';
import { nonEmptyString, optionsObject, trueOrFalse } from '../options.js';
import { FileWriter } from './file-writer.js';

/** Options of {@link Append}. */
export interface AppendOptions {
  /** Path of the file; it is made when it is not there. */
  readonly filename: string;
  /** Whether each message goes on to the outbox once it is in the file. Default true. */
  readonly forwarder?: boolean;
  /** Begins with an empty file. Default false: behind what is there. */
  readonly blatFile?: boolean;
  /**
   * Keeps the file open. Default true; with false it is opened for each message, or for those that wait together, so
   * that somebody else may move it away meanwhile, as log rotation does.
   */
  readonly holdOpen?: boolean;
}

/**
 * Writes everything that passes through it to the end of a file: for logs, and for looking into a pipeline.
 *
 * Errors, back-pressure and stopping are those of `SimpleFileWriter`. A message goes on when the system has it.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: the same messages, with `forwarder`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Append } from '@kamaelia/components/file';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const filename = join(tmpdir(), 'seen.log');
 * await Pipeline(['one\n', 'two\n'], new Append({ filename }), (line) => console.log(line.trim())).run();
 */
export class Append extends Component {
  readonly inbox = this.in<Sendable>('inbox');
  readonly outbox = this.out<Sendable>('outbox');
  readonly #filename: string;
  readonly #forwarder: boolean;
  readonly #holdOpen: boolean;
  #blat: boolean;

  /** A string is the `filename`. */
  constructor(options: AppendOptions | string) {
    super();
    const owner = 'Append';
    const given =
      typeof options === 'string'
        ? { filename: options }
        : optionsObject(owner, options, ['filename', 'forwarder', 'blatFile', 'holdOpen']);
    const { filename, forwarder = true, blatFile = false, holdOpen = true } = given;
    this.#filename = nonEmptyString(owner, 'filename', filename);
    this.#forwarder = trueOrFalse(owner, 'forwarder', forwarder);
    this.#blat = trueOrFalse(owner, 'blatFile', blatFile);
    this.#holdOpen = trueOrFalse(owner, 'holdOpen', holdOpen);
  }

  override *main(): Steps {
    const { inbox } = this;
    // Opened once at least: an empty stream leaves a file too, and a wrong name is an error at once.
    do {
      yield* this.#whileOpen();
      while (!inbox.ended && !inbox.ready) yield;
    } while (!inbox.ended);
  }

  *#whileOpen(): Steps {
    const { inbox, outbox } = this;
    const writer = new FileWriter(this.#filename, this.#blat ? 'w' : 'a');
    this.#blat = false;
    let taken: Sendable | undefined;
    try {
      yield* this.until(writer.open());
      while (inbox.ready || (this.#holdOpen && !inbox.ended)) {
        while (inbox.ready) {
          taken = inbox.recv();
          yield* this.until(writer.write([bytesOf('Append', taken)]));
          if (this.#forwarder) outbox.send(taken);
          else disposeMessage(taken);
          taken = undefined;
        }
        if (this.#holdOpen && !inbox.ended) yield;
      }
    } finally {
      try {
        const closing = writer.close();
        if (closing !== undefined) yield closing;
      } finally {
        if (taken !== undefined) disposeMessage(taken);
      }
    }
  }
}
