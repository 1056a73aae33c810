// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { nonEmptyString, optionsObject, positiveNumber, shown, trueOrFalse, wholeNumber } from '../options.js';
import { FileError } from './file-error.js';
import { FileReader } from './file-reader.js';

/** How {@link ReadFileAdaptor} cuts a file into messages. */
export type ReadMode = 'bitrate' | 'block' | 'line';

/** Options of {@link ReadFileAdaptor}. */
export interface ReadFileAdaptorOptions {
  /** Path of the file. */
  readonly filename: string;
  /** Bits a second, above 0. Absent: as fast as the consumer takes it (with `readmode: 'bitrate'`: 65536). */
  readonly bitrate?: number;
  /** Bytes of a message, 1 to 16 MiB. Default 65536 for blocks; for a bitrate what `chunkrate` makes of it. */
  readonly chunksize?: number;
  /** Messages a second at a bitrate, default 24. Instead of `chunksize`, not beside it. */
  readonly chunkrate?: number;
  /** Default `'bitrate'` when there is one, else `'block'`. `'line'`: a message for each line, with its line feed. */
  readonly readmode?: ReadMode;
  /** Begins again at the end of the file, for ever; an empty file ends all the same. Default false. */
  readonly repeat?: boolean | undefined;
  /** Bytes a line may have in mode `'line'`, default 1 MiB; a longer one is an error. */
  readonly maxLineLength?: number;
}

const DEFAULT_BITRATE = 65_536;
const DEFAULT_CHUNKRATE = 24;
const DEFAULT_BLOCK = 65_536;
const LARGEST_CHUNK = 16 * 1024 * 1024;
const DEFAULT_LINE = 1024 * 1024;
const LINE_FEED = 0x0a;
// A disk that was slow, or a machine that was asleep, is made up for, but not with a flood.
const MOST_CATCH_UP_US = 1_000_000;

/**
 * Reads a file and sends its bytes, at a bitrate or as fast as they are taken.
 *
 * At a bitrate it sends `bitrate / 8 / chunkrate` bytes every `1 / chunkrate` seconds, the first at once, by the
 * runtime's clock and against deadlines: fractions of a byte are carried on, so the average is exact and nothing
 * drifts. Time for which its outbox was full is not made up for; a slow disk is, for up to a second.
 *
 * It reads one message ahead. The file is closed whatever ends the component. A file that cannot be opened or read
 * ends the graph with a {@link FileError}.
 *
 * `outbox`: `Uint8Array`s in the order of the file, each with a buffer of its own that belongs to the receiver.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ReadFileAdaptor } from '@kamaelia/components/file';
 *
 * let bytes = 0;
 * await Pipeline(new ReadFileAdaptor({ filename: 'testcard.drc', bitrate: 8e6 }), (chunk) => {
 *   bytes += chunk.length;
 * }).run();
 * console.log(`${bytes} bytes`);
 */
export class ReadFileAdaptor extends Component {
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #filename: string;
  readonly #mode: ReadMode;
  /** Bytes of a message; with a fraction at a bitrate. */
  readonly #size: number;
  /** Microseconds between messages; 0 without a bitrate. */
  readonly #intervalUs: number;
  readonly #maxLine: number;
  readonly #repeat: boolean;
  #beganUs = 0;
  #sent = 0;
  /** Fraction of a byte that the next message is due. */
  #carried = 0;

