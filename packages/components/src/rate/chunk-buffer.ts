// SPDX-License-Identifier: Apache-2.0
import { shown } from '../options.js';

const FIRST_BYTES = 65_536;

/** Gathers a stream of bytes, or of text, into chunks of a given length. Each byte is copied once. */
export class ChunkBuffer<T extends Uint8Array | string> {
  readonly #owner: string;
  #bytes = new Uint8Array(0);
  #text = '';
  #length = 0;
  #isText = false;

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Bytes, or UTF-16 units of text, gathered so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes from `message` beginning at `from`, until the chunk has `size` or the message is used up; gives the position
   * behind what it took. Throws a TypeError for what is neither bytes nor text, or differs from what it has.
   */
  fill(message: T, from: number, size: number): number {
    const isText = typeof message === 'string';
    if (!isText && !(message instanceof Uint8Array)) {
      throw new TypeError(`${this.#owner}: Expected bytes or text for a message but received ${shown(message)}`);
    }
    if (this.#length > 0 && isText !== this.#isText) {
      const [expected, received] = isText ? ['bytes', 'text'] : ['text', 'bytes'];
      throw new TypeError(`${this.#owner}: Expected ${expected} behind ${expected} but received ${received}`);
    }
    this.#isText = isText;
    const to = Math.min(message.length, from + size - this.#length);
    if (isText) {
      this.#text += message.slice(from, to);
    } else {
      this.#reserve(this.#length + to - from, size);
      this.#bytes.set(message.subarray(from, to), this.#length);
    }
    this.#length += to - from;
    return to;
  }

  #reserve(length: number, size: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(size, Math.max(length, 2 * this.#bytes.length, FIRST_BYTES)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  /** What is gathered, in memory of its own; the buffer begins anew. */
  take(): T {
    const chunk = this.#isText ? this.#text : this.#filled();
    this.#text = '';
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return chunk as T;
  }

  #filled(): Uint8Array {
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
