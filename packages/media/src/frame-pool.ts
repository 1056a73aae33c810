// SPDX-License-Identifier: Apache-2.0
import { MediaError } from './media-error.js';
import { planeSizes } from './pixel-formats.js';
import { type FrameTimes, VideoFrame, type VideoProperties } from './video-frame.js';

/** Rows begin at multiples of this many bytes. */
const ALIGNMENT = 64;
/** Bytes behind the last row that a vector load may touch. */
const SPARE = 64;
/** Slots made at once when a pool grows. */
const GROWTH = 4;
const DEFAULT_MAX_FRAMES = 96;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** Where a plane lies in a slot: offset and stride in bytes from the slot's 64-byte aligned base. */
export interface PlaneLayout {
  readonly offset: number;
  readonly stride: number;
  /** Samples of a row. */
  readonly width: number;
  readonly height: number;
}

/** Everything that the frames of one generation have in common. */
export interface FrameLayout extends VideoProperties {
  readonly planes: readonly PlaneLayout[];
  /** Bytes of a slot, spare ones included. */
  readonly slotBytes: number;
}

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
}

/** Counters of a pool, plain numbers for the inspector. */
export interface FramePoolStats {
  generations: number;
  slots: number;
  bytes: number;
  /** Times that slots were added because none was free. */
  grown: number;
  /** Frames that were dropped without `close()` and found by the garbage collector. */
  leaked: number;
}

/** A slot: the bytes of a buffer of its own from `baseOffset` on, `slotBytes` of them. */
export interface FrameSlot {
  readonly buffer: SharedArrayBuffer;
  readonly baseOffset: number;
}

