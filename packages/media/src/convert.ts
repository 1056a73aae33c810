// SPDX-License-Identifier: Apache-2.0
import { AS_IT_IS, type Depth, rgbRow, toEightBits, yuvTransform } from './colour.js';
import { type PixelFormat, pixelFormat, planeSizes } from './pixel-formats.js';
import { planeRows } from './plane-rows.js';
import { type Axis, axisOf, interleaved, Resampler, type Samples } from './resample.js';
import { isWithin, type Rect, type VideoFrame } from './video-frame.js';

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

const targets = new Set<PixelFormat>(['I420', 'I422', 'I444', 'NV12', 'RGBA', 'RGB']);

interface Plan {
  readonly format: PixelFormat;
  readonly rect: Rect;
  readonly width: number;
  readonly height: number;
}

function plan(frame: VideoFrame, options: ConvertOptions): Plan {
  const rect = options.rect ?? frame.visibleRect;
  if (!isWithin(rect, frame.codedWidth, frame.codedHeight)) {
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
    throw new TypeError(
      `VideoFrame: Expected one of ${[...targets].join(', ')} for format but received ${String(format)}`,
    );
  }
  const info = pixelFormat(frame.format);
  if (info.model !== 'yuv' || info.planes.length < 3) {
    if (!same || width !== rect.width || height !== rect.height) {
      throw new TypeError(`VideoFrame: Expected a planar YUV frame to convert but received ${frame.format}`);
    }
  }
  return { format, rect, width, height };
}

function isUnscaled({ rect, width, height }: Plan): boolean {
  return width === rect.width && height === rect.height;
}

