// SPDX-License-Identifier: Apache-2.0
import { yuvToRgb } from './colour.js';
import { type PixelFormat, pixelFormat, planeSizes } from './pixel-formats.js';
import type { Rect, VideoFrame, VideoPlane } from './video-frame.js';

/** What `copyTo` makes of a frame. */
export interface ConvertOptions {
  /** Default: the frame's own format. */
  readonly format?: PixelFormat;
  /** Part of the frame in luma samples. Default: its visible part. */
  readonly rect?: Rect;
  /** Size of the result. Default: that of `rect`. */
  readonly width?: number;
  readonly height?: number;
}

/** Samples of one component as numbers, row after row without gaps. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
}

const targets = new Set<PixelFormat>(['I420', 'I422', 'I444', 'NV12', 'RGBA', 'RGB']);

interface Plan {
  readonly format: PixelFormat;
  readonly rect: Rect;
  readonly width: number;
  readonly height: number;
}

function plan(frame: VideoFrame, options: ConvertOptions): Plan {
  const rect = options.rect ?? frame.visibleRect;
  const { x, y } = rect;
  const inside =
    [x, y, rect.width, rect.height].every(Number.isSafeInteger) &&
    x >= 0 &&
    y >= 0 &&
    rect.width > 0 &&
    rect.height > 0 &&
    x + rect.width <= frame.codedWidth &&
    y + rect.height <= frame.codedHeight;
  if (!inside) {
    throw new RangeError(
      `VideoFrame: Expected a rect within ${frame.codedWidth}x${frame.codedHeight} but received ${JSON.stringify(rect)}`,
    );
  }
  const format = options.format ?? frame.format;
  const width = options.width ?? rect.width;
  const height = options.height ?? rect.height;
  for (const [name, value] of Object.entries({ width, height })) {
    if (!(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`VideoFrame: Expected a positive integer for ${name} but received ${String(value)}`);
    }
  }
  const same = format === frame.format;
  if (!same && !targets.has(format)) {
    throw new TypeError(`VideoFrame: Expected one of ${[...targets].join(', ')} for format but received ${format}`);
  }
  const info = pixelFormat(frame.format);
  if (info.model !== 'yuv' || info.planes.length < 3) {
    if (!same || width !== rect.width || height !== rect.height) {
      throw new TypeError(`VideoFrame: Expected a planar YUV frame to convert but received ${frame.format}`);
    }
  }
  return { format, rect, width, height };
}

/** @internal Bytes of the result of {@link convert}. */
export function convertedSize(frame: VideoFrame, options: ConvertOptions): number {
  const { format, width, height } = plan(frame, options);
  return planeSizes(format, width, height).reduce((sum, { bytes }) => sum + bytes, 0);
}

function crop(frame: VideoFrame, plane: VideoPlane, index: number, rect: Rect): Samples {
  const info = pixelFormat(frame.format);
  const geometry = info.planes[index];
  if (geometry === undefined)
    throw new RangeError(`VideoFrame: Expected a plane of ${frame.format} but received ${index}`);
  const { horizontalShift: h, verticalShift: v, components } = geometry;
  const left = (rect.x >> h) * components;
  const top = rect.y >> v;
  const width = ((rect.width + (1 << h) - 1) >> h) * components;
  const height = (rect.height + (1 << v) - 1) >> v;
  if (info.bytesPerSample === 1) {
    const data = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const from = (top + row) * plane.stride + left;
      data.set(plane.data.subarray(from, from + width), row * width);
    }
    return { data, width, height };
  }
  const data = new Uint16Array(width * height);
  const bytes = new Uint8Array(data.buffer);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * plane.stride + left * 2;
    bytes.set(plane.data.subarray(from, from + width * 2), row * width * 2);
  }
  return { data, width, height };
}

/** Weights of source samples for each target sample of one axis: by area when smaller, linear when larger. */
function axis(from: number, to: number): { first: Int32Array; weights: Float64Array[] } {
  const first = new Int32Array(to);
  const weights: Float64Array[] = [];
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    if (scale >= 1) {
      const begin = i * scale;
      const end = Math.min(from, (i + 1) * scale);
      first[i] = Math.floor(begin);
      const last = Math.min(from - 1, Math.ceil(end) - 1);
      const row = new Float64Array(last - Math.floor(begin) + 1);
      for (let k = 0; k < row.length; k++) {
        const at = Math.floor(begin) + k;
        row[k] = (Math.min(end, at + 1) - Math.max(begin, at)) / (end - begin);
      }
      weights.push(row);
    } else {
      const at = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      const low = Math.min(from - 1, Math.floor(at));
      first[i] = low;
      weights.push(low + 1 < from ? Float64Array.of(1 - (at - low), at - low) : Float64Array.of(1));
    }
  }
  return { first, weights };
}

