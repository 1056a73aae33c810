// SPDX-License-Identifier: Apache-2.0

/** Numbers of which it is remembered whether their packet came: a power of two. */
const HISTORY = 4096;
/** Further ahead a number is believed when the next packet follows it (RFC 3550, A.1). */
const MOST_AHEAD = 3000;
/** So far behind, a packet is late or a duplicate, and nothing that was remembered of its number has been overwritten. */
const MOST_BEHIND = HISTORY - MOST_AHEAD;
/** A jump ahead by fewer numbers, where they have 32 bits, is packets lost; by more it is a sender that began anew. */
const MOST_LOST_AT_ONCE = 2 ** 20;

/** @internal Counters of a {@link ReorderWindow}. */
export interface ReorderCounts {
  lost: number;
  reordered: number;
  duplicate: number;
  late: number;
  restarts: number;
  /** Far from all others, and no second one followed. */
  stray: number;
}

/** @internal Takes packets in the order of their numbers. */
export interface OrderedPackets {
  /** `lost`: packets just before it that did not come. */
  take(bytes: Uint8Array, lost: number): void;
  /** The sender goes on at other numbers: what comes from now on follows nothing that came before. */
  restarted(): void;
}

/**
 * Puts packets in the order of their 32-bit sequence numbers. For a missing one it waits until a packet comes that is
 * more than `packets` ahead of it, or for `maxUs` microseconds.
 *
 * Senders that leave the upper 16 bits zero are understood too: theirs are counted here.
 *
 * @internal
 */
export class ReorderWindow {
  readonly counts: ReorderCounts = { lost: 0, reordered: 0, duplicate: 0, late: 0, restarts: 0, stray: 0 };
  readonly #packets: number;
  readonly #maxUs: number;
  readonly #to: OrderedPackets;
  readonly #mask: number;
  readonly #held: (Uint8Array | undefined)[];
  readonly #arrivedUs: Float64Array;
  readonly #came = new Uint8Array(HISTORY);
  #heldCount = 0;
  #started = false;
  /** The upper 16 bits come from the sender. */
  #extended = false;
  /** Number that is due, modulo 2^32. */
  #next = 0;
  /** Highest number that came, and one more. */
  #end = 0;
  #lostBefore = 0;
  #gapSinceUs = 0;
  /** A packet far from the others, until the one behind it comes. */
  #strayBytes: Uint8Array | undefined;
  #strayNumber = 0;

  constructor(packets: number, maxUs: number, to: OrderedPackets) {
    this.#packets = packets;
    this.#maxUs = maxUs;
    this.#to = to;
    let size = 1;
    while (size <= packets) size *= 2;
    this.#mask = size - 1;
    this.#held = new Array(size).fill(undefined);
    this.#arrivedUs = new Float64Array(size);
  }

  /** When it gives up waiting, in microseconds of the clock that `add` is told; undefined where it does not wait. */
  get deadlineUs(): number | undefined {
    return this.#heldCount === 0 ? undefined : this.#gapSinceUs + this.#maxUs;
  }

