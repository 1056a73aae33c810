// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { nonEmptyString, optionsObject, shown } from '../options.js';
import { FileError } from './file-error.js';
import { FileReader } from './file-reader.js';

/** Options of {@link PromptedFileReader}. */
export interface PromptedFileReaderOptions {
  /** Path of the file. */
  readonly filename: string;
  /** What a request counts. Default `'bytes'`. */
  readonly readmode?: 'bytes' | 'lines';
}

const LARGEST_ANSWER = 16 * 1024 * 1024;
const BLOCK = 65_536;
const LINE_FEED = 0x0a;

/**
 * Reads from a file as much as it is asked for, when it is asked.
 *
 * It ends with the file: a request is answered by what is left, and the first one behind the end of the file (or the
 * end of the requests) ends it. A file that cannot be opened or read, and lines that are more than 16 MiB together, end
 * the graph with a `FileError`; a request that is no whole number from 1 up is a TypeError.
 *
 * `inbox`: how many bytes or lines. `outbox`: for each request a `Uint8Array` with its own buffer that belongs to the
 * receiver, or several for more than 16 MiB; lines with their line feeds.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { PromptedFileReader } from '@kamaelia/components/file';
 *
 * await Pipeline([4, 9], new PromptedFileReader({ filename: 'testcard.drc' }), (part) => console.log(part)).run();
 */
export class PromptedFileReader extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #filename: string;
  readonly #lines: boolean;
  /** Read, and not sent yet. */
  #rest: Uint8Array = new Uint8Array(0);

  /** A string is the `filename`. */
  constructor(options: PromptedFileReaderOptions | string) {
    super();
    const owner = 'PromptedFileReader';
    const given =
      typeof options === 'string' ? { filename: options } : optionsObject(owner, options, ['filename', 'readmode']);
    const { filename, readmode = 'bytes' } = given;
    this.#filename = nonEmptyString(owner, 'filename', filename);
    if (readmode !== 'bytes' && readmode !== 'lines') {
      throw new TypeError(`${owner}: Expected 'bytes' or 'lines' for readmode but received ${shown(readmode)}`);
    }
    this.#lines = readmode === 'lines';
  }

  override *main(): Steps {
    const { inbox } = this;
    const reader = new FileReader(this.#filename);
    try {
      yield* this.until(reader.open());
      while (!inbox.ended) {
        while (inbox.ready) {
          const count = this.#checked(inbox.recv());
          const more = this.#lines ? yield* this.#sendLines(reader, count) : yield* this.#sendBytes(reader, count);
          if (!more) return;
        }
        yield;
      }
    } finally {
      const closing = reader.close();
      if (closing !== undefined) yield closing;
    }
  }

  #checked(count: number): number {
    if (Number.isSafeInteger(count) && count >= 1) return count;
    throw new TypeError(
      `PromptedFileReader: Expected a whole number from 1 up for a request but received ${shown(count)}`,
    );
  }

  /** False behind the end of the file. */
  *#sendBytes(reader: FileReader, count: number): Generator<unknown, boolean, unknown> {
    const { outbox } = this;
    let missing = count;
    while (missing > 0) {
      const answer = yield* this.until(reader.read(Math.min(missing, LARGEST_ANSWER), true));
      if (answer === undefined) return missing < count;
      missing -= answer.length;
      while (!outbox.open) yield;
      outbox.send(answer);
    }
    return true;
  }

  *#sendLines(reader: FileReader, count: number): Generator<unknown, boolean, unknown> {
    const answer = yield* this.until(this.#readLines(reader, count));
    if (answer === undefined) return false;
    this.outbox.send(answer);
    return true;
  }

  async #readLines(reader: FileReader, count: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    let missing = count;
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const block = await reader.read(BLOCK, false);
        if (block === undefined) break;
        this.#rest = block;
      }
      let end = 0;
      while (missing > 0 && end < this.#rest.length) {
        const feed = this.#rest.indexOf(LINE_FEED, end);
        end = feed < 0 ? this.#rest.length : feed + 1;
        if (feed >= 0) missing--;
      }
      parts.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
      length += end;
      if (length > LARGEST_ANSWER) {
        throw new FileError(
          `cannot read ${count} lines of ${JSON.stringify(this.#filename)} at once: more than ${LARGEST_ANSWER} bytes`,
          'TOO_LONG',
          this.#filename,
        );
      }
    }
    return length === 0 ? undefined : new Uint8Array(Buffer.concat(parts, length));
  }
}
