// SPDX-License-Identifier: Apache-2.0
import { checkOwnership, noteReceivers } from '@kamaelia/axon';
import { garbageCollector } from './collect-garbage.js';
import { pixelFormat, planeSizes } from './pixel-formats.js';
import { ALIGNMENT, type BaseOffsetOf, type FrameLayout, PoolGeneration } from './pool-generation.js';
import { checkWanted } from './slot-checksums.js';
import { checkTimes, type FrameTimes, isWithin, type VideoFrame, type VideoProperties } from './video-frame.js';

/** Bytes behind the last row that a vector load may touch. */
const SPARE = 64;
/** Slots made at once when a pool grows. */
const GROWTH = 4;
const DEFAULT_MAX_FRAMES = 96;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** Options of a {@link FramePool}. */
export interface FramePoolOptions {
  /** For messages: usually the path of the component that owns the pool. */
  readonly name?: string;
  /** Slots of one generation at most. Default 96. */
  readonly maxFrames?: number;
  /** Bytes of one generation at most. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Receives warnings: growth on starvation (once), leaked frames. Default: `console.warn`. */
  readonly onWarning?: (message: string) => void;
  /** Receives violations that `check` found. Default: `console.error`. */
  readonly onError?: (message: string) => void;
  /**
   * Finds writes to frames that are read-only by a checksum of their samples, taken when a frame is adopted or first
   * cloned and compared when one is cloned or closed. Slow, for tests. Default: whether `KAMAELIA_CHECK` holds `frames`.
   */
  readonly check?: boolean;
}

/** Counters of a pool, plain numbers for the inspector. */
export interface FramePoolStats {
  /** Formats there have been so far. */
  readonly generations: number;
  /** Slots in memory: those of the present format, and of earlier ones as long as any of their frames is open. */
  readonly slots: number;
  /** Bytes of those slots. */
  readonly bytes: number;
  /** Times that slots were added because none was free. */
  readonly grown: number;
  /** Frames that were dropped without `close()` and found by the garbage collector. */
  readonly leaked: number;
  /** Writes to read-only frames that `check` found. */
  readonly violations: number;
}