  /** Adds a packet. What is due goes to `take`, this one among it or not. */
  add(bytes: Uint8Array, sequence: number, extension: number, nowUs: number): void {
    const number = ((extension << 16) | sequence) >>> 0;
    if (!this.#started) this.#begin(number, extension !== 0);
    const ahead = this.#ahead(number, sequence, extension);
    if (ahead === 0 && this.#heldCount === 0) {
      this.#came[this.#next & (HISTORY - 1)] = 1;
      this.#next = (this.#next + 1) >>> 0;
      this.#end = this.#next;
      this.#deliver(bytes);
    } else if (ahead > MOST_AHEAD || ahead < -MOST_BEHIND) {
      this.#jump(bytes, number, extension !== 0, nowUs);
    } else {
      this.#place(bytes, (this.#next + ahead) >>> 0, ahead, nowUs);
    }
  }

  /** Gives up waiting where it is time. */
  expire(nowUs: number): void {
    for (let due = this.deadlineUs; due !== undefined && due <= nowUs; due = this.deadlineUs) this.#skip();
  }

  /** Gives up waiting at once. */
  flush(): void {
    while (this.#heldCount > 0) this.#skip();
    this.#dropStray();
  }

  /** Forgets where it was, behind a `flush()`: the next packet is the first. */
  reset(): void {
    this.#started = false;
    this.#lostBefore = 0;
  }

  #begin(number: number, extended: boolean): void {
    this.#started = true;
    this.#extended = extended;
    this.#next = number;
    this.#end = number;
    this.#came.fill(0);
  }

  #ahead(number: number, sequence: number, extension: number): number {
    const ahead = (number - this.#next) | 0;
    if (this.#extended) return ahead;
    if (extension === 0) return ((sequence - this.#next) << 16) >> 16;
    // The first number of a sender that counts on beyond 16 bits.
    if (Math.abs(ahead) <= MOST_AHEAD) this.#extended = true;
    return ahead;
  }

  #place(bytes: Uint8Array, number: number, ahead: number, nowUs: number): void {
    const { counts } = this;
    const seen = number & (HISTORY - 1);
    // What is remembered of numbers that have not come yet is of those 4096 before.
    const isNew = ((number - this.#end) | 0) >= 0;
    if (!isNew && this.#came[seen] === 1) {
      counts.duplicate++;
      return;
    }
    if (ahead < 0) {
      this.#came[seen] = 1;
      counts.late++;
      return;
    }
    if (isNew) {
      for (let n = this.#end; n !== number; n = (n + 1) >>> 0) this.#came[n & (HISTORY - 1)] = 0;
      this.#end = (number + 1) >>> 0;
    } else {
      counts.reordered++;
    }
    this.#came[seen] = 1;
    while (((number - this.#next) | 0) > this.#packets) this.#pass();
    if (this.#heldCount === 0) this.#gapSinceUs = nowUs;
    const at = number & this.#mask;
    this.#held[at] = bytes;
    this.#arrivedUs[at] = nowUs;
    this.#heldCount++;
    this.#run();
  }

  /** Delivers what is there without a gap, and finds since when the next gap is known. */
  #run(): void {
    let passed = false;
    while (this.#heldCount > 0 && this.#held[this.#next & this.#mask] !== undefined) {
      this.#pass();
      passed = true;
    }
    if (!passed || this.#heldCount === 0) return;
    let since = Number.POSITIVE_INFINITY;
    for (let at = 0; at <= this.#mask; at++) {
      if (this.#held[at] !== undefined) since = Math.min(since, this.#arrivedUs[at] ?? since);
    }
    this.#gapSinceUs = since;
  }

  /** Gives up the gap in front. */
  #skip(): void {
    while (this.#held[this.#next & this.#mask] === undefined) this.#pass();
    this.#run();
  }

  /** The number that is due is delivered, or is lost. */
  #pass(): void {
    const at = this.#next & this.#mask;
    const bytes = this.#held[at];
    this.#next = (this.#next + 1) >>> 0;
    if (bytes === undefined) {
      this.counts.lost++;
      this.#lostBefore++;
      return;
    }
    this.#held[at] = undefined;
    this.#heldCount--;
    this.#deliver(bytes);
  }

  #deliver(bytes: Uint8Array): void {
    const lost = this.#lostBefore;
    this.#lostBefore = 0;
    this.#to.take(bytes, lost);
  }

  /** Somebody else's number, a broken one, or a sender that goes on elsewhere: a second one behind it tells. */
  #jump(bytes: Uint8Array, number: number, extended: boolean, nowUs: number): void {
    const before = this.#strayBytes;
    const follows = before !== undefined && (extended ? number : number & 0xffff) === this.#strayNumber;
    if (!follows) {
      this.#dropStray();
      this.#strayBytes = bytes;
      this.#strayNumber = extended ? (number + 1) >>> 0 : (number + 1) & 0xffff;
      return;
    }
    this.#strayBytes = undefined;
    this.flush();
    const first = (number - 1) >>> 0;
    const lost = (first - this.#next) >>> 0;
    if (extended && this.#extended && lost < MOST_LOST_AT_ONCE) {
      this.counts.lost += lost;
      this.#lostBefore += lost;
    } else {
      this.counts.restarts++;
      this.#lostBefore = 0;
      this.#to.restarted();
    }
    this.#begin(first, extended);
    this.#place(before, first, 0, nowUs);
    this.#place(bytes, number, 1, nowUs);
  }

  #dropStray(): void {
    if (this.#strayBytes !== undefined) this.counts.stray++;
    this.#strayBytes = undefined;
  }
}
