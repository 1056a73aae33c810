// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from './dispose.js';
import { Inbox, type InboxOptions, type Lossy } from './inbox.js';
import type { Outbox } from './outbox.js';
import { type Passing, passings } from './passing.js';
import { toMicroseconds } from './steps.js';
import { IDLE, RUNNING, type Task, WAITING } from './task.js';

/** So many pass a message on to each other in one call: each needs some of the stack. */
const MOST_IN_A_ROW = 64;
let inARow = 0;

const LOSSY: readonly unknown[] = ['newest', 'oldest', 'keyframes', undefined];

/** @internal Bytes of a message: its own, those of its `data`, or of a string. */
export function bytesOf(message: unknown): number {
  if (typeof message === 'string') return message.length * 2;
  if (typeof message !== 'object' || message === null) return 0;
  const { byteLength, data } = message as { byteLength?: unknown; data?: { byteLength?: unknown } };
  if (typeof byteLength === 'number') return byteLength;
  return typeof data?.byteLength === 'number' ? data.byteLength : 0;
}

/** @internal Microseconds that a message lasts when it is played. */
export function mediaUsOf(message: unknown): number {
  if (typeof message !== 'object' || message === null) return 0;
  const { duration, timebase } = message as { duration?: unknown; timebase?: { num?: number; den?: number } };
  if (typeof duration !== 'number' || typeof timebase?.num !== 'number' || typeof timebase.den !== 'number') return 0;
  return (duration * timebase.num * 1e6) / timebase.den;
}

/**
 * An inbox that is bounded in bytes or media time as well as in messages, or that drops instead of blocking. A class of
 * its own, so that the ordinary ones pay nothing for it.
 */
export class BoundedInbox<T = unknown> extends Inbox<T> {
  readonly #lossy: Lossy | undefined;
  #maxBytes: number;
  #maxMediaUs: number;
  #bytes = 0;
  #mediaUs = 0;
  /** In mode `keyframes`: something was dropped, and what follows is of no use before the next keyframe. */
  #waitsForKeyframe = false;
  /** @internal Called when a message was dropped. */
  onLoss: (() => void) | undefined;
  /**
   * @internal Where a component that only passes messages on does so. While it is parked, nothing waits and that outbox is
   * open, a message goes there at once: a slice for each would be the most of what such a component costs.
   */
  through: Outbox<T> | undefined;
  #passing = false;

  constructor(task: Task, name: string, options: InboxOptions) {
    super(task, name, options);
    const owner = `${task.component.constructor.name}.${name}`;
    const { maxBytes = Number.POSITIVE_INFINITY, maxMediaTime, lossy } = options;
    if (!(typeof maxBytes === 'number' && maxBytes > 0)) {
      throw new RangeError(`${owner}: Expected a number of bytes above 0 for maxBytes but received ${maxBytes}`);
    }
    if (!LOSSY.includes(lossy)) {
      throw new TypeError(`${owner}: Expected newest, oldest or keyframes for lossy but received ${String(lossy)}`);
    }
    this.#maxBytes = maxBytes;
    this.#maxMediaUs = maxMediaTime === undefined ? Number.POSITIVE_INFINITY : toMicroseconds(maxMediaTime, owner);
    this.#lossy = lossy;
  }

  /** @internal It drops instead of blocking. */
  get lossy(): boolean {
    return this.#lossy !== undefined;
  }

