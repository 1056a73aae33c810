// SPDX-License-Identifier: Apache-2.0
import { optionsObject, positiveNumber, shown, trueOrFalse } from '../options.js';

/** Options of {@link ByteRate_RequestControl} and {@link VariableByteRate_RequestControl}. */
export interface RequestControlOptions {
  /** Items a second, of whatever is to be requested (bytes, frames); above 0. Default 100000. */
  readonly rate?: number;
  /** Items of one request, at least 1; may have a fraction, which is carried on. Instead of `chunkrate`. */
  readonly chunksize?: number;
  /** Requests a second, above 0 and at most `rate`. Instead of `chunksize`. Default 10, or `rate` where that is less. */
  readonly chunkrate?: number;
  /** What became due during a stall is requested at once as one number instead of chunk by chunk. Default false. */
  readonly allowchunkaggregation?: boolean;
}

const DEFAULT_RATE = 100_000;
const DEFAULT_CHUNKRATE = 10;

/**
 * When which amount is to be requested: chunk after chunk against deadlines, so neither the times nor the amounts drift.
 * Times are microseconds.
 */
export class RequestSchedule {
  readonly #owner: string;
  readonly #aggregate: boolean;
  // Items of a chunk as a fraction: amounts are differences of exact products, never sums of rounded numbers.
  readonly #items: number;
  readonly #chunks: number;
  #rate: number;
  #stepUs: number;
  /** Chunk number `#anchor` is due at `#anchorUs`, and the others in steps from there. */
  #anchor = 0;
  #anchorUs = 0;
  /** Chunks that have become due. */
  #due = 0;
  /** Chunks that have been requested. */
  #requested = 0;

  constructor(owner: string, options: RequestControlOptions) {
    const {
      rate = DEFAULT_RATE,
      chunksize,
      chunkrate,
      allowchunkaggregation = false,
    } = optionsObject(owner, options, ['rate', 'chunksize', 'chunkrate', 'allowchunkaggregation']);
    this.#owner = owner;
    this.#rate = positiveNumber(owner, 'rate', rate);
    if (chunksize !== undefined && chunkrate !== undefined) {
      throw new TypeError(`${owner}: Expected chunksize or chunkrate but received both`);
    }
    if (chunksize === undefined) {
      const perSecond = chunkrate ?? Math.min(rate, DEFAULT_CHUNKRATE);
      this.#items = this.#rate;
      this.#chunks = positiveNumber(owner, 'chunkrate', perSecond);
    } else {
      this.#items = positiveNumber(owner, 'chunksize', chunksize);
      this.#chunks = 1;
    }
    if (this.#items < this.#chunks) {
      const received =
        chunksize === undefined ? `a chunkrate of ${shown(chunkrate)} at ${rate} items a second` : chunksize;
      throw new RangeError(`${owner}: Expected chunks of at least 1 item but received ${received}`);
    }
    this.#aggregate = trueOrFalse(owner, 'allowchunkaggregation', allowchunkaggregation);
    this.#stepUs = this.#stepAt(this.#rate);
  }

  #stepAt(rate: number): number {
    return (1e6 * this.#items) / this.#chunks / rate;
  }

  /** The first chunk is due now. */
  begin(nowUs: number): void {
    this.#anchorUs = nowUs;
  }

  /** When the next chunk becomes due. */
  get nextUs(): number {
    return this.#anchorUs + (this.#due - this.#anchor) * this.#stepUs;
  }

  /** Something is to be requested. */
  get waiting(): boolean {
    return this.#requested < this.#due;
  }

  /** Time has come to `nowUs`. */
  reach(nowUs: number): void {
    const lateUs = nowUs - this.nextUs;
    if (lateUs >= 0) this.#due += Math.floor(lateUs / this.#stepUs) + 1;
  }

  /** The amount to be requested next, while {@link waiting}. */
  take(): number {
    const before = this.#total(this.#requested);
    this.#requested = this.#aggregate ? this.#due : this.#requested + 1;
    return this.#total(this.#requested) - before;
  }

  #total(chunks: number): number {
    return Math.floor((chunks * this.#items) / this.#chunks);
  }

  /** From `nowUs` on another rate holds; what has passed of the present interval counts at the old one. */
  changeRate(rate: number, nowUs: number): void {
    if (positiveNumber(this.#owner, 'rate', rate) === this.#rate) return;
    this.reach(nowUs);
    const shareLeft = (this.nextUs - nowUs) / this.#stepUs;
    this.#rate = rate;
    this.#stepUs = this.#stepAt(rate);
    this.#anchor = this.#due;
    this.#anchorUs = nowUs + shareLeft * this.#stepUs;
  }
}
