// SPDX-License-Identifier: Apache-2.0
import { FramePool } from './frame-pool.js';
import { type FrameSlot, PoolGeneration } from './pool-generation.js';
import { PoolPassport, type PostedPassport } from './pool-passport.js';
import type { FrameTimes, VideoFrame } from './video-frame.js';

/** Generations that this thread knows and other threads too. */
const known = new Map<string, WeakRef<PoolGeneration>>();
const collected = new FinalizationRegistry<PoolPassport>((passport) => {
  known.delete(passport.posted.key);
  passport.unlisten();
});

/** A generation of another thread: the same slots and counts. It has those slots of which a frame came here. */
export class GuestGeneration extends PoolGeneration {
  declare readonly passport: PoolPassport;
  readonly #own: FramePool;

  constructor(posted: PostedPassport) {
    const own = new FramePool({ name: `${posted.poolName}, in another thread` });
    super(own, 0, posted.layout, posted.counts, () => 0);
    this.#own = own;
    this.passport = new PoolPassport(posted);
  }

  /** Slots are made, and taken, in the thread it belongs to. */
  override grow(): number {
    return 0;
  }

  override tryAcquire(): number {
    return -1;
  }

  /** In memory of this thread: a producer counts on its slots. */
  override newWritable(times: FrameTimes): VideoFrame {
    return (this.#own.current ?? this.#own.configure(this.layout, 1)).newWritable(times);
  }

  override freed(slot: number): void {
    super.freed(slot);
    this.passport.freedAbroad(slot);
  }
}

/** The passport of a generation, made when its first frame leaves this thread. */
export function passportOf(generation: PoolGeneration): PostedPassport {
  if (generation.passport === undefined) {
    const passport = PoolPassport.issue(generation.poolName, generation.layout, generation.counts);
    generation.passport = passport;
    passport.tellFreed(generation.onFree !== undefined);
    const own = new WeakRef(generation);
    passport.listen((slot) => own.deref()?.freed(slot));
    remember(generation, passport);
  }
  return generation.passport.posted;
}

/** The generation of a passport: this thread's own, or a guest. */
export function generationOf(posted: PostedPassport): PoolGeneration {
  const found = known.get(posted.key)?.deref();
  if (found !== undefined) return found;
  const guest = new GuestGeneration(posted);
  remember(guest, guest.passport);
  return guest;
}

/** The generation has this memory from now on for the slot, unless it has it already. */
export function admit(generation: PoolGeneration, slot: number, memory: FrameSlot): void {
  generation.slots[slot] ??= memory;
}

function remember(generation: PoolGeneration, passport: PoolPassport): void {
  known.set(passport.posted.key, new WeakRef(generation));
  collected.register(generation, passport);
}