  /** @internal Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get #over(): boolean {
    return this.count >= this.capacity || this.#bytes >= this.#maxBytes || this.#mediaUs >= this.#maxMediaUs;
  }

  /** @internal */
  override fits(messages: readonly T[]): boolean {
    let [bytes, mediaUs] = [this.#bytes, this.#mediaUs];
    for (const message of messages) {
      bytes += bytesOf(message);
      mediaUs += mediaUsOf(message);
    }
    return super.fits(messages) && bytes <= this.#maxBytes && mediaUs <= this.#maxMediaUs;
  }

  override push(message: T): void {
    if (this.through !== undefined && this.#passes(this.through)) {
      this.#passOn(this.through, message);
      return;
    }
    if (this.closed) {
      super.push(message);
      return;
    }
    if (this.#lossy !== undefined && !this.#makeRoom(this.#lossy, message)) return;
    this.#bytes += bytesOf(message);
    this.#mediaUs += mediaUsOf(message);
    super.push(message);
    if (this.#lossy === undefined && !this.full && this.#over) this.setFull();
  }

  #passes({ sink }: Outbox<T>): boolean {
    if (this.count > 0 || this.task.state !== IDLE || sink.full || this.#passing || inARow >= MOST_IN_A_ROW)
      return false;
    // Not in a ring: whose turn it is would get what it sends in the same slice, for ever. Of an async main nobody knows.
    const { state, waiters } = sink.task;
    if (state === RUNNING || state === WAITING || waiters !== undefined) return false;
    // An inbox that is never full would not end its sender's slice; and somebody may look at what is taken from this one.
    return !(sink instanceof BoundedInbox && sink.lossy) && this.recv === RECV;
  }

  #passOn(outbox: Outbox<T>, message: T): void {
    this.#passing = true;
    inARow++;
    this.rd++;
    if (this.old) this.renew();
    try {
      for (let i = 0; i < passings.length; i++) (passings[i] as Passing)(message, undefined, this.task);
      outbox.send(message);
    } finally {
      inARow--;
      this.#passing = false;
    }
  }

  /** False where the message itself was dropped. */
  #makeRoom(lossy: Lossy, message: T): boolean {
    if (lossy === 'oldest') {
      while (this.#over) this.#lose(this.#take());
      return true;
    }
    if (lossy === 'newest') {
      if (!this.#over) return true;
      this.#lose(message);
      return false;
    }
    const keyframe = (message as { keyframe?: unknown } | null | undefined)?.keyframe === true;
    if (this.#over && keyframe) while (this.count > 0) this.#lose(this.#take());
    else if (this.#over || (this.#waitsForKeyframe && !keyframe)) {
      this.#waitsForKeyframe = true;
      this.#lose(message);
      return false;
    }
    this.#waitsForKeyframe = false;
    return true;
  }

  #lose(message: T): void {
    this.lost++;
    disposeMessage(message);
    this.onLoss?.();
  }

  #take(): T {
    const message = super.recv();
    // Fractions of microseconds must not add up, nor what a message has lost while it waited, such as a transferred buffer.
    this.#bytes = this.count === 0 ? 0 : this.#bytes - bytesOf(message);
    this.#mediaUs = this.count === 0 ? 0 : this.#mediaUs - mediaUsOf(message);
    return message;
  }

  override recv(): T {
    const message = this.#take();
    if (this.full && this.#isHalfEmpty()) this.clearFull();
    return message;
  }

  override takeAll(): T[] {
    this.#bytes = 0;
    this.#mediaUs = 0;
    return super.takeAll();
  }

  #isHalfEmpty(): boolean {
    if (this.count === 0) return true;
    const { capacity } = this;
    return this.count <= capacity >> 1 && this.#bytes <= this.#maxBytes / 2 && this.#mediaUs <= this.#maxMediaUs / 2;
  }

  /** @internal By bytes or media time it may be full with any number. */
  override get filledAt(): number {
    return 0;
  }

  /** @internal A lossy inbox holds nobody back. */
  override setFull(): void {
    this.deepest(this.count); // inspection
    if (this.#lossy === undefined) super.setFull();
  }

  /** @internal recv() above decides, by every bound. */
  override get low(): number {
    return -1;
  }

  /** @internal */
  override get bounds(): string {
    const bounds = [super.bounds];
    if (this.#maxBytes < Number.POSITIVE_INFINITY) bounds.push(`${this.#maxBytes} bytes`);
    if (this.#maxMediaUs < Number.POSITIVE_INFINITY) bounds.push(`${this.#maxMediaUs / 1000} ms of media`);
    return bounds.join(', ');
  }

  /** @internal */
  override enlarge(): void {
    this.#maxBytes *= 2;
    this.#maxMediaUs *= 2;
    super.enlarge();
    if (this.full && !this.#over) this.clearFull();
  }
}

const RECV = BoundedInbox.prototype.recv;

/** @internal The inbox that the options ask for; one named `control` is of that priority. */
export function newInbox<T>(task: Task, name: string, options: InboxOptions): Inbox<T> {
  const all: InboxOptions = name === 'control' ? { priority: 'control', ...options } : options;
  const { maxBytes, maxMediaTime, lossy } = all;
  const bounded = maxBytes !== undefined || maxMediaTime !== undefined || lossy !== undefined;
  return bounded ? new BoundedInbox<T>(task, name, all) : new Inbox<T>(task, name, all);
}