  /** A string is the `filename`. */
  constructor(options: ReadFileAdaptorOptions | string) {
    super();
    const owner = 'ReadFileAdaptor';
    const given =
      typeof options === 'string'
        ? { filename: options }
        : optionsObject(owner, options, [
            'filename',
            'bitrate',
            'chunksize',
            'chunkrate',
            'readmode',
            'repeat',
            'maxLineLength',
          ]);
    const { bitrate, readmode = bitrate === undefined ? 'block' : 'bitrate' } = given;
    this.#filename = nonEmptyString(owner, 'filename', given.filename);
    if (readmode !== 'bitrate' && readmode !== 'block' && readmode !== 'line') {
      throw new TypeError(
        `${owner}: Expected 'bitrate', 'block' or 'line' for readmode but received ${shown(readmode)}`,
      );
    }
    this.#mode = readmode;
    this.#repeat = trueOrFalse(owner, 'repeat', given.repeat ?? false);
    this.#maxLine = wholeNumber(owner, 'maxLineLength', given.maxLineLength ?? DEFAULT_LINE, 1, 2 ** 30);
    if (readmode === 'bitrate') {
      ({ size: this.#size, intervalUs: this.#intervalUs } = pace(owner, given));
      return;
    }
    for (const name of ['bitrate', 'chunkrate'] as const) {
      if (given[name] === undefined) continue;
      throw new TypeError(
        `${owner}: Expected no ${name} for readmode '${readmode}' but received ${shown(given[name])}`,
      );
    }
    this.#size = wholeNumber(owner, 'chunksize', given.chunksize ?? DEFAULT_BLOCK, 1, LARGEST_CHUNK);
    this.#intervalUs = 0;
  }

  override *main(): Steps {
    let sentBefore: number;
    this.#beganUs = this.clock.now();
    do {
      sentBefore = this.#sent;
      yield* this.#sendFile();
    } while (this.#repeat && this.#sent > sentBefore);
  }

  *#sendFile(): Steps {
    const reader = new FileReader(this.#filename);
    try {
      yield* this.until(reader.open());
      if (this.#mode === 'line') yield* this.#sendLines(reader);
      else yield* this.#sendChunks(reader);
    } finally {
      const closing = reader.close();
      if (closing !== undefined) yield closing;
    }
  }

  *#sendChunks(reader: FileReader): Steps {
    const { outbox } = this;
    const paced = this.#intervalUs > 0;
    const readNext = () => {
      this.#carried += this.#size;
      const size = Math.floor(this.#carried);
      this.#carried -= size;
      const reading = reader.read(size, paced);
      // It may fail before anybody waits for it; the wait below then throws.
      reading.catch(() => {});
      return reading;
    };
    let next = readNext();
    for (;;) {
      const chunk = yield* this.until(next);
      if (chunk === undefined) return;
      next = readNext();
      if (paced) {
        const dueUs = this.#beganUs + this.#sent * this.#intervalUs;
        const lateUs = this.clock.now() - dueUs;
        if (lateUs < 0) yield* this.sleepUntil(dueUs);
        else if (lateUs > MOST_CATCH_UP_US) this.#beganUs += lateUs;
      }
      if (!outbox.open) {
        const stalledUs = this.clock.now();
        do yield;
        while (!outbox.open);
        this.#beganUs += this.clock.now() - stalledUs;
      }
      outbox.send(chunk);
      this.#sent++;
    }
  }

  *#sendLines(reader: FileReader): Steps {
    const { outbox } = this;
    let begun: Uint8Array[] = [];
    let length = 0;
    let next = reader.read(this.#size, false);
    for (;;) {
      const block = yield* this.until(next);
      if (block === undefined) break;
      next = reader.read(this.#size, false);
      next.catch(() => {});
      let from = 0;
      for (let feed = block.indexOf(LINE_FEED); feed >= 0; feed = block.indexOf(LINE_FEED, from)) {
        begun.push(block.subarray(from, feed + 1));
        length += feed + 1 - from;
        this.#checkLine(length);
        while (!outbox.open) yield;
        outbox.send(joined(begun, length));
        this.#sent++;
        begun = [];
        length = 0;
        from = feed + 1;
      }
      if (from === block.length) continue;
      begun.push(block.subarray(from));
      length += block.length - from;
      this.#checkLine(length);
    }
    if (length === 0) return;
    while (!outbox.open) yield;
    outbox.send(joined(begun, length));
    this.#sent++;
  }

  #checkLine(length: number): void {
    if (length <= this.#maxLine) return;
    throw new FileError(
      `${JSON.stringify(this.#filename)} has a line of more than ${this.#maxLine} bytes (option maxLineLength)`,
      'LINE_TOO_LONG',
      this.#filename,
    );
  }
}

function pace(owner: string, options: ReadFileAdaptorOptions): { size: number; intervalUs: number } {
  const { chunksize, chunkrate } = options;
  const bitrate = positiveNumber(owner, 'bitrate', options.bitrate ?? DEFAULT_BITRATE);
  if (chunksize !== undefined && chunkrate !== undefined) {
    throw new TypeError(`${owner}: Expected chunksize or chunkrate but received both`);
  }
  if (chunksize !== undefined) {
    const size = wholeNumber(owner, 'chunksize', chunksize, 1, LARGEST_CHUNK);
    return { size, intervalUs: (size * 8e6) / bitrate };
  }
  const rate = positiveNumber(owner, 'chunkrate', chunkrate ?? DEFAULT_CHUNKRATE);
  const size = bitrate / 8 / rate;
  if (size >= 1 && size <= LARGEST_CHUNK) return { size, intervalUs: 1e6 / rate };
  throw new RangeError(
    `${owner}: Expected a chunkrate at which ${bitrate} bit/s are chunks of 1 to ${LARGEST_CHUNK} bytes ` +
      `but received ${rate}`,
  );
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