/** Resizes one component; the result has the same sample type. */
export function resize(samples: Samples, width: number, height: number): Samples {
  if (samples.width === width && samples.height === height) return samples;
  const across = axis(samples.width, width);
  const down = axis(samples.height, height);
  const rows = new Float64Array(width * samples.height);
  for (let y = 0; y < samples.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = across.weights[x] as Float64Array;
      let sum = 0;
      const from = y * samples.width + (across.first[x] as number);
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (samples.data[from + k] as number);
      rows[y * width + x] = sum;
    }
  }
  const Type = samples.data.constructor as { new (length: number): Uint8Array | Uint16Array };
  const data = new Type(width * height);
  for (let y = 0; y < height; y++) {
    const weights = down.weights[y] as Float64Array;
    const from = down.first[y] as number;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (rows[(from + k) * width + x] as number);
      data[y * width + x] = Math.round(sum);
    }
  }
  return { data, width, height };
}

function toEightBits(samples: Samples, bitDepth: number): Samples {
  if (samples.data instanceof Uint8Array) return samples;
  const shift = bitDepth - 8;
  const round = 1 << (shift - 1);
  return { ...samples, data: Uint8Array.from(samples.data, (value) => Math.min(255, (value + round) >> shift)) };
}

function writePlanes(planes: readonly Samples[], destination: Uint8Array): void {
  let at = 0;
  for (const { data } of planes) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    destination.set(bytes, at);
    at += bytes.length;
  }
}

/** @internal The work of `VideoFrame.copyTo`. */
export function convert(frame: VideoFrame, destination: Uint8Array, options: ConvertOptions): void {
  const { format, rect, width, height } = plan(frame, options);
  const size = convertedSize(frame, options);
  if (destination.length < size) {
    throw new RangeError(
      `VideoFrame: Expected at least ${size} bytes for destination but received ${destination.length}`,
    );
  }
  const info = pixelFormat(frame.format);
  const target = pixelFormat(format);
  const cropped = frame.planes.map((plane, i) => crop(frame, plane, i, rect));
  const scaled = width !== rect.width || height !== rect.height;
  if (format === frame.format && !scaled) {
    writePlanes(cropped, destination);
    return;
  }
  const sized = cropped.map((samples, i) => {
    const { horizontalShift: h = 0, verticalShift: v = 0 } = info.planes[i] ?? {};
    return scaled ? resize(samples, (width + (1 << h) - 1) >> h, (height + (1 << v) - 1) >> v) : samples;
  });
  if (format === frame.format) {
    writePlanes(sized, destination);
    return;
  }
  const [luma, cb, cr] = sized.map((samples) => toEightBits(samples, info.bitDepth));
  if (luma === undefined || cb === undefined || cr === undefined) return;
  if (target.model === 'rgb') {
    yuvToRgb({ luma, cb, cr }, frame.colorSpace, frame.chromaLocation, target.alpha ? 4 : 3, destination);
    return;
  }
  const geometry = target.planes[1];
  const chromaWidth = (width + (1 << (geometry?.horizontalShift ?? 0)) - 1) >> (geometry?.horizontalShift ?? 0);
  const chromaHeight = (height + (1 << (geometry?.verticalShift ?? 0)) - 1) >> (geometry?.verticalShift ?? 0);
  const chroma = [resize(cb, chromaWidth, chromaHeight), resize(cr, chromaWidth, chromaHeight)] as const;
  if (format !== 'NV12') {
    writePlanes([luma, ...chroma], destination);
    return;
  }
  writePlanes([luma], destination);
  const at = luma.data.length;
  for (let i = 0; i < chroma[0].data.length; i++) {
    destination[at + 2 * i] = chroma[0].data[i] as number;
    destination[at + 2 * i + 1] = chroma[1].data[i] as number;
  }
}