/** The layout of a format with rows at multiples of 64 bytes. */
export function layoutFor(properties: VideoProperties): FrameLayout {
  let offset = 0;
  const { format, codedWidth, codedHeight } = properties;
  for (const [name, value] of Object.entries({ codedWidth, codedHeight })) positive('layoutFor', name, value);
  const { bytesPerSample } = pixelFormat(format);
  const planes = planeSizes(format, codedWidth, codedHeight).map(({ rowBytes, rows }) => {
    const stride = (rowBytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    const plane = { offset, stride, width: rowBytes / bytesPerSample, height: rows };
    offset += stride * rows;
    return plane;
  });
  return { ...properties, planes, slotBytes: offset + SPARE };
}

/**
 * Counted picture memory that components, native threads and workers share. Slots are allocated once for each format
 * and used again; no memory is taken for each frame. Keep one rather than making many: the garbage collector, which
 * frees a pool's memory, does not count shared memory by itself.
 *
 * @example
 * import { FramePool } from '@kamaelia/media';
 * const pool = new FramePool({ name: 'example' });
 * const frame = pool.acquire({ format: 'I420', codedWidth: 64, codedHeight: 36 }, { pts: 0, timebase: { num: 1, den: 25 } });
 * frame.planes[0].data.fill(128);
 * frame.close();
 */
export class FramePool {
  readonly name: string;
  /** Whether writes to read-only frames are looked for. */
  readonly checked: boolean;

  readonly #maxFrames: number;
  readonly #maxBytes: number;
  readonly #warn: (message: string) => void;
  readonly #error: (message: string) => void;
  #current: PoolGeneration | undefined;
  /** Generations of earlier formats, while anybody has them. */
  #earlier: WeakRef<PoolGeneration>[] = [];
  #generations = 0;
  #grown = 0;
  #leaked = 0;
  #violations = 0;
  #warned = false;
  #collect: (() => void) | undefined;

  constructor(options: FramePoolOptions = {}) {
    const { name = 'a pool', maxFrames = DEFAULT_MAX_FRAMES, maxBytes = DEFAULT_MAX_BYTES } = options;
    if (typeof name !== 'string') throw new TypeError(`FramePool: Expected a string for name but received ${name}`);
    for (const key of ['onWarning', 'onError'] as const) {
      const given: unknown = options[key];
      if (given !== undefined && typeof given !== 'function') {
        throw new TypeError(`FramePool: Expected a function for ${key} but received ${String(given)}`);
      }
    }
    noteReceivers();
    checkOwnership();
    this.name = name;
    this.checked = options.check ?? checkWanted('frames');
    this.#maxFrames = positive('FramePool', 'maxFrames', maxFrames);
    this.#maxBytes = positive('FramePool', 'maxBytes', maxBytes);
    this.#warn = options.onWarning ?? ((message) => console.warn(message));
    this.#error = options.onError ?? ((message) => console.error(message));
  }

  /** The generation that frames are taken from now. */
  get current(): PoolGeneration | undefined {
    return this.#current;
  }

  /** The pool's counters at this moment. */
  get stats(): FramePoolStats {
    let slots = 0;
    let bytes = 0;
    for (const generation of this.#inMemory()) {
      slots += generation.slots.length;
      bytes += generation.slots.length * generation.layout.slotBytes;
    }
    return {
      generations: this.#generations,
      slots,
      bytes,
      grown: this.#grown,
      leaked: this.#leaked,
      violations: this.#violations,
    };
  }

  #inMemory(): PoolGeneration[] {
    const earlier = this.#earlier.map((reference) => reference.deref()).filter((g) => g !== undefined && g.used > 0);
    this.#earlier = this.#earlier.filter((reference) => earlier.includes(reference.deref()));
    return [...earlier, this.#current].filter((generation) => generation !== undefined);
  }

  /**
   * Begins a generation for a format, with `initial` slots. Slots of earlier ones stay valid until their frames are
   * closed. At least two slots are allowed, and as many as `initial`, whatever `maxFrames` and `maxBytes` say; but a
   * slot larger than `maxBytes` is a RangeError.
   */
  configure(layout: FrameLayout, initial = 0, baseOffsetOf: BaseOffsetOf = () => 0): PoolGeneration {
    if (!(Number.isSafeInteger(initial) && initial >= 0)) {
      throw new RangeError(`FramePool: Expected a whole number for initial but received ${String(initial)}`);
    }
    checkLayout(layout);
    if (layout.slotBytes > this.#maxBytes) {
      throw new RangeError(
        `FramePool: Expected frames of at most ${this.#maxBytes} bytes (maxBytes) but received ${layout.slotBytes}`,
      );
    }
    const capacity = Math.max(2, initial, Math.min(this.#maxFrames, Math.floor(this.#maxBytes / layout.slotBytes)));
    const counts = new Int32Array(new SharedArrayBuffer(capacity * Int32Array.BYTES_PER_ELEMENT));
    const generation = new PoolGeneration(this, ++this.#generations, layout, counts, baseOffsetOf);
    generation.grow(initial);
    if (this.#current !== undefined) this.#earlier.push(new WeakRef(this.#current));
    this.#current = generation;
    this.#inMemory();
    return generation;
  }

  /**
   * Adds slots to a generation that has none free, and warns once. False at the ceiling: after one forced garbage
   * collection, for frames that were dropped without `close()`, nothing came free.
   */
  relieve(generation: PoolGeneration): boolean {
    if (generation.grow(GROWTH) > 0) {
      this.#grown++;
      if (!this.#warned) {
        this.#warned = true;
        this.#warn(`FramePool: ${this.name} grew to ${generation.slots.length} frames because none was free`);
      }
      return true;
    }
    this.#collect ??= garbageCollector();
    this.#collect?.();
    generation.reclaim();
    return generation.used < generation.slots.length;
  }

  /**
   * A writable frame for a producer in JavaScript, with samples of whatever was there before. Grows when none is free; at
   * the ceiling it throws `POOL_EXHAUSTED`. Another format than the last one begins a new generation.
   */
  acquire(properties: VideoProperties, times: FrameTimes): VideoFrame {
    checkTimes(times);
    let generation = this.#current;
    if (generation === undefined || !sameProperties(generation.layout, properties)) {
      generation = this.configure(layoutFor(properties), 2);
    }
    return generation.adoptWritable(generation.acquire(), times);
  }

  /** @internal */
  leaked(holder: string | undefined): void {
    this.#leaked++;
    this.#warn(`FramePool: a frame of ${this.name} was dropped without close()${holder ? ` by ${holder}` : ''}`);
  }

  /** @internal */
  violated(how: string): void {
    this.#violations++;
    this.#error(
      `FramePool: a read-only frame of ${this.name} was written to: ${how}; exclusive() gives a writable one`,
    );
  }
}

function positive(owner: string, name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`${owner}: Expected a positive integer for ${name} but received ${String(value)}`);
  }
  return value;
}

function checkLayout(layout: FrameLayout): void {
  const { format, bitDepths, codedWidth, codedHeight, visibleRect, planes, slotBytes } = layout;
  for (const [name, value] of Object.entries({ codedWidth, codedHeight, slotBytes })) {
    positive('FramePool', name, value);
  }
  const { planes: geometry, bitDepth: most } = pixelFormat(format);
  for (const [name, bits] of Object.entries(bitDepths ?? {})) {
    if (Number.isSafeInteger(bits) && bits >= 8 && bits <= most) continue;
    throw new RangeError(`FramePool: Expected 8 to ${most} bits for ${name} in bitDepths but received ${String(bits)}`);
  }
  if (planes.length !== geometry.length) {
    throw new RangeError(`FramePool: Expected ${geometry.length} planes for ${format} but received ${planes.length}`);
  }
  for (const { offset, stride, height } of planes) {
    if (offset < 0 || offset + stride * height > slotBytes) {
      throw new RangeError(`FramePool: Expected planes within ${slotBytes} bytes but received one that is not`);
    }
  }
  if (visibleRect === undefined || isWithin(visibleRect, codedWidth, codedHeight)) return;
  throw new RangeError(
    `FramePool: Expected visibleRect within ${codedWidth}x${codedHeight} but received ${JSON.stringify(visibleRect)}`,
  );
}

const plain = ['format', 'codedWidth', 'codedHeight', 'fields', 'chromaLocation'] as const;
const nested = ['bitDepths', 'visibleRect', 'colorSpace', 'pixelAspect', 'frameRate'] as const;

function sameProperties(layout: FrameLayout, properties: VideoProperties): boolean {
  return (
    plain.every((key) => layout[key] === properties[key]) &&
    nested.every((key) => layout[key] === properties[key] || sameValues(layout[key], properties[key]))
  );
}

function sameValues(a: object | undefined, b: object | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const others: Readonly<Record<string, unknown>> = { ...b };
  const own = Object.entries(a);
  return own.length === Object.keys(others).length && own.every(([key, value]) => others[key] === value);
}
