// SPDX-License-Identifier: Apache-2.0
import { shown } from '../../options.js';

const PERCENT = 0x25;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** What marks the beginning of each chunk if nothing else is said, as in the original. */
export const DEFAULT_SYNC = 'X'.repeat(24);

/**
 * The marker in front of each chunk. Its bytes never stand inside a chunk: they, and the percent sign, are written as
 * `%` with two hexadecimal digits there.
 */
export class SyncMessage {
  readonly bytes: Uint8Array;
  /** 1 for each byte that the marker has. */
  readonly isMarker: Uint8Array = new Uint8Array(256);

  constructor(owner: string, text: unknown) {
    // Digits and percent signs stand in chunks, so that a marker with one could stand there too.
    if (typeof text !== 'string' || text === '' || /[%0-9a-f]/.test(text)) {
      throw new TypeError(
        `${owner}: Expected a non-empty string without %, 0 to 9 and a to f for syncmessage but received ${shown(text)}`,
      );
    }
    this.bytes = new Uint8Array(Buffer.from(text, 'utf8'));
    for (const byte of this.bytes) this.isMarker[byte] = 1;
  }

  /** The marker, then the data in which no byte of it is left. */
  encode(data: Uint8Array): Uint8Array {
    const { bytes, isMarker } = this;
    let special = 0;
    for (const byte of data) if (isMarker[byte] === 1 || byte === PERCENT) special++;
    const chunk = new Uint8Array(bytes.length + data.length + 2 * special);
    chunk.set(bytes);
    if (special === 0) {
      chunk.set(data, bytes.length);
      return chunk;
    }
    let at = bytes.length;
    for (const byte of data) {
      if (isMarker[byte] !== 1 && byte !== PERCENT) {
        chunk[at++] = byte;
        continue;
      }
      chunk[at++] = PERCENT;
      chunk[at++] = HEX[byte >> 4] as number;
      chunk[at++] = HEX[byte & 15] as number;
    }
    return chunk;
  }

  /** The data of a chunk without its marker; undefined when a percent sign has no two digits behind it. */
  decode(chunk: Uint8Array): Uint8Array | undefined {
    let next = chunk.indexOf(PERCENT);
    if (next < 0) return chunk.slice();
    const data = new Uint8Array(chunk.length);
    let from = 0;
    let at = 0;
    while (next >= 0) {
      data.set(chunk.subarray(from, next), at);
      at += next - from;
      const digits = Buffer.from(chunk.subarray(next + 1, next + 3)).toString('latin1');
      if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined;
      data[at++] = Number.parseInt(digits, 16);
      from = next + 3;
      next = chunk.indexOf(PERCENT, from);
    }
    data.set(chunk.subarray(from), at);
    return data.slice(0, at + chunk.length - from);
  }
}
