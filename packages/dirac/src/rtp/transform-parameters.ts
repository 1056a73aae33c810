// SPDX-License-Identifier: Apache-2.0
import { BitReader, BitWriter } from './bit-string.js';

const MOST_LEVELS = 8;
const MOST_SLICES = 1 << 16;
const MOST_PREFIX = 0xffff;

/** @internal What of a high quality picture's transform parameters (ST 2042-1, 12.4) tells where its slices are. */
export interface TransformParameters {
  readonly slicesX: number;
  readonly slicesY: number;
  /** Bytes in front of each slice. */
  readonly prefixBytes: number;
  /** By which each of the three lengths of a slice is multiplied. */
  readonly sizeScaler: number;
  /** Bytes of the parameters; coded slices follow. */
  readonly bytes: number;
}

/** @internal From `majorVersion` 3 on there may be an asymmetric transform. Undefined for what makes no sense. */
export function readTransformParameters(bytes: Uint8Array, majorVersion: number): TransformParameters | undefined {
  const bits = new BitReader(bytes);
  bits.unsigned();
  const depth = bits.unsigned();
  let horizontal = 0;
  if (majorVersion >= 3) {
    if (bits.bit() === 1) bits.unsigned();
    if (bits.bit() === 1) horizontal = bits.unsigned();
  }
  if (!(depth + horizontal <= MOST_LEVELS)) return undefined;
  const [slicesX, slicesY, prefixBytes, sizeScaler] = [bits, bits, bits, bits].map((b) => b.unsigned()) as Four;
  const fits = within(slicesX, 1, MOST_SLICES) && within(slicesY, 1, MOST_SLICES);
  if (!fits || !within(prefixBytes, 0, MOST_PREFIX) || !within(sizeScaler, 0, MOST_PREFIX)) return undefined;
  if (bits.bit() === 1) {
    // Levels of a horizontal transform only have one band, the others three, and the lowest has one more.
    for (let band = 0; band < 1 + horizontal + 3 * depth; band++) bits.unsigned();
  }
  if (bits.overrun) return undefined;
  return { slicesX, slicesY, prefixBytes, sizeScaler, bytes: (bits.position + 7) >> 3 };
}

type Four = [number, number, number, number];

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** @internal The parameters as version 3 writes them: with two flags that say that the transform is symmetric. */
export function withSymmetryFlags(bytes: Uint8Array): Uint8Array {
  const measure = new BitReader(bytes);
  measure.unsigned();
  measure.unsigned();
  const before = measure.position;
  const from = new BitReader(bytes);
  const to = new BitWriter();
  to.copy(from, before);
  to.bit(0);
  to.bit(0);
  to.copy(from, 8 * bytes.length - before);
  return to.bytes();
}

/** @internal A sequence header that says version 3 instead of its own, which is all that it says differently. */
export function withMajorVersion3(header: Uint8Array): Uint8Array {
  const from = new BitReader(header);
  const major = from.unsigned();
  if (!(major < 3)) return header;
  const to = new BitWriter();
  to.unsigned(3);
  to.copy(from, 8 * header.length - from.position);
  return to.bytes();
}

/** @internal Bytes of the slice that begins at `at`; more than there are where it does not end within `bytes`. */
export function sliceSize(bytes: Uint8Array, at: number, { prefixBytes, sizeScaler }: SliceSizes): number {
  let end = at + prefixBytes + 1;
  for (let component = 0; component < 3; component++) {
    const length = bytes[end];
    if (length === undefined) return bytes.length - at + 1;
    end += 1 + length * sizeScaler;
  }
  return end - at;
}

/** @internal */
export type SliceSizes = Pick<TransformParameters, 'prefixBytes' | 'sizeScaler'>;
