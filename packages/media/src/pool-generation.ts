// SPDX-License-Identifier: Apache-2.0
import type { FramePool } from './frame-pool.js';
import { MediaError } from './media-error.js';
import type { PoolPassport } from './pool-passport.js';
import { SlotChecksums } from './slot-checksums.js';
import { type FrameTimes, VideoFrame, type VideoPlane, type VideoProperties } from './video-frame.js';

/** @internal Rows begin at multiples of this many bytes. */
export const ALIGNMENT = 64;
const UNNAMED = 'a component that was not named';

/** Where a plane lies in a slot: offset and stride in bytes from the slot's 64-byte aligned base. */
export interface PlaneLayout {
  readonly offset: number;
  readonly stride: number;
  /** Values of a row: samples, or as many for each position as lie interleaved there. */
  readonly width: number;
  readonly height: number;
}

/** Everything that the frames of one generation have in common. */
export interface FrameLayout extends VideoProperties {
  readonly planes: readonly PlaneLayout[];
  /** Bytes of a slot, spare ones included. */
  readonly slotBytes: number;
}

/** A slot: the bytes of a buffer of its own from `baseOffset` on, `slotBytes` of them. */
export interface FrameSlot {
  readonly buffer: SharedArrayBuffer;
  readonly baseOffset: number;
}

/**
 * How far behind a buffer's beginning the first address lies that is a multiple of 64: 0 to 63. Only native code can
 * tell, so a producer with native code brings this; without it slots begin where their buffers do.
 */
export type BaseOffsetOf = (buffer: SharedArrayBuffer) => number;

/** @internal What is left of an open frame when it was dropped: whose count to give back, and whom to name. */
export interface FrameHandle {
  readonly generation: PoolGeneration;
  readonly slot: number;
  readonly frame: WeakRef<VideoFrame>;
  /** Its path, or what has that. */
  holder: string | { path(): string } | undefined;
  /** Its place among the open ones of its generation; -1 when it is none of them any more. */
  place: number;
  /** Where, beside the slot's count, this thread notes that it has it: for the one that outlives it. */
  held: Int32Array<SharedArrayBuffer> | undefined;
}

/**
 * Generations that have, or had a moment ago, open frames: after each garbage collection those are looked through.
 * With every frame registered by itself that took most of the time of making and closing one.
 */
const watched = new Set<PoolGeneration>();
const afterCollection = new FinalizationRegistry<undefined>(() => {
  for (const generation of [...watched]) if (!generation.collected()) watched.delete(generation);
  if (watched.size > 0) tellNextCollection();
});

