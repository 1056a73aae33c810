// SPDX-License-Identifier: Apache-2.0
import { END_OF_SEQUENCE, PARSE_INFO, PARSE_INFO_PREFIX } from '../parse-info.js';

const FIRST_CAPACITY = 1 << 14;

/** @internal Puts data units (ST 2042-1, 10) behind one another, each told how far it is to its neighbours. */
export class UnitWriter {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  /** Size of the unit before, which may have been taken already. */
  #previous = 0;

  /** Bytes that were not taken yet. */
  get length(): number {
    return this.#length;
  }

  /** Begins a unit whose payload has exactly `bytes`; they are written next. */
  unit(code: number, bytes: number): void {
    const size = PARSE_INFO + bytes;
    this.#reserve(size);
    const at = this.#length;
    this.#view.setUint32(at, PARSE_INFO_PREFIX);
    this.#buffer[at + 4] = code;
    this.#view.setUint32(at + 5, code === END_OF_SEQUENCE ? 0 : size);
    this.#view.setUint32(at + 9, this.#previous);
    this.#length = at + PARSE_INFO;
    this.#previous = code === END_OF_SEQUENCE ? 0 : size;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  zeros(count: number): void {
    this.#buffer.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  /** What was written since the last time, as memory of its own. */
  take(): Uint8Array {
    const taken = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}
