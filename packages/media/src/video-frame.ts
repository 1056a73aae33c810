// SPDX-License-Identifier: Apache-2.0
import { RECEIVED, SENT } from '@kamaelia/axon';
import { type ConvertOptions, convert, convertedSize } from './convert.js';
import { type PixelFormat, pixelFormat } from './pixel-formats.js';
import type { FrameHandle, PoolGeneration } from './pool-generation.js';

/** An exact ratio of integers. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** A rectangle in luma samples. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** @internal Whether a rectangle has an area and lies within a picture. */
export function isWithin({ x, y, width, height }: Rect, pictureWidth: number, pictureHeight: number): boolean {
  const whole = [x, y, width, height].every(Number.isSafeInteger);
  return (
    whole && x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= pictureWidth && y + height <= pictureHeight
  );
}

/** Names of WebCodecs (ISO/IEC 23091-2). */
export interface ColorSpace {
  readonly primaries: 'bt709' | 'bt470bg' | 'smpte170m' | 'bt2020' | 'smpte431' | null;
  readonly transfer: 'bt709' | 'iec61966-2-4' | 'linear' | 'pq' | 'hlg' | 'smpte428' | null;
  readonly matrix: 'bt709' | 'smpte170m' | 'bt470bg' | 'bt2020-ncl' | 'ycgco' | 'rgb' | null;
  readonly fullRange: boolean;
}

/** Bits of samples: of a plane of luma (or green, or grey), and of the others. */
export interface BitDepths {
  readonly luma: number;
  readonly chroma: number;
}

/** What the frames of a stream have in common. */
export interface VideoProperties {
  readonly format: PixelFormat;
  /** Bits that samples have, where they are fewer than the format's; they are not scaled up. 8 to the format's bits. */
  readonly bitDepths?: BitDepths;
  /** Luma samples stored. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** The part meant to be seen. Default: all. */
  readonly visibleRect?: Rect;
  readonly colorSpace?: ColorSpace;
  /** Width to height of a sample. Default 1:1. */
  readonly pixelAspect?: Rational;
  /** Frames a second, where it is known. */
  readonly frameRate?: Rational;
  /** Fields lie in alternate rows; `tff`: the upper one is first in time. Default `'progressive'`. */
  readonly fields?: 'progressive' | 'tff' | 'bff';
  /** Where a chroma sample lies between its luma samples. Default `'left'`. */
  readonly chromaLocation?: 'left' | 'center' | 'topleft';
}

/** A time of day as SMPTE ST 12-1 counts it. */
export interface Timecode {
  /** 0 to 23. */
  readonly hours: number;
  /** 0 to 59. */
  readonly minutes: number;
  /** 0 to 59. */
  readonly seconds: number;
  /** Frames since the second began. */
  readonly frames: number;
  /** Numbers 0 and 1 (at 60000/1001 frames a second 0 to 3) are left out in each minute but every tenth. */
  readonly dropFrame: boolean;
}

/** Data that came with a picture and is no part of it, such as an auxiliary data unit. */
export interface SideData {
  /** What it is, such as `dirac-auxiliary`. */
  readonly kind: string;
  /** Ordinary memory of its own; read-only. */
  readonly data: Uint8Array;
}

/** The low-low band of an intra picture's wavelet transform: a small picture, up to a scale factor. */
export interface LowBand {
  /** Coefficients, row after row without gaps. Valid as long as the frame is open; read-only. */
  readonly data: Int16Array | Int32Array;
  readonly width: number;
  readonly height: number;
  /** Transform levels above it: each halves width and height. */
  readonly level: number;
}

/** What each frame has of its own. */
export interface FrameTimes {
  /** Presentation time in units of `timebase`. A safe integer. */
  readonly pts: number;
  /** Seconds of one unit, as a ratio. */
  readonly timebase: Rational;
  /** In units of `timebase`. */
  readonly duration?: number;
  /** Some of the picture's data was missing or wrong. */
  readonly damaged?: boolean;
  /** First picture after a break of the stream. */
  readonly discontinuity?: boolean;
  /** Can be decoded without others. */
  readonly keyframe?: boolean;
  readonly timecode?: Timecode;
  readonly sideData?: readonly SideData[];
  readonly lowBand?: LowBand;
}

/** @internal Refuses times that cannot be reckoned with exactly. */
export function checkTimes({ pts, timebase, duration }: FrameTimes): void {
  if (!Number.isSafeInteger(pts)) throw unsafe('pts', pts);
  if (duration !== undefined && !Number.isSafeInteger(duration)) throw unsafe('duration', duration);
  const { num, den } = (timebase as Rational | undefined) ?? { num: Number.NaN, den: Number.NaN };
  if (!(Number.isSafeInteger(num) && Number.isSafeInteger(den) && num > 0 && den > 0)) {
    throw new RangeError(`VideoFrame: Expected two positive integers for timebase but received ${num}/${den}`);
  }
}

