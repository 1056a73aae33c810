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
 * end of the requests) ends it. A file that cannot be opened or read, and an answer of more than 16 MiB, end the graph
 * with a `FileError`; a request that is no whole number from 1 up is a TypeError.
 *
 * `inbox`: how many bytes or lines. `outbox`: for each request one `Uint8Array` with its own buffer that belongs to
 * the receiver; lines with their line feeds.
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
    const { inbox, outbox } = this;
    const reader = new FileReader(this.#filename);
    try {
      yield* this.until(reader.open());
      while (!inbox.ended) {
        while (inbox.ready) {
          const count = this.#checked(inbox.recv());
          const answer = yield* this.until(this.#lines ? this.#readLines(reader, count) : reader.read(count, true));
          if (answer === undefined) return;
          outbox.send(answer);
        }
        yield;
      }
    } finally {
      const closing = reader.close();
      if (closing !== undefined) yield closing;
    }
  }

  #checked(count: number): number {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new TypeError(
        `PromptedFileReader: Expected a whole number from 1 up for a request but received ${shown(count)}`,
      );
    }
    if (!this.#lines && count > LARGEST_ANSWER) throw this.#tooLong(`${count} bytes`);
    return count;
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
      if (length > LARGEST_ANSWER) throw this.#tooLong(`${count} lines`);
    }
    return length === 0 ? undefined : new Uint8Array(Buffer.concat(parts, length));
  }

  #tooLong(asked: string): FileError {
    return new FileError(
      `cannot read ${asked} of ${JSON.stringify(this.#filename)} at once: more than ${LARGEST_ANSWER} bytes`,
      'TOO_LONG',
      this.#filename,
    );
  }
}
