// SPDX-License-Identifier: Apache-2.0
import { type ConvertOptions, convert, convertedSize } from './convert.js';
import type { PoolGeneration } from './frame-pool.js';
import { type PixelFormat, pixelFormat } from './pixel-formats.js';

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

/** Names of WebCodecs (ISO/IEC 23091-2). */
export interface ColorSpace {
  readonly primaries: 'bt709' | 'bt470bg' | 'smpte170m' | 'bt2020' | 'smpte431' | null;
  readonly transfer: 'bt709' | 'iec61966-2-4' | 'linear' | 'pq' | 'hlg' | 'smpte428' | null;
  readonly matrix: 'bt709' | 'smpte170m' | 'bt470bg' | 'bt2020-ncl' | 'ycgco' | 'rgb' | null;
  readonly fullRange: boolean;
}

/** What the frames of a stream have in common. */
export interface VideoProperties {
  readonly format: PixelFormat;
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

interface Leak {
  readonly generation: PoolGeneration;
  readonly slot: number;
}

const lost = new FinalizationRegistry<Leak>(({ generation, slot }) => generation.leaked(slot));

const DEFAULT_COLOR: ColorSpace = { primaries: null, transfer: null, matrix: null, fullRange: false };
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

  readonly #generation: PoolGeneration;
  readonly #slot: number;
  readonly #times: FrameTimes;
  #planes: readonly VideoPlane[] | undefined;
  #closed = false;

  /** @internal Made by a pool generation. */
  constructor(generation: PoolGeneration, slot: number, times: FrameTimes) {
    this.#generation = generation;
    this.#slot = slot;
    this.#times = times;
    this.pts = times.pts;
    this.timebase = times.timebase;
    this.duration = times.duration ?? 1;
    this.damaged = times.damaged ?? false;
    this.discontinuity = times.discontinuity ?? false;
    this.keyframe = times.keyframe ?? false;
    lost.register(this, { generation, slot }, this);
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
    this.#planes ??= this.#views();
    return this.#planes;
  }

  #views(): VideoPlane[] {
    const { layout, slots } = this.#generation;
    const slot = slots[this.#slot];
    if (slot === undefined) throw new RangeError(`VideoFrame: Expected a slot of its pool but received ${this.#slot}`);
    return layout.planes.map(({ offset, stride, width, height }) => ({
      data: new Uint8Array(slot.buffer, slot.baseOffset + offset, stride * height),
      stride,
      width,
      height,
    }));
  }

  #check(what: string): void {
    if (this.#closed) throw new TypeError(`VideoFrame: Expected an open frame for ${what} but it is closed`);
  }

  /** A further reference to the same samples; each is closed by itself. */
  clone(): VideoFrame {
    this.#check('clone()');
    this.#generation.retain(this.#slot);
    return new VideoFrame(this.#generation, this.#slot, this.#times);
  }

  /** Gives the reference back. Further calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#planes = undefined;
    lost.unregister(this);
    this.#generation.release(this.#slot);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Says who has the frame now; named when the pool runs dry. */
  heldBy(path: string): void {
    this.#generation.setHolder(this.#slot, path);
  }

  /**
   * A frame that nobody else reads: this one where its count is 1, else a copy in a slot of its own (this one is then
   * closed). Throws `POOL_EXHAUSTED` when there is no slot for the copy.
   */
  exclusive(): VideoFrame {
    this.#check('exclusive()');
    const generation = this.#generation;
    if (Atomics.load(generation.counts, this.#slot) === 1) return this;
    let slot = generation.tryAcquire();
    if (slot < 0 && generation.grow(1) > 0) slot = generation.tryAcquire();
    if (slot < 0) throw generation.exhausted();
    const copy = generation.adopt(slot, this.#times);
    this.planes.forEach((plane, i) => {
      copy.planes[i]?.data.set(plane.data);
    });
    this.close();
    return copy;
  }

  /** Bytes that `copyTo` needs for these options. */
  allocationSize(options: ConvertOptions = {}): number {
    return convertedSize(this, options);
  }

  /**
   * Copies the visible part (or `rect`), scaled to `width` x `height` where they are given, into `destination`, tightly
   * packed. `destination` is ordinary memory. Formats: the frame's own, the planar 8-bit ones, NV12, RGBA, RGB; others
   * are refused by name. Colours follow the frame's own matrix and range; chroma is interpolated linearly at the frame's
   * chroma location, and pictures are scaled by area when made smaller, else linearly.
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