/** The layout of a format with rows at multiples of 64 bytes. */
export function layoutFor(properties: VideoProperties): FrameLayout {
  let offset = 0;
  const { format, codedWidth, codedHeight } = properties;
  const planes = planeSizes(format, codedWidth, codedHeight).map(({ rowBytes, rows }) => {
    const stride = (rowBytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    const plane = { offset, stride, width: rowBytes, height: rows };
    offset += stride * rows;
    return plane;
  });
  return { ...properties, planes, slotBytes: offset + SPARE };
}

/**
 * The slots of one picture format. A slot is free while its count is 0; the counts lie in shared memory and change only
 * by `Atomics`, so that native code and workers take part.
 */
export class PoolGeneration {
  readonly id: number;
  readonly layout: FrameLayout;
  /** One count a slot, for as many slots as there will ever be. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  readonly slots: FrameSlot[] = [];
  /** Called when a count fell to 0 on this thread: the slot is free. */
  onFree: ((slot: number) => void) | undefined;

  readonly #pool: FramePool;
  readonly #baseOffsetOf: BaseOffsetOf;
  readonly #holders: (string | undefined)[] = [];

  /** @internal Made by {@link FramePool.configure}. */
  constructor(pool: FramePool, id: number, layout: FrameLayout, capacity: number, baseOffsetOf: BaseOffsetOf) {
    this.#pool = pool;
    this.#baseOffsetOf = baseOffsetOf;
    this.id = id;
    this.layout = layout;
    this.counts = new Int32Array(new SharedArrayBuffer(capacity * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Slots that there may ever be. */
  get capacity(): number {
    return this.counts.length;
  }

  /** Adds up to `count` slots and returns how many; 0 at the ceiling. */
  grow(count: number): number {
    const added = Math.max(0, Math.min(count, this.capacity - this.slots.length));
    for (let i = 0; i < added; i++) {
      const buffer = new SharedArrayBuffer(this.layout.slotBytes + ALIGNMENT);
      this.slots.push({ buffer, baseOffset: this.#baseOffsetOf(buffer) });
    }
    this.#pool.stats.slots += added;
    this.#pool.stats.bytes += added * this.layout.slotBytes;
    return added;
  }

  /** A free slot, counted once for the caller, or -1. */
  tryAcquire(): number {
    for (let slot = 0; slot < this.slots.length; slot++) {
      if (Atomics.compareExchange(this.counts, slot, 0, 1) === 0) return slot;
    }
    return -1;
  }

  /** A frame that owns one count of `slot`, which the producer has taken already. */
  adopt(slot: number, times: FrameTimes): VideoFrame {
    return new VideoFrame(this, slot, times);
  }

  /** @internal */
  retain(slot: number): void {
    Atomics.add(this.counts, slot, 1);
  }

  /** @internal */
  release(slot: number): void {
    if (Atomics.sub(this.counts, slot, 1) === 1) this.onFree?.(slot);
  }

  /** @internal Remembers who has a frame of this slot, for the message at the ceiling. */
  setHolder(slot: number, holder: string): void {
    this.#holders[slot] = holder;
  }

  /** @internal */
  leaked(slot: number): void {
    this.#pool.leaked(this.#holders[slot]);
    this.release(slot);
  }

  /** Slots whose count is over 0. */
  get used(): number {
    let used = 0;
    for (let slot = 0; slot < this.slots.length; slot++) if (Atomics.load(this.counts, slot) > 0) used++;
    return used;
  }

  /** The error of a pool whose slots are all taken. */
  exhausted(): MediaError {
    const holders = new Map<string, number>();
    for (let slot = 0; slot < this.slots.length; slot++) {
      const holder = this.#holders[slot] ?? 'a component that was not named';
      if (Atomics.load(this.counts, slot) > 0) holders.set(holder, (holders.get(holder) ?? 0) + 1);
    }
    const list = [...holders].map(([holder, count]) => `${holder} (${count})`).join(', ');
    return new MediaError(
      `FramePool: Expected a free frame of ${this.slots.length} in ${this.#pool.name} but all are held: ${list}; raise maxFrames or maxBytes, or close frames`,
      { code: 'POOL_EXHAUSTED' },
    );
  }
}

/**
 * How far behind a buffer's beginning the first address lies that is a multiple of 64: 0 to 63. Only native code can
 * tell, so a producer with native code brings this; without it slots begin where their buffers do.
 */
export type BaseOffsetOf = (buffer: SharedArrayBuffer) => number;

/**
 * Counted picture memory that components, native threads and workers share. Slots are allocated once for each format
 * and used again; no memory is taken for each frame.
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
  readonly stats: FramePoolStats = { generations: 0, slots: 0, bytes: 0, grown: 0, leaked: 0 };

  readonly #maxFrames: number;
  readonly #maxBytes: number;
  readonly #warn: (message: string) => void;
  #current: PoolGeneration | undefined;
  #warned = false;

  constructor(options: FramePoolOptions = {}) {
    this.name = options.name ?? 'a pool';
    this.#maxFrames = positive('maxFrames', options.maxFrames ?? DEFAULT_MAX_FRAMES);
    this.#maxBytes = positive('maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES);
    this.#warn = options.onWarning ?? ((message) => console.warn(message));
  }

  /** The generation that frames are taken from now. */
  get current(): PoolGeneration | undefined {
    return this.#current;
  }

  /**
   * Begins a generation for a format, with `initial` slots. Slots of earlier ones stay valid until their frames are
   * closed. At least two slots are allowed, however large, unless `maxBytes` is below one slot.
   */
  configure(layout: FrameLayout, initial = 0, baseOffsetOf: BaseOffsetOf = () => 0): PoolGeneration {
    if (layout.slotBytes > this.#maxBytes) {
      throw new RangeError(
        `FramePool: Expected frames of at most ${this.#maxBytes} bytes (maxBytes) but received ${layout.slotBytes}`,
      );
    }
    const capacity = Math.max(2, initial, Math.min(this.#maxFrames, Math.floor(this.#maxBytes / layout.slotBytes)));
    const generation = new PoolGeneration(this, ++this.stats.generations, layout, capacity, baseOffsetOf);
    generation.grow(initial);
    this.#current = generation;
    return generation;
  }

  /**
   * Adds slots to a generation that has none free, and warns once. False at the ceiling: after one forced garbage
   * collection (where the engine lets us) nothing came free.
   */
  relieve(generation: PoolGeneration): boolean {
    if (generation.grow(GROWTH) > 0) {
      this.stats.grown++;
      if (!this.#warned) {
        this.#warned = true;
        this.#warn(`FramePool: ${this.name} grew to ${generation.slots.length} frames because none was free`);
      }
      return true;
    }
    (globalThis as { gc?: () => void }).gc?.();
    return generation.used < generation.slots.length;
  }

  /** A writable frame for a producer in JavaScript. Grows when none is free; at the ceiling it throws `POOL_EXHAUSTED`. */
  acquire(properties: VideoProperties, times: FrameTimes): VideoFrame {
    let generation = this.#current;
    if (generation === undefined || !sameProperties(generation.layout, properties)) {
      generation = this.configure(layoutFor(properties), 2);
    }
    let slot = generation.tryAcquire();
    if (slot < 0 && this.relieve(generation)) slot = generation.tryAcquire();
    if (slot < 0) throw generation.exhausted();
    return generation.adopt(slot, times);
  }

  /** @internal */
  leaked(holder: string | undefined): void {
    this.stats.leaked++;
    this.#warn(`FramePool: a frame of ${this.name} was dropped without close()${holder ? ` by ${holder}` : ''}`);
  }
}

function positive(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`FramePool: Expected a positive integer for ${name} but received ${String(value)}`);
  }
  return value;
}

function sameProperties(layout: FrameLayout, properties: VideoProperties): boolean {
  const keys: (keyof VideoProperties)[] = ['format', 'codedWidth', 'codedHeight', 'fields', 'chromaLocation'];
  const objects: (keyof VideoProperties)[] = ['visibleRect', 'colorSpace', 'pixelAspect', 'frameRate'];
  return (
    keys.every((key) => layout[key] === properties[key]) &&
    objects.every((key) => JSON.stringify(layout[key]) === JSON.stringify(properties[key]))
  );
}