function unsafe(name: string, value: unknown): RangeError {
  return new RangeError(`VideoFrame: Expected a safe integer for ${name} but received ${String(value)}`);
}

/** One plane's samples in shared memory; read-only for everyone but the producer. */
export interface VideoPlane {
  readonly data: Uint8Array<SharedArrayBuffer>;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Values of a row (interleaved components count each). */
  readonly width: number;
  readonly height: number;
}

/** @internal A count of a slot that was a frame's. */
export interface HandedOver {
  readonly generation: PoolGeneration;
  readonly slot: number;
  readonly lowBand: LowBand | undefined;
}

const DEFAULT_COLOR: ColorSpace = { primaries: null, transfer: null, matrix: null, fullRange: false };
const NOTHING: readonly SideData[] = [];
const SQUARE: Rational = { num: 1, den: 1 };

/**
 * A decoded picture: a counted reference to a slot of a {@link FramePool}. Whoever receives one closes it once or sends
 * it on. Names are those of WebCodecs where it has one.
 */
export class VideoFrame {
  readonly pts: number;
  readonly timebase: Rational;
  readonly duration: number;
  readonly damaged: boolean;
  readonly discontinuity: boolean;
  readonly keyframe: boolean;
  readonly timecode: Timecode | undefined;
  /** Data that came with the picture; empty where there was none. */
  readonly sideData: readonly SideData[];

  readonly #generation: PoolGeneration;
  readonly #slot: number;
  readonly #times: FrameTimes;
  readonly #handle: FrameHandle;
  #lowBand: LowBand | undefined;
  #closed = false;
  #lent: Int32Array<SharedArrayBuffer> | undefined;
  /** The box that has sent it, until somebody takes it. */
  #sentBy: { path(): string } | undefined;

  /** @internal Made by a pool generation. */
  constructor(generation: PoolGeneration, slot: number, times: FrameTimes) {
    checkTimes(times);
    this.#generation = generation;
    this.#slot = slot;
    this.#times = times;
    this.pts = times.pts;
    this.timebase = times.timebase;
    this.duration = times.duration ?? 1;
    this.damaged = times.damaged ?? false;
    this.discontinuity = times.discontinuity ?? false;
    this.keyframe = times.keyframe ?? false;
    this.timecode = times.timecode;
    this.sideData = times.sideData ?? NOTHING;
    this.#lowBand = times.lowBand;
    this.#handle = generation.opened(this, slot);
  }

  get format(): PixelFormat {
    return this.#generation.layout.format;
  }
  get codedWidth(): number {
    return this.#generation.layout.codedWidth;
  }
  get codedHeight(): number {
    return this.#generation.layout.codedHeight;
  }
  get visibleRect(): Rect {
    const { visibleRect, codedWidth, codedHeight } = this.#generation.layout;
    return visibleRect ?? { x: 0, y: 0, width: codedWidth, height: codedHeight };
  }
  /** Width at which the visible part is meant to be shown, in square pixels. */
  get displayWidth(): number {
    const { num, den } = this.pixelAspect;
    return Math.max(1, Math.round((this.visibleRect.width * num) / den));
  }
  get displayHeight(): number {
    return this.visibleRect.height;
  }
  /** Bits that samples have; the format's, unless they are fewer. */
  get bitDepths(): BitDepths {
    const { bitDepth } = this.formatInfo;
    return this.#generation.layout.bitDepths ?? { luma: bitDepth, chroma: bitDepth };
  }
  get colorSpace(): ColorSpace {
    return this.#generation.layout.colorSpace ?? DEFAULT_COLOR;
  }
  get pixelAspect(): Rational {
    return this.#generation.layout.pixelAspect ?? SQUARE;
  }
  get frameRate(): Rational | undefined {
    return this.#generation.layout.frameRate;
  }
  get fields(): 'progressive' | 'tff' | 'bff' {
    return this.#generation.layout.fields ?? 'progressive';
  }
  get chromaLocation(): 'left' | 'center' | 'topleft' {
    return this.#generation.layout.chromaLocation ?? 'left';
  }
  /** Presentation time in microseconds, rounded. For display; reckon with `pts`. */
  get timestamp(): number {
    return Math.round((this.pts * 1e6 * this.timebase.num) / this.timebase.den);
  }
  get closed(): boolean {
    return this.#closed;
  }

  /** The planes, in the order of the format. Throws when the frame is closed. */
  get planes(): readonly VideoPlane[] {
    this.#check('planes');
    return this.#generation.planesOf(this.#slot);
  }

