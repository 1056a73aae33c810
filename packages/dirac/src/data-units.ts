// SPDX-License-Identifier: Apache-2.0
import { END_OF_SEQUENCE, PARSE_INFO, PARSE_INFO_PREFIX, PICTURE } from './parse-info.js';

/** @internal Number of the first picture in whole data units that follow one another; undefined where there is none. */
export function firstPictureNumber(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + PARSE_INFO + 4 <= bytes.length && view.getUint32(at) === PARSE_INFO_PREFIX) {
    if (((bytes[at + 4] ?? 0) & PICTURE) !== 0) return view.getUint32(at + PARSE_INFO);
    const next = view.getUint32(at + 5);
    // The end of a sequence need not say how far it is to the next unit.
    if (next === 0 && bytes[at + 4] !== END_OF_SEQUENCE) return undefined;
    at += Math.max(next, PARSE_INFO);
  }
  return undefined;
}
