// SPDX-License-Identifier: Apache-2.0
import type { ColorSpace } from './video-frame.js';

/** Luma weights of red and blue. */
const LUMA_WEIGHTS = {
  bt709: { red: 0.2126, blue: 0.0722 },
  smpte170m: { red: 0.299, blue: 0.114 },
  bt470bg: { red: 0.299, blue: 0.114 },
  'bt2020-ncl': { red: 0.2627, blue: 0.0593 },
} as const;

/** A matrix in row order and what is taken from each 8-bit sample before it: rgb = matrix * (yuv - offset), 0 to 255. */
export interface YuvTransform {
  readonly matrix: readonly number[];
  readonly offset: readonly [number, number, number];
}

/**
 * The way from 8-bit Y, Cb, Cr to R, G, B of 0 to 255 (BT.601-7, BT.709-6, BT.2020-2). Where a stream does not name its
 * matrix, BT.601 is taken up to 576 rows and BT.709 above. Reversible YCgCo and RGB are what they say.
 */
export function yuvTransform({ matrix, fullRange }: ColorSpace, height = 576): YuvTransform {
  const lumaScale = fullRange ? 1 : 255 / 219;
  const chromaScale = fullRange ? 1 : 255 / 224;
  const black = fullRange ? 0 : 16;
  if (matrix === 'rgb') {
    // Planes hold G, B, R.
    return { matrix: [0, 0, lumaScale, lumaScale, 0, 0, 0, lumaScale, 0], offset: [black, black, black] };
  }
  if (matrix === 'ycgco') {
    const c = chromaScale;
    return { matrix: [lumaScale, -c, c, lumaScale, c, 0, lumaScale, -c, -c], offset: [black, 128, 128] };
  }
  const { red, blue } = LUMA_WEIGHTS[matrix ?? (height > 576 ? 'bt709' : 'smpte170m')];
  const green = 1 - red - blue;
  const fromCr = 2 * (1 - red) * chromaScale;
  const fromCb = 2 * (1 - blue) * chromaScale;
  return {
    matrix: [lumaScale, 0, fromCr, lumaScale, (-fromCb * blue) / green, (-fromCr * red) / green, lumaScale, fromCb, 0],
    offset: [black, 128, 128],
  };
}

/** What makes samples of a depth 8-bit ones: `value * gain + bias`. */
export interface Depth {
  readonly gain: number;
  readonly bias: number;
}

export const AS_IT_IS: Depth = { gain: 1, bias: 0 };

/** Limited range keeps its levels times a power of two; full range spans all values, chroma about its own middle. */
export function toEightBits(bitDepth: number, fullRange: boolean, middle: boolean): Depth {
  if (bitDepth === 8) return AS_IT_IS;
  if (!fullRange) return { gain: 2 ** (8 - bitDepth), bias: 0 };
  const gain = 255 / (2 ** bitDepth - 1);
  return { gain, bias: middle ? 128 - 2 ** (bitDepth - 1) * gain : 0 };
}

/** @internal Turns a row of Y, Cb and Cr into packed RGB or RGBA, whose alpha it leaves as it is. */
export function rgbRow(
  [luma, cb, cr]: readonly [Float32Array, Float32Array, Float32Array],
  depths: { readonly luma: Depth; readonly chroma: Depth },
  { matrix, offset }: YuvTransform,
  channels: 3 | 4,
  out: Uint8ClampedArray,
): void {
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 0] = matrix;
  const { gain: lumaGain } = depths.luma;
  const { gain: chromaGain } = depths.chroma;
  const lumaBias = depths.luma.bias - offset[0];
  const cbBias = depths.chroma.bias - offset[1];
  const crBias = depths.chroma.bias - offset[2];
  for (let x = 0, at = 0; x < luma.length; x++, at += channels) {
    const l = (luma[x] as number) * lumaGain + lumaBias;
    const b = (cb[x] as number) * chromaGain + cbBias;
    const r = (cr[x] as number) * chromaGain + crBias;
    // The array rounds and clamps.
    out[at] = m0 * l + m1 * b + m2 * r;
    out[at + 1] = m3 * l + m4 * b + m5 * r;
    out[at + 2] = m6 * l + m7 * b + m8 * r;
  }
}