  /** The low-low wavelet band, where the decoder gave one. Throws when the frame is closed. */
  get lowBand(): LowBand | undefined {
    this.#check('lowBand');
    return this.#lowBand;
  }

  #check(what: string): void {
    if (this.#closed) throw new TypeError(`VideoFrame: Expected an open frame for ${what} but it is closed`);
    if (this.#sentBy === undefined) return;
    throw new TypeError(
      `VideoFrame: Expected a frame of its own for ${what} but ${this.#sentBy.path()} has sent it; clone() it before`,
    );
  }

  /** A further reference to the same samples; each is closed by itself. */
  clone(): VideoFrame {
    this.#check('clone()');
    this.#generation.retain(this.#handle);
    const frame = new VideoFrame(this.#generation, this.#slot, this.#times);
    frame.#lowBand = this.#lowBand;
    const { held } = this.#handle;
    if (held !== undefined) this.#generation.hold(frame.#handle, held);
    return frame;
  }

  /** Gives the reference back. Further calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lowBand = undefined;
    this.#generation.closed(this.#handle);
  }

  /**
   * @internal Closes the frame without giving its count back: that is now the caller's, with what a frame made of it has
   * to have.
   */
  handOver(): HandedOver {
    if (this.#closed) this.#check('handOver()');
    const lowBand = this.#lowBand;
    this.#closed = true;
    this.#lowBand = undefined;
    this.#generation.handedOver(this.#handle);
    return { generation: this.#generation, slot: this.#slot, lowBand };
  }

  /** @internal Has come from a thread that notes in `held` what is in this one; counts there from {@link claim} on. */
  lentBy(held: Int32Array<SharedArrayBuffer>): void {
    this.#lent = held;
  }

  /** @internal A component of this thread has it. */
  claim(): void {
    if (this.#lent !== undefined) this.#generation.hold(this.#handle, this.#lent);
    this.#lent = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal By which box it was sent, or undefined for taken. Returns by which one it was sent and not taken since. */
  [SENT](box: { path(): string } | undefined): { path(): string } | undefined {
    const before = this.#sentBy;
    if (before === undefined || box === undefined) this.#sentBy = box;
    return before;
  }

  /** @internal Who took this frame out of an inbox. */
  [RECEIVED](holder: { path(): string }): void {
    this.#sentBy = undefined;
    this.#handle.holder = holder;
  }

  /**
   * Says who has the frame now, by path; named when the pool runs dry and when this frame is dropped unclosed. Components
   * that take it out of an inbox are known without it.
   */
  heldBy(path: string): void {
    this.#handle.holder = path;
  }

  /**
   * A frame that nobody else reads and that may be written to: this one where its count is 1, else a copy in a slot of
   * its own (this one is then closed). It has no `lowBand`, which would not follow what is written. Throws
   * `POOL_EXHAUSTED` when there is no slot for the copy; this frame then stays open.
   */
  exclusive(): VideoFrame {
    this.#check('exclusive()');
    const generation = this.#generation;
    if (Atomics.load(generation.counts, this.#slot) === 1) {
      generation.unlock(this.#handle);
      this.#lowBand = undefined;
      return this;
    }
    const copy = generation.newWritable(this.#times);
    copy.#lowBand = undefined;
    copy.#handle.holder = this.#handle.holder;
    this.planes.forEach((plane, i) => {
      copy.planes[i]?.data.set(plane.data);
    });
    this.close();
    return copy;
  }

  /** Bytes that `copyTo` needs for these options. */
  allocationSize(options: ConvertOptions = {}): number {
    this.#check('allocationSize()');
    return convertedSize(this, options);
  }

  /**
   * Copies the visible part (or `rect`), scaled to `width` x `height` where they are given, into `destination`, tightly
   * packed. `destination` is ordinary memory. Formats: the frame's own, the planar 8-bit ones, NV12, RGBA, RGB; others
   * are refused by name. Colours follow the frame's own matrix and range; chroma is interpolated linearly at the frame's
   * chroma location, within each field of an interlaced frame, and pictures are scaled by area when made smaller, else
   * linearly. Beside `rect` neighbours are looked at, but none outside the visible part. Alpha is the frame's, or 255. In
   * the frame's own format and size samples are copied as they are, subsampled ones from where `x` and `y` lie.
   */
  async copyTo(destination: Uint8Array, options: ConvertOptions = {}): Promise<void> {
    this.#check('copyTo()');
    convert(this, destination, options);
  }

  /** The format's description. */
  get formatInfo(): ReturnType<typeof pixelFormat> {
    return pixelFormat(this.format);
  }
}
