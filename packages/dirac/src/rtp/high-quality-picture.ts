// SPDX-License-Identifier: Apache-2.0

import { HIGH_QUALITY_PICTURE } from '../parse-info.js';
import { type SliceSizes, sliceSize, type TransformParameters } from './transform-parameters.js';
import type { UnitWriter } from './unit-writer.js';

/** Index of the quantiser, and three lengths of 0. */
const EMPTY_SLICE = 4;
/** Above it a byte is no index of a quantiser. */
const HIGHEST_QUANTISER = 127;

/** What becomes one picture's data: bytes, and where slices did not come as many empty ones. */
type Part = Uint8Array | number;

/**
 * Writes a whole picture from what came of its slices.
 *
 * @internal
 */
export function writePicture(
  writer: UnitWriter,
  number: number,
  parameters: Uint8Array,
  { prefixBytes }: SliceSizes,
  parts: readonly Part[],
): void {
  const empty = prefixBytes + EMPTY_SLICE;
  let bytes = 4 + parameters.length;
  for (const part of parts) bytes += typeof part === 'number' ? part * empty : part.length;
  writer.unit(HIGH_QUALITY_PICTURE, bytes);
  writer.u32(number);
  writer.bytes(parameters);
  for (const part of parts) {
    if (typeof part === 'number') writer.zeros(part * empty);
    else writer.bytes(part);
  }
}

/** @internal Whole slices that come from a packet. */
export interface SliceRun {
  /** Place of the first, in raster order. */
  readonly first: number;
  readonly count: number;
  readonly data: Uint8Array;
}

/** @internal Slices in raster order, those that did not come empty; of two that came for one place the first is taken. */
export function partsOfRuns(runs: readonly SliceRun[], slices: number): Part[] {
  const parts: Part[] = [];
  let next = 0;
  for (const { first, count, data } of [...runs].sort((a, b) => a.first - b.first)) {
    if (first < next) continue;
    if (first > next) parts.push(first - next);
    parts.push(data);
    next = first + count;
  }
  if (next < slices) parts.push(slices - next);
  return parts;
}

/**
 * Slices of a picture whose bytes were cut anywhere, and of which some did not come.
 *
 * Those in front of the gap are counted from the beginning. Behind it nothing says where a slice begins, but lengths
 * lead from slice to slice, and from whatever byte one sets out one soon gets among those that lead to the very end: so
 * these are counted from there.
 *
 * @internal
 */
export function partsAroundGap(front: Uint8Array, back: Uint8Array, parameters: TransformParameters): Part[] {
  const slices = parameters.slicesX * parameters.slicesY;
  let before = 0;
  let at = 0;
  while (before < slices) {
    const size = sliceSize(front, at, parameters);
    if (at + size > front.length) break;
    at += size;
    before++;
  }
  const behind = slicesToTheEnd(back, parameters);
  const most = slices - before;
  const kept = behind.slice(Math.max(0, behind.length - most));
  const parts: Part[] = [front.subarray(0, at)];
  if (most > kept.length) parts.push(most - kept.length);
  const [first] = kept;
  if (first !== undefined) parts.push(back.subarray(first));
  return parts;
}

/** Where slices begin that lead to the end of `bytes`, without those that may be none. */
function slicesToTheEnd(bytes: Uint8Array, sizes: SliceSizes): number[] {
  const { length } = bytes;
  /** Where the slice that begins here ends; 0 where it leads nowhere. */
  const next = new Uint32Array(length + 1);
  for (let at = length - 1; at >= 0; at--) {
    const quantiser = bytes[at + sizes.prefixBytes];
    if (quantiser === undefined || quantiser > HIGHEST_QUANTISER) continue;
    const end = at + sliceSize(bytes, at, sizes);
    if (end === length || (end < length && next[end] !== 0)) next[at] = end;
  }
  /** From how many bytes in front one gets here. */
  const from = new Uint32Array(length + 1);
  let starts = 0;
  const found: number[] = [];
  let onTheWay = -1;
  for (let at = 0; at < length; at++) {
    const end = next[at] ?? 0;
    if (end === 0) continue;
    starts++;
    const here = (from[at] ?? 0) + 1;
    from[end] = (from[end] ?? 0) + here;
    // Where a good part of all that set out came together, it is the true way.
    if (onTheWay < 0 && starts >= 8 && 4 * here >= starts) onTheWay = at;
    if (at === onTheWay) {
      found.push(at);
      onTheWay = end;
    }
  }
  return found;
}
