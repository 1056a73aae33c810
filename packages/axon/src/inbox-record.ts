// SPDX-License-Identifier: Apache-2.0

const FULL = 1;
const STRICT = 2;
const CONTROL = 4;
const EAGER = 8;
const CLOSED = 16;
const EOS = 32;

/** What an inbox through which little passes does not need. */
class Counts {
  batch: readonly unknown[] | undefined = undefined;
  takenBefore: number = 0;
  fullIndex: number = -1;
  reliefs: number = 0;
  highWater: number = 0;
  fullTimes: number = 0;
  fullMs: number = 0;
  fullSinceMs: number = 0;
  dropped: number = 0;
  lost: number = 0;
}

const NO_COUNTS: Counts = Object.freeze(new Counts());

/** The part of an inbox that is packed; see `TaskRecord`. */
export class InboxRecord {
  /** @internal */ flags = 0;
  #counts: Counts = NO_COUNTS;

  /** @internal */
  own(): Counts {
    if (this.#counts === NO_COUNTS) this.#counts = new Counts();
    return this.#counts;
  }

  /** @internal */
  get full(): boolean {
    return (this.flags & FULL) !== 0;
  }

  set full(value: boolean) {
    this.flags = value ? this.flags | FULL : this.flags & ~FULL;
  }

  /** @internal Set by a limit that refuses: it is never grown, and does not hold back those that can be refused. */
  get strict(): boolean {
    return (this.flags & STRICT) !== 0;
  }

  set strict(value: boolean) {
    this.flags = value ? this.flags | STRICT : this.flags & ~STRICT;
  }

  /** @internal */
  get control(): boolean {
    return (this.flags & CONTROL) !== 0;
  }

  set control(value: boolean) {
    this.flags = value ? this.flags | CONTROL : this.flags & ~CONTROL;
  }

  /** @internal Its producers are released by each message taken, and not when half of what it holds is. */
  get eager(): boolean {
    return (this.flags & EAGER) !== 0;
  }

  set eager(value: boolean) {
    this.flags = value ? this.flags | EAGER : this.flags & ~EAGER;
  }

  /** @internal The consumer is gone: whatever arrives is dropped. */
  get closed(): boolean {
    return (this.flags & CLOSED) !== 0;
  }

  set closed(value: boolean) {
    this.flags = value ? this.flags | CLOSED : this.flags & ~CLOSED;
  }

  /** @internal Every writer has closed. */
  get eos(): boolean {
    return (this.flags & EOS) !== 0;
  }

  set eos(value: boolean) {
    this.flags = value ? this.flags | EOS : this.flags & ~EOS;
  }

  /** @internal */
  deepest(count: number): void {
    if (count > this.#counts.highWater) this.own().highWater = count;
  }

  /** @internal */
  wasFull(nowMs: number): void {
    const counts = this.#counts;
    // The time is not asked for at each slice: mostly it is the same.
    if (nowMs !== counts.fullSinceMs) counts.fullMs += nowMs - counts.fullSinceMs;
  }

  /** @internal An array of messages as it was sent; the ring is empty then. */
  get batch(): readonly unknown[] | undefined {
    return this.#counts.batch;
  }

  set batch(value: readonly unknown[] | undefined) {
    if (value !== this.#counts.batch) this.own().batch = value;
  }

  /** @internal Messages taken that `rd` does not count any more. */
  get takenBefore(): number {
    return this.#counts.takenBefore;
  }

  set takenBefore(value: number) {
    if (value !== this.#counts.takenBefore) this.own().takenBefore = value;
  }

  /** @internal Place in the scheduler's list of full inboxes. */
  get fullIndex(): number {
    return this.#counts.fullIndex;
  }

  set fullIndex(value: number) {
    if (value !== this.#counts.fullIndex) this.own().fullIndex = value;
  }

  /** @internal */
  get reliefs(): number {
    return this.#counts.reliefs;
  }

  set reliefs(value: number) {
    if (value !== this.#counts.reliefs) this.own().reliefs = value;
  }

  /** @internal */
  get highWater(): number {
    return this.#counts.highWater;
  }

  set highWater(value: number) {
    if (value !== this.#counts.highWater) this.own().highWater = value;
  }

  /** @internal Times it became full; how long it was, and since when it is, by the scheduler's meter. */
  get fullTimes(): number {
    return this.#counts.fullTimes;
  }

  set fullTimes(value: number) {
    if (value !== this.#counts.fullTimes) this.own().fullTimes = value;
  }

  /** @internal */
  get fullMs(): number {
    return this.#counts.fullMs;
  }

  set fullMs(value: number) {
    if (value !== this.#counts.fullMs) this.own().fullMs = value;
  }

  /** @internal */
  get fullSinceMs(): number {
    return this.#counts.fullSinceMs;
  }

  set fullSinceMs(value: number) {
    if (value !== this.#counts.fullSinceMs) this.own().fullSinceMs = value;
  }

  /** @internal Messages dropped because nobody takes them; for the sink of unlinked outboxes, in this slice. */
  get dropped(): number {
    return this.#counts.dropped;
  }

  set dropped(value: number) {
    if (value !== this.#counts.dropped) this.own().dropped = value;
  }

  /** @internal Messages that a lossy inbox dropped. */
  get lost(): number {
    return this.#counts.lost;
  }

  set lost(value: number) {
    if (value !== this.#counts.lost) this.own().lost = value;
  }
}