function tellNextCollection(): void {
  afterCollection.register({}, undefined);
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
  /** @internal What another thread has to know of it; there once one of its frames went to another. */
  passport: PoolPassport | undefined;

  readonly #pool: FramePool;
  readonly #baseOffsetOf: BaseOffsetOf;
  readonly #handles: FrameHandle[] = [];
  readonly #checksums: SlotChecksums | undefined;
  #onFree: ((slot: number) => void) | undefined;
  #watched = false;
  /** Views of the slots' planes, made when they are first asked for: they are the same for all frames of a slot. */
  readonly #planes: (readonly VideoPlane[])[] = [];

  /** @internal Made by {@link FramePool.configure}. */
  constructor(
    pool: FramePool,
    id: number,
    layout: FrameLayout,
    counts: Int32Array<SharedArrayBuffer>,
    baseOffsetOf: BaseOffsetOf,
  ) {
    this.#pool = pool;
    this.#baseOffsetOf = baseOffsetOf;
    this.id = id;
    this.layout = layout;
    this.counts = counts;
    if (pool.checked) this.#checksums = new SlotChecksums(layout, this.slots);
  }

  /** Called, on this thread, when a count fell to 0: the slot is free. Also when another thread gave it back. */
  get onFree(): ((slot: number) => void) | undefined {
    return this.#onFree;
  }

  set onFree(onFree: ((slot: number) => void) | undefined) {
    this.#onFree = onFree;
    this.passport?.tellFreed(onFree !== undefined);
  }

  /** @internal The name of its pool. */
  get poolName(): string {
    return this.#pool.name;
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
    return added;
  }

  /** @internal The planes of a slot. */
  planesOf(slot: number): readonly VideoPlane[] {
    let planes = this.#planes[slot];
    if (planes === undefined) {
      planes = this.#views(slot);
      this.#planes[slot] = planes;
    }
    return planes;
  }

  #views(slot: number): readonly VideoPlane[] {
    const { buffer, baseOffset } = this.slots[slot] as FrameSlot;
    const views = this.layout.planes.map(({ offset, stride, width, height }) => {
      const data = new Uint8Array(buffer, baseOffset + offset, stride * height);
      return Object.freeze({ data, stride, width, height });
    });
    return Object.freeze(views);
  }

  /** A free slot, counted once for the caller, or -1. */
  tryAcquire(): number {
    for (let slot = 0; slot < this.slots.length; slot++) {
      if (Atomics.compareExchange(this.counts, slot, 0, 1) === 0) return slot;
    }
    return -1;
  }

  /**
   * A frame that owns one count of `slot`, which the producer has taken already and whose picture is complete: from now
   * on it is read-only.
   */
  adopt(slot: number, times: FrameTimes): VideoFrame {
    const frame = this.adoptWritable(slot, times);
    this.#checksums?.take(slot);
    return frame;
  }

  /** @internal As {@link adopt}, for a picture that is still to be written; it is read-only from its first clone on. */
  adoptWritable(slot: number, times: FrameTimes): VideoFrame {
    if (!(Number.isInteger(slot) && slot >= 0 && slot < this.slots.length)) {
      throw new RangeError(
        `PoolGeneration: Expected a slot of 0 to ${this.slots.length - 1} but received ${String(slot)}`,
      );
    }
    if (Atomics.load(this.counts, slot) <= 0) {
      throw new RangeError(`PoolGeneration: Expected a slot that is counted but received ${slot}, which is free`);
    }
    this.#checksums?.drop(slot);
    return new VideoFrame(this, slot, times);
  }

  /** @internal Counts an open frame; it is found again should it be dropped. */
  opened(frame: VideoFrame, slot: number): FrameHandle {
    const place = this.#handles.length;
    const handle: FrameHandle = {
      generation: this,
      slot,
      frame: new WeakRef(frame),
      holder: undefined,
      place,
      held: undefined,
    };
    this.#handles.push(handle);
    if (!this.#watched) this.#watch();
    return handle;
  }

  #watch(): void {
    this.#watched = true;
    if (watched.size === 0) tellNextCollection();
    watched.add(this);
  }

  #forget(handle: FrameHandle): void {
    const handles = this.#handles;
    const last = handles.pop() as FrameHandle;
    if (last !== handle) {
      handles[handle.place] = last;
      last.place = handle.place;
    }
    handle.place = -1;
    // Before the count is given back or goes on: a thread that is ended in between had better lose one than give it back twice.
    if (handle.held !== undefined) Atomics.sub(handle.held, handle.slot, 1);
  }

  /** @internal Notes in `held`, too, that the handle's frame is in this thread. */
  hold(handle: FrameHandle, held: Int32Array<SharedArrayBuffer>): void {
    handle.held = held;
    Atomics.add(held, handle.slot, 1);
  }

  /** @internal Counts a further frame of the handle's slot. */
  retain(handle: FrameHandle): void {
    if (this.#checksums?.has(handle.slot) === false) this.#checksums.take(handle.slot);
    this.#verify(handle, 'cloned');
    Atomics.add(this.counts, handle.slot, 1);
  }

  /** @internal The handle's frame was closed. */
  closed(handle: FrameHandle): void {
    this.#verify(handle, 'closed');
    this.#forget(handle);
    this.release(handle.slot);
  }

  /** @internal The handle's frame goes on as a count that somebody else, such as another thread, gives back. */
  handedOver(handle: FrameHandle): void {
    this.#verify(handle, 'sent to another thread');
    this.#forget(handle);
  }

  /** @internal The handle's frame was dropped without being closed. */
  leaked(handle: FrameHandle): void {
    if (handle.place < 0) return;
    this.#pool.leaked(pathOf(handle));
    this.closed(handle);
  }

  /** @internal The only frame of a slot may be written to. */
  unlock(handle: FrameHandle): void {
    this.#verify(handle, 'made exclusive');
    this.#checksums?.drop(handle.slot);
  }

  /** Gives back one count of a slot that no frame was made of. */
  release(slot: number): void {
    if (Atomics.sub(this.counts, slot, 1) === 1) this.freed(slot);
  }

  /** @internal A count fell to 0. */
  freed(slot: number): void {
    this.#checksums?.drop(slot);
    this.#onFree?.(slot);
  }

  /** @internal A slot counted once for the caller, with growth and all where none is free. Throws `POOL_EXHAUSTED`. */
  acquire(): number {
    let slot = this.tryAcquire();
    if (slot < 0 && this.#pool.relieve(this)) slot = this.tryAcquire();
    if (slot < 0) throw this.exhausted();
    return slot;
  }

  /** @internal A frame to write to, of the same layout. Throws `POOL_EXHAUSTED`. */
  newWritable(times: FrameTimes): VideoFrame {
    return this.adoptWritable(this.acquire(), times);
  }

  #verify(handle: FrameHandle, when: string): void {
    if (this.#checksums?.verify(handle.slot) !== false) return;
    const others = [...this.#handles].filter((other) => other !== handle && other.slot === handle.slot);
    const by = pathOf(handle) ?? UNNAMED;
    const also = others.length === 0 ? '' : `, also open in ${namesOf(others)}`;
    this.#pool.violated(`its samples had changed when it was ${when} by ${by}${also}`);
  }

  /** @internal Finds frames that the garbage collector took away, without waiting for it to say so. */
  reclaim(): void {
    for (const handle of [...this.#handles]) if (handle.frame.deref() === undefined) this.leaked(handle);
  }

  /** @internal There was a garbage collection. False if no frame is open, so that the next one is of no interest. */
  collected(): boolean {
    this.reclaim();
    this.#watched = this.#handles.length > 0;
    return this.#watched;
  }

  /** Slots whose count is over 0. */
  get used(): number {
    let used = 0;
    for (let slot = 0; slot < this.slots.length; slot++) if (Atomics.load(this.counts, slot) > 0) used++;
    return used;
  }

  /** The error of a pool whose slots are all taken: names everyone who holds some. */
  exhausted(): MediaError {
    let counted = 0;
    for (let slot = 0; slot < this.slots.length; slot++) counted += Atomics.load(this.counts, slot);
    const elsewhere = counted - this.#handles.length;
    const holders = [namesOf([...this.#handles]), elsewhere > 0 ? `native code or another thread (${elsewhere})` : ''];
    return new MediaError(
      `FramePool: Expected a free frame of ${this.slots.length} in ${this.#pool.name} but all are held: ${holders.filter(Boolean).join(', ')}; raise maxFrames or maxBytes, or close frames`,
      { code: 'POOL_EXHAUSTED' },
    );
  }
}

function pathOf({ holder }: FrameHandle): string | undefined {
  return typeof holder === 'object' ? holder.path() : holder;
}

/** `a (2), b (1)`: who has how many. */
function namesOf(handles: readonly FrameHandle[]): string {
  const holders = new Map<string, number>();
  for (const handle of handles) {
    const holder = pathOf(handle) ?? UNNAMED;
    holders.set(holder, (holders.get(holder) ?? 0) + 1);
  }
  return [...holders].map(([holder, count]) => `${holder} (${count})`).join(', ');
}
