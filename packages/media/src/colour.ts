// SPDX-License-Identifier: Apache-2.0
import type { Samples } from './convert.js';
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

/** Where a chroma sample lies, in chroma samples, for a luma position: its first neighbour and the second one's weight. */
function neighbours(luma: number, chroma: number, cosited: boolean): { first: Int32Array; weight: Float64Array } {
  const first = new Int32Array(luma);
  const weight = new Float64Array(luma);
  const halved = chroma < luma;
  for (let i = 0; i < luma; i++) {
    const at = halved ? (cosited ? i / 2 : (i - 0.5) / 2) : i;
    const clamped = Math.min(chroma - 1, Math.max(0, at));
    first[i] = Math.floor(clamped);
    weight[i] = clamped - Math.floor(clamped);
  }
  return { first, weight };
}

/** @internal Chroma of one plane interpolated linearly at every luma position of row `y`. */
function chromaRow(
  samples: Samples,
  across: { first: Int32Array; weight: Float64Array },
  top: number,
  below: number,
  out: Float64Array,
): void {
  const { data, width } = samples;
  const next = Math.min(top + 1, samples.height - 1);
  for (let x = 0; x < out.length; x++) {
    const left = across.first[x] as number;
    const right = Math.min(left + 1, width - 1);
    const w = across.weight[x] as number;
    const upper = (data[top * width + left] as number) * (1 - w) + (data[top * width + right] as number) * w;
    const lower = (data[next * width + left] as number) * (1 - w) + (data[next * width + right] as number) * w;
    out[x] = upper * (1 - below) + lower * below;
  }
}

/**
 * Turns planes into packed RGB or RGBA (alpha 255). Chroma is interpolated linearly; `location` says where its samples
 * lie: `left` on every other luma column and between rows, `center` between columns and rows, `topleft` on both.
 */
export function yuvToRgb(
  { luma, cb, cr }: { readonly luma: Samples; readonly cb: Samples; readonly cr: Samples },
  colorSpace: ColorSpace,
  location: 'left' | 'center' | 'topleft',
  channels: 3 | 4,
  destination: Uint8Array,
): void {
  const { width, height } = luma;
  const { matrix: m, offset } = yuvTransform(colorSpace, height);
  const across = neighbours(width, cb.width, location !== 'center');
  const down = neighbours(height, cb.height, location === 'topleft');
  const cbRow = new Float64Array(width);
  const crRow = new Float64Array(width);
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 0] = m;
  // Rounds by itself, and clamps.
  const out = new Uint8ClampedArray(destination.buffer, destination.byteOffset, destination.byteLength);
  let at = 0;
  for (let y = 0; y < height; y++) {
    chromaRow(cb, across, down.first[y] as number, down.weight[y] as number, cbRow);
    chromaRow(cr, across, down.first[y] as number, down.weight[y] as number, crRow);
    for (let x = 0; x < width; x++) {
      const l = (luma.data[y * width + x] as number) - offset[0];
      const b = (cbRow[x] as number) - offset[1];
      const r = (crRow[x] as number) - offset[2];
      out[at] = m0 * l + m1 * b + m2 * r;
      out[at + 1] = m3 * l + m4 * b + m5 * r;
      out[at + 2] = m6 * l + m7 * b + m8 * r;
      if (channels === 4) out[at + 3] = 255;
      at += channels;
    }
  }
}
