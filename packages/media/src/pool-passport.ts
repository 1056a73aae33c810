// SPDX-License-Identifier: Apache-2.0
import type { FrameLayout } from './pool-generation.js';

/** What another thread has to know of a pool generation, as it is posted: once, however many frames go there. */
export interface PostedPassport {
  /** The same in all threads, and different from that of any other generation. */
  readonly key: string;
  readonly poolName: string;
  readonly layout: FrameLayout;
  readonly counts: Int32Array<SharedArrayBuffer>;
  /** See the words below. */
  readonly news: Int32Array<SharedArrayBuffer>;
}

// Words of `news`; behind them one for each slot, which is 1 from when the slot came free in another thread until its
// own has heard of it.
/** Its own thread wants to hear of slots that came free in others. */
const WANTED = 0;
/** It was told and has not looked yet. */
const TOLD = 1;
const FIRST_SLOT = 2;

/** What came free is told here to the thread that the generation belongs to: whoever closes a frame does not know it. */
const CHANNEL = 'kamaelia.frames';

type Channel = InstanceType<typeof BroadcastChannel>;

let channel: Channel | undefined;
const listeners = new Map<string, () => void>();

function openChannel(): Channel {
  if (channel !== undefined) return channel;
  channel = new BroadcastChannel(CHANNEL);
  // In Node it would keep the process alive.
  (channel as { unref?: () => void }).unref?.();
  channel.onmessage = (event: unknown) => listeners.get(String((event as { data: unknown }).data))?.();
  return channel;
}

/** The account of a generation's slots that come free in other threads than its own. */
export class PoolPassport {
  readonly posted: PostedPassport;
  readonly #news: Int32Array<SharedArrayBuffer>;

  constructor(posted: PostedPassport) {
    this.posted = posted;
    this.#news = posted.news;
  }

  /** For a generation of this thread. */
  static issue(poolName: string, layout: FrameLayout, counts: Int32Array<SharedArrayBuffer>): PoolPassport {
    const words = FIRST_SLOT + counts.length;
    const news = new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT));
    return new PoolPassport({ key: crypto.randomUUID(), poolName, layout, counts, news });
  }

  /** In the generation's own thread: `onFreed` is called with each slot that came free elsewhere, while that is wanted. */
  listen(onFreed: (slot: number) => void): void {
    openChannel();
    listeners.set(this.posted.key, () => {
      const news = this.#news;
      Atomics.store(news, TOLD, 0);
      for (let slot = 0; slot < news.length - FIRST_SLOT; slot++) {
        if (Atomics.exchange(news, FIRST_SLOT + slot, 0) === 1) onFreed(slot);
      }
    });
  }

  /** In the generation's own thread: nobody is there any more who could be told. */
  unlisten(): void {
    listeners.delete(this.posted.key);
  }

  /** In the generation's own thread: whether it wants to hear of them. */
  tellFreed(wanted: boolean): void {
    Atomics.store(this.#news, WANTED, wanted ? 1 : 0);
  }

  /** In another thread: the slot's count fell to 0. */
  freedAbroad(slot: number): void {
    const news = this.#news;
    if (Atomics.load(news, WANTED) === 0) return;
    Atomics.store(news, FIRST_SLOT + slot, 1);
    // One message for all that come free until it is read.
    if (Atomics.exchange(news, TOLD, 1) === 0) openChannel().postMessage(this.posted.key);
  }
}