function sizeOf({ format, width, height }: Plan): number {
  return planeSizes(format, width, height).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** @internal Bytes of the result of {@link convert}. */
export function convertedSize(frame: VideoFrame, options: ConvertOptions): number {
  return sizeOf(plan(frame, options));
}

/** How one axis of a plane lies on the luma grid: sample k is at `(k << shift) + site`. */
interface Grid {
  readonly shift: number;
  readonly site: number;
}

/** A stretch of the source's luma samples and what becomes of it. `bounds` holds the samples that may be looked at. */
interface Stretch {
  readonly from: number;
  readonly length: number;
  readonly result: number;
  readonly bounds: readonly [begin: number, end: number];
}

const halved = (length: number, shift: number) => (length + (1 << shift) - 1) >> shift;

function axis(source: Grid, target: Grid, { from, length, result, bounds }: Stretch): Axis {
  const scale = length / result;
  return axisOf({
    length: halved(result, target.shift),
    first: (from + (target.site + 0.5) * scale - 0.5 - source.site) / (1 << source.shift),
    step: (scale * (1 << target.shift)) / (1 << source.shift),
    begin: bounds[0] >> source.shift,
    end: halved(bounds[1], source.shift),
  });
}

/** Rows of two fields, each resampled by itself. `sites` are those of subsampled rows of the top and the bottom field. */
function fieldAxis(source: Grid, target: Grid, sites: readonly number[], stretch: Stretch): Axis {
  const { from, result, bounds } = stretch;
  const rows = halved(result, target.shift);
  const site = (shift: number, field: number) => (shift === 0 ? 0 : (sites[field] as number));
  const begin = bounds[0] >> source.shift;
  const end = halved(bounds[1], source.shift);
  const parity = [from & 1, (from + 1) & 1] as const;
  const axes = parity.map((field, turn) =>
    axisOf({
      length: (rows + 1 - turn) >> 1,
      first: (((from + turn) >> 1) + site(target.shift, turn) - site(source.shift, field)) / (1 << source.shift),
      step: (1 << target.shift) / (1 << source.shift),
      begin: (begin + 1 - field) >> 1,
      end: (end + 1 - field) >> 1,
    }),
  );
  return interleaved(axes as [Axis, Axis], parity);
}

/**
 * In interlaced 4:2:0 a chroma row lies a quarter of a field row below the upper luma row of the top field, three
 * quarters in the bottom field (ISO/IEC 13818-2, 6.1.1.8); `topleft` is beside the upper row in both.
 */
const FIELD_SITES = { left: [0.25, 0.75], center: [0.25, 0.75], topleft: [0, 0] } as const;

/** The planes of a frame as samples of a target's grid, whatever the depth. */
class Planes {
  readonly #frame: VideoFrame;
  readonly #across: Stretch;
  readonly #down: Stretch;

  constructor(frame: VideoFrame, { rect, width, height }: Plan) {
    const { visibleRect: visible, codedWidth, codedHeight } = frame;
    const { x, y } = rect;
    // What lies beyond the visible part is nobody's picture, unless it was asked for.
    const within = isWithin({ ...rect, x: x - visible.x, y: y - visible.y }, visible.width, visible.height);
    const bounds = within ? visible : { x: 0, y: 0, width: codedWidth, height: codedHeight };
    this.#frame = frame;
    this.#across = { from: x, length: rect.width, result: width, bounds: [bounds.x, bounds.x + bounds.width] };
    this.#down = { from: y, length: rect.height, result: height, bounds: [bounds.y, bounds.y + bounds.height] };
  }

  /** One plane on a grid subsampled by these shifts. */
  on(index: number, horizontalShift: number, verticalShift: number): Resampler {
    const { chromaLocation: location, fields, format } = this.#frame;
    const { horizontalShift: h = 0, verticalShift: v = 0 } = pixelFormat(format).planes[index] ?? {};
    const column = (shift: number): Grid => ({ shift, site: shift > 0 && location === 'center' ? 0.5 : 0 });
    const row = (shift: number): Grid => ({ shift, site: shift > 0 && location !== 'topleft' ? 0.5 : 0 });
    const across = axis(column(h), column(horizontalShift), this.#across);
    const { length, result, bounds } = this.#down;
    const rows = halved(bounds[1], v) - (bounds[0] >> v);
    const byField = fields !== 'progressive' && v !== verticalShift && length === result && rows > 1;
    const down = byField
      ? fieldAxis(row(v), row(verticalShift), FIELD_SITES[location], this.#down)
      : axis(row(v), row(verticalShift), this.#down);
    return new Resampler(this.#samples(index), across, down);
  }

  #samples(index: number): Samples {
    const { data, stride } = this.#frame.planes[index] as VideoFrame['planes'][number];
    if (pixelFormat(this.#frame.format).bytesPerSample === 1) return { data, stride };
    // A slot may begin at an odd address as far as this code knows.
    const { buffer, byteOffset, byteLength } = data.byteOffset % 2 === 0 ? data : data.slice();
    return { data: new Uint16Array(buffer, byteOffset, byteLength >> 1), stride: stride >> 1 };
  }
}

function depthsOf({ colorSpace, bitDepths }: VideoFrame): { luma: Depth; chroma: Depth; alpha: Depth } {
  const { fullRange, matrix } = colorSpace;
  const { luma, chroma } = bitDepths;
  return {
    luma: toEightBits(luma, fullRange, false),
    chroma: toEightBits(chroma, fullRange, matrix !== 'rgb'),
    alpha: toEightBits(luma, true, false),
  };
}

/** Where samples go: from byte `at` on, `apart` bytes from one to the next, little-endian. */
interface Place {
  readonly destination: Uint8Array;
  readonly at: number;
  readonly apart: number;
  readonly bytesPerSample: number;
}

/** Writes a plane and returns where it ended. */
function write(plane: Resampler, { gain, bias }: Depth, { destination, at, apart, bytesPerSample }: Place): number {
  const most = 2 ** (8 * bytesPerSample) - 1;
  let to = at;
  for (let y = 0; y < plane.height; y++) {
    const row = plane.row(y);
    for (let x = 0; x < row.length; x++) {
      // Nothing is below 0 by half a level; full range of more bits may round to one level too many.
      const value = Math.min(most, Math.floor((row[x] as number) * gain + bias + 0.5));
      destination[to] = value & 255;
      if (bytesPerSample === 2) destination[to + 1] = value >> 8;
      to += apart;
    }
  }
  return to;
}

/** Copies a plane's part as it is and returns where it ended. */
function copy(frame: VideoFrame, index: number, rect: Rect, destination: Uint8Array, at: number): number {
  let to = at;
  for (const row of planeRows(frame, index, rect)) {
    destination.set(row, to);
    to += row.length;
  }
  return to;
}

function toPlanar(frame: VideoFrame, planned: Plan, destination: Uint8Array): void {
  const { format, rect } = planned;
  const same = format === frame.format;
  const { planes: geometry, bytesPerSample, bitDepth } = pixelFormat(format);
  const { luma, chroma } = depthsOf(frame);
  const planes = new Planes(frame, planned);
  let at = 0;
  const asItIs = same || (frame.formatInfo.bitDepth === bitDepth && frame.bitDepths.luma === bitDepth);
  if (isUnscaled(planned) && asItIs) at = copy(frame, 0, rect, destination, 0);
  else
    at = write(planes.on(0, 0, 0), same ? AS_IT_IS : luma, { destination, at, apart: bytesPerSample, bytesPerSample });
  if (format === 'NV12') {
    write(planes.on(1, 1, 1), chroma, { destination, at, apart: 2, bytesPerSample });
    write(planes.on(2, 1, 1), chroma, { destination, at: at + 1, apart: 2, bytesPerSample });
    return;
  }
  geometry.forEach(({ horizontalShift, verticalShift }, index) => {
    if (index === 0) return;
    const plane = planes.on(index, horizontalShift, verticalShift);
    at = write(plane, same ? AS_IT_IS : chroma, { destination, at, apart: bytesPerSample, bytesPerSample });
  });
}

function toRgb(frame: VideoFrame, planned: Plan, destination: Uint8Array): void {
  const planes = new Planes(frame, planned);
  const { colorSpace, formatInfo, visibleRect } = frame;
  const depths = depthsOf(frame);
  const channels = pixelFormat(planned.format).alpha ? 4 : 3;
  const transform = yuvTransform(colorSpace, visibleRect.height);
  const alpha = formatInfo.alpha && channels === 4 ? planes.on(3, 0, 0) : undefined;
  const [luma, cb, cr] = [planes.on(0, 0, 0), planes.on(1, 0, 0), planes.on(2, 0, 0)];
  const row = new Uint8ClampedArray(planned.width * channels).fill(255);
  for (let y = 0; y < planned.height; y++) {
    rgbRow([luma.row(y), cb.row(y), cr.row(y)], depths, transform, channels, row);
    alpha?.row(y).forEach((value, x) => {
      row[4 * x + 3] = value * depths.alpha.gain;
    });
    destination.set(row, y * row.length);
  }
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}

/** @internal The work of `VideoFrame.copyTo`. */
export function convert(frame: VideoFrame, destination: Uint8Array, options: ConvertOptions): void {
  const planned = plan(frame, options);
  const size = sizeOf(planned);
  if (!(destination instanceof Uint8Array)) {
    throw new TypeError(`VideoFrame: Expected a Uint8Array for destination but received ${kindOf(destination)}`);
  }
  if (destination.length < size) {
    throw new RangeError(
      `VideoFrame: Expected at least ${size} bytes for destination but received ${destination.length}`,
    );
  }
  if (planned.format === frame.format && isUnscaled(planned)) {
    let at = 0;
    frame.planes.forEach((_, index) => {
      at = copy(frame, index, planned.rect, destination, at);
    });
  } else if (pixelFormat(planned.format).model === 'rgb') {
    toRgb(frame, planned, destination);
  } else {
    toPlanar(frame, planned, destination);
  }
}
