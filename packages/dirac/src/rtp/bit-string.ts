// SPDX-License-Identifier: Apache-2.0

/** @internal Reads bits and interleaved exp-Golomb codes (ST 2042-1, A.4). Beyond the end all bits are zero. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** In bits. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get overrun(): boolean {
    return this.position > 8 * this.#bytes.length;
  }

  bit(): number {
    const at = this.position++;
    return ((this.#bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  }

  /** NaN for one of more than 32 bits, and where the bytes end before it does. */
  unsigned(): number {
    let value = 1;
    while (this.bit() === 0) {
      value = 2 * value + this.bit();
      if (value > 2 ** 32 || this.overrun) return Number.NaN;
    }
    return value - 1;
  }
}

/** @internal Writes what {@link BitReader} reads. */
export class BitWriter {
  readonly #bits: number[] = [];

  bit(bit: number): void {
    this.#bits.push(bit & 1);
  }

  unsigned(value: number): void {
    const digits = (value + 1).toString(2);
    for (const digit of digits.slice(1)) {
      this.bit(0);
      this.bit(Number(digit));
    }
    this.bit(1);
  }

  /** `count` bits, wherever they are in their bytes. */
  copy(from: BitReader, count: number): void {
    for (let i = 0; i < count; i++) this.bit(from.bit());
  }

  /** Filled up to whole bytes with zeros. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array((this.#bits.length + 7) >> 3);
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
    return bytes;
  }
}
