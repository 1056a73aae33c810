// SPDX-License-Identifier: Apache-2.0
import { waitInMain } from './async-main.js';
import type { Component } from './component.js';
import { disposeMessage } from './dispose.js';
import { CancelledError, EmptyInboxError } from './errors.js';
import { NONE } from './few.js';
import { InboxRecord } from './inbox-record.js';
import type { Outbox } from './outbox.js';
import { addPassing } from './passing.js';
import type { Duration } from './steps.js';
import { Task } from './task.js';

/** Messages an inbox holds before its producers have to wait, unless `capacity` says otherwise. */
export const DEFAULT_CAPACITY = 64;
const FIRST_SLOTS = 4;
/** Ring of an inbox that has not had a message yet, or whose ring went to the receiver. Nothing is ever stored in it. */
const NO_SLOTS: undefined[] = [];
/** Messages after which an empty ring is replaced; see {@link Inbox.renew}. */
const RENEW_AFTER = 1024;
/** The gate of control inboxes; a task, so that all gates are of one shape. */
const NEVER_BLOCKED = new Task(undefined as unknown as Component);
/** Above every count. */
const ALWAYS = 0x3fffffff;
// task.ts's IDLE, repeated here: an imported binding is a load for every message, this one is folded into the code.
const IDLE = 3;

// An unlinked outbox takes everything, so a source that never ends would never yield; after so many messages it looks
// full for the rest of the slice.
const DROPS_PER_SLICE = 1024;

/** Options of `this.in(name, options)`. */
export interface InboxOptions {
  /** Waiting messages at which the producers are blocked; a whole number from 1 up, default 64. */
  readonly capacity?: number;
  /** A `control` inbox stays ready while an outbox of the component is blocked. Default `data`. */
  readonly priority?: 'data' | 'control';
  /**
   * Bytes of waiting messages at which the producers are blocked, as well as by `capacity`: `byteLength` of a message or
   * of its `data`, two for each unit of a string, nothing for others. One message is taken however large it is.
   */
  readonly maxBytes?: number;
  /** Media time of waiting messages (`duration` in units of `timebase`) at which the producers are blocked. */
  readonly maxMediaTime?: Duration;
  /**
   * A full inbox drops instead of blocking its producers: the `'newest'` message, the `'oldest'`, or with `'keyframes'`
   * every one from then on until one with `keyframe: true` comes. What is dropped is disposed of and counted.
   */
  readonly lossy?: Lossy;
}

/** What a full lossy inbox drops. */
export type Lossy = 'newest' | 'oldest' | 'keyframes';

/**
 * Where a component receives. One reader: the component that declared it. The receiver owns what it took.
 *
 * The storage is a ring that begins small and grows on demand up to the capacity; taken slots are cleared, so that
 * a ring never keeps a picture alive.
 */
export class Inbox<T = unknown> extends InboxRecord implements Iterable<T> {
  /** Name of the box, as used in the article's spelling. */
  readonly name: string;
  /** @internal */ task: Task;
  /** @internal Whose `least` tells whether it is ready: the task, or of a control inbox one that is never blocked. */
  readonly gate: Task;
  /** @internal A ring: its length is a power of two. */ buf: (T | undefined)[] = NO_SLOTS;
  /** @internal The read position: messages taken, but for `takenBefore`. */ rd = 0;
  /** @internal */ count = 0;
  /** @internal Below this count a push is the short path; -1 for a closed box and for one that holds a batch. */ limit = 0;
  /** @internal Up to this count a recv() is the long path: where it is empty, releases its producers, or holds a batch. */
  mark = 0;
  /** @internal */ capacity: number;
  /** @internal */ producers: readonly Outbox[] = NONE;
  /** @internal */ to: Inbox | undefined = undefined;
  /** @internal */ from: readonly (Inbox | Outbox)[] = NONE;

  /** @internal Made by `this.in()`. */
  constructor(task: Task, name: string, options: InboxOptions = {}) {
    const { capacity = DEFAULT_CAPACITY, priority = 'data' } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      const owner = task.component === undefined ? 'Inbox' : task.component.constructor.name;
      throw new RangeError(
        `${owner}: Expected a whole number of at least 1 for capacity of ${name} but received ${String(capacity)}`,
      );
    }
    super();
    this.name = name;
    this.task = task;
    this.gate = priority === 'control' ? NEVER_BLOCKED : task;
    this.control = priority === 'control';
    this.capacity = capacity;
    this.setCapacity(capacity);
  }

  /** A message waits, and no outbox of this component is blocked (a `control` inbox does not look at the outboxes). */
  get ready(): boolean {
    // In so few words that the engine always puts them in line: it is asked for each message.
    return this.count > this.gate.least;
  }

  /** Messages waiting, whatever the back-pressure. */
  get length(): number {
    return this.count;
  }

  /** Every writer has closed and everything has been taken. False for a box that nobody was ever linked to. */
  get ended(): boolean {
    return this.eos && this.count === 0;
  }

  /** True while at least one outbox delivers here. */
  get linked(): boolean {
    return this.producers.length > 0;
  }

  /** Takes the oldest message, which the caller then owns. Throws {@link EmptyInboxError} when there is none. */
  recv(): T {
    const count = this.count;
    if (count <= this.mark) return this.recvAtMark();
    const buf = this.buf;
    const slot = this.rd & (buf.length - 1);
    const message = buf[slot] as T;
    buf[slot] = undefined;
    this.rd++;
    this.count = count - 1;
    return message;
  }

  private recvAtMark(): T {
    if (this.batch !== undefined) {
      this.unpack();
      return this.recv();
    }
    if (this.count === 0) throw new EmptyInboxError(this.path());
    const { buf } = this;
    const slot = this.rd & (buf.length - 1);
    const message = buf[slot] as T;
    buf[slot] = undefined;
    this.rd++;
    this.count--;
    if (this.full && this.count <= this.low) this.clearFull();
    return message;
  }

  /**
   * Takes everything that waits, oldest first; an empty array when nothing does. The caller owns array and messages: what
   * was sent by one `sendAll()` is that very array.
   */
  takeAll(): T[] {
    const { count, batch } = this;
    let all: T[];
    if (batch !== undefined) {
      all = batch as T[];
      this.batch = undefined;
      this.limit = this.shortLimit();
    } else {
      const { buf } = this;
      const mask = buf.length - 1;
      all = new Array(count);
      for (let i = 0; i < count; i++) {
        const slot = (this.rd + i) & mask;
        all[i] = buf[slot] as T;
        buf[slot] = undefined;
      }
    }
    this.rd += count;
    this.count = 0;
    this.mark = 0;
    if (this.full) this.clearFull();
    return all;
  }

  /** Drains while `ready`. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    while (this.ready) yield this.recv();
  }

  /**
   * The next message, for `async main()`; resolves to `undefined` at the end of the stream, rejects with
   * {@link CancelledError} when the component is stopped. While an outbox is blocked it waits for room first.
   */
  next(): Promise<T | undefined> {
    const task = this.task;
    if (task.stopRequested) return Promise.reject(new CancelledError(task.path()));
    if (this.ready) return Promise.resolve(this.recv());
    if (this.ended) return Promise.resolve(undefined);
    return waitInMain<T | undefined>(task, this as Inbox, undefined);
  }

  /**
   * Blocks the thread until a message may be taken, and takes it; `undefined` at the end of the stream. As {@link ready}
   * does, it waits for room first while an outbox is blocked. Throws {@link CancelledError} when the component is stopped.
   * Only for the component that a worker runs, see `threaded()`: a TypeError in any other.
   */
  recvBlocking(): T | undefined {
    throw new TypeError(
      `${this.path()}: Expected recvBlocking() in the component that a worker runs, see threaded(), but received it elsewhere`,
    );
  }

  /** @internal Delivers a message. Never waits and never refuses: the bound is kept by blocking the producers. */
  push(message: T): void {
    const count = this.count;
    if (count < this.limit) {
      const buf = this.buf;
      buf[(this.rd + count) & (buf.length - 1)] = message;
      this.count = count + 1;
      const task = this.task;
      if (task.state === IDLE && this.gate.least === 0) task.scheduler.enqueue(task);
    } else {
      this.pushAtLimit(message);
    }
  }

  /**
   * @internal Delivers an array of messages. An empty inbox keeps it as it is, so that a batch goes on as one object however
   * many messages it is; whoever takes or adds single messages unpacks it.
   */
  pushAll(messages: readonly T[]): void {
    // A push of its own looks at each message: that of a bounded inbox, or a tap.
    if (this.count > 0 || this.closed || messages.length < 2 || this.push !== PLAIN_PUSH) {
      for (let i = 0; i < messages.length; i++) this.push(messages[i] as T);
      return;
    }
    const count = messages.length;
    this.batch = messages;
    this.count = count;
    this.limit = -1;
    this.mark = ALWAYS;
    this.deepest(count); // inspection
    if (count >= this.capacity) this.setFull();
    const task = this.task;
    if (task.state === IDLE && this.gate.least === 0) task.scheduler.enqueue(task);
  }

  /** Puts a batch into the ring. */
  private unpack(): void {
    const { batch, count } = this;
    if (batch === undefined) return;
    this.batch = undefined;
    if (this.buf.length < count) {
      let slots = FIRST_SLOTS;
      while (slots < count) slots *= 2;
      this.buf = emptyRing(slots);
    }
    const { buf } = this;
    for (let i = 0; i < count; i++) buf[(this.rd + i) & (buf.length - 1)] = batch[i] as T;
    this.limit = this.shortLimit();
    this.mark = this.full ? this.low + 1 : 0;
  }

  private shortLimit(): number {
    return this.closed ? -1 : Math.min(this.buf.length, this.capacity - 1);
  }

  /**
   * @internal Between two slices, and where `rd` is due: keeps it small, and replaces the ring of an empty inbox. Storing a
   * new message into a ring that the garbage collector has moved to its old generation takes its slow path each time, which
   * was a quarter of the whole time of a busy pipeline; a young ring does not.
   */
  renew(): void {
    const position = this.rd & (this.buf.length - 1);
    this.takenBefore += this.rd - position;
    this.rd = position;
    // All slots of an empty ring are undefined, so the copy is an empty ring too.
    if (this.count === 0 && this.buf !== NO_SLOTS) this.buf = this.buf.slice();
  }

  /** @internal Whether {@link renew} is due. */
  get old(): boolean {
    return this.rd > RENEW_AFTER;
  }

  /** @internal Messages taken since the beginning. */
  get taken(): number {
    return this.takenBefore + this.rd;
  }

  /** @internal Producers are released when the count falls to this. */
  get low(): number {
    return this.strict || this.eager ? this.capacity - 1 : this.capacity >> 1;
  }

  /** @internal Releases the producers. */
  clearFull(): void {
    this.full = false;
    if (this.batch === undefined) this.mark = 0;
    const scheduler = this.task.scheduler;
    if (this.fullIndex >= 0) {
      scheduler.removeFull(this as Inbox);
      this.wasFull(scheduler.meter.nowMs); // inspection
    }
    const { producers } = this;
    for (let i = 0; i < producers.length; i++) this.release((producers[i] as Outbox).task);
  }

  /** @internal Fullness is in the way of a producer. */
  hold(task: Task): void {
    if (this.strict && task.refusable) return;
    task.blocked++;
    task.least = ALWAYS;
  }

  /** @internal Fullness is no longer in the way of a producer. */
  release(task: Task): void {
    if (this.strict && task.refusable) return;
    task.blocked--;
    if (task.blocked > 0) return;
    task.least = 0;
    if (task.state === IDLE) task.scheduler.enqueue(task);
  }

  /** @internal */
  setCapacity(capacity: number): void {
    this.deepest(this.mostWaited);
    this.capacity = capacity;
    if (this.closed) return;
    if (this.batch === undefined) {
      this.limit = this.shortLimit();
      this.mark = this.full ? this.low + 1 : 0;
    }
    if (this.full && this.count <= this.low) this.clearFull();
    else if (!this.full && this.count >= capacity) this.setFull();
  }

  /** @internal The consumer has ended: drops what waits and whatever still comes. */
  discard(): void {
    this.closed = true;
    for (const message of this.takeAll()) disposeMessage(message);
    this.limit = -1;
  }

  /** @internal */
  path(): string {
    return `${this.task.path()}.${this.name}`;
  }

  private pushAtLimit(message: T): void {
    if (this.closed) {
      disposeMessage(message);
      if (++this.dropped === DROPS_PER_SLICE && this.task.component === undefined) this.full = true;
      return;
    }
    if (this.batch !== undefined) this.unpack();
    if (this.count === this.buf.length) this.grow();
    const { buf } = this;
    buf[(this.rd + this.count) & (buf.length - 1)] = message;
    this.count++;
    this.noteDepth(); // inspection
    if (this.count >= this.capacity && !this.full) this.setFull();
    const task = this.task;
    if (task.state === IDLE && this.gate.least === 0) task.scheduler.enqueue(task);
  }

  /** How deep it is, but where it is about to become full; see {@link mostWaited}. */
  private noteDepth(): void {
    if (this.full || this.count < this.capacity) this.deepest(this.count);
  }

  /** @internal Most messages that waited at once; below the capacity to a power of two. */
  get mostWaited(): number {
    return Math.max(this.highWater, this.count, this.fullTimes > 0 ? this.filledAt : 0);
  }

  /** @internal Messages with which it becomes full at least. */
  get filledAt(): number {
    return this.capacity;
  }

  /** @internal What waits, oldest first, without taking it. */
  peekAll(): T[] {
    if (this.batch !== undefined) return [...this.batch] as T[];
    return Array.from({ length: this.count }, (_, i) => this.buf[(this.rd + i) & (this.buf.length - 1)] as T);
  }

  /** @internal Gives the message that waits `at` places behind the oldest, and puts another in its place. */
  exchange(at: number, other: (message: T) => T): T {
    this.unpack();
    const { buf } = this;
    const slot = (this.rd + at) & (buf.length - 1);
    const message = buf[slot] as T;
    buf[slot] = other(message);
    return message;
  }

  /** @internal Whether it holds these too within its bounds. */
  fits(messages: readonly T[]): boolean {
    return this.count + messages.length <= this.capacity;
  }

  /** @internal Its bounds, for people. */
  get bounds(): string {
    return `${this.capacity} messages`;
  }

  /** @internal Twice the room. */
  enlarge(): void {
    this.setCapacity(this.capacity * 2);
  }

  /** @internal The producers have to wait. */
  setFull(): void {
    this.full = true;
    if (this.batch === undefined) this.mark = this.low + 1;
    const { producers } = this;
    for (let i = 0; i < producers.length; i++) this.hold((producers[i] as Outbox).task);
    // Absent before activation, which looks for full inboxes itself.
    this.task.scheduler?.addFull(this as Inbox);
  }

  private grow(): void {
    const { buf, count, rd } = this;
    const mask = buf.length - 1;
    const slots = Math.max(FIRST_SLOTS, buf.length * 2);
    const ring = emptyRing<T>(slots);
    // The read position is a running total, so the messages are laid out from where it points in the larger ring.
    for (let i = 0; i < count; i++) ring[(rd + i) & (slots - 1)] = buf[(rd + i) & mask];
    this.buf = ring;
    this.limit = Math.min(slots, this.capacity - 1);
  }
}

/** Of an array that is packed, which `new Array(slots)` would not be. */
function emptyRing<T>(slots: number): (T | undefined)[] {
  const ring: (T | undefined)[] = [];
  for (let i = 0; i < slots; i++) ring.push(undefined);
  return ring;
}

const PLAIN_PUSH = Inbox.prototype.push;

/** Method of a message that wants to know which component has it, `{ path() }`; see {@link noteReceivers}. */
export const RECEIVED: unique symbol = Symbol.for('kamaelia.received') as never;

let receiversNoted = false;

/**
 * From now on each component that takes a message out of an inbox is told to the message, if that has a method `RECEIVED`.
 * For messages that are counted, as video frames are; a program without such messages pays nothing.
 */
export function noteReceivers(): void {
  if (receiversNoted) return;
  receiversNoted = true;
  addPassing((message, _from, to) => tellReceiver(message, to));
  // Replaced and not asked for: a test in recv() took a fifth of the speed of programs that have no such messages.
  const { recv, takeAll } = Inbox.prototype;
  Inbox.prototype.recv = function (this: Inbox) {
    const message = recv.call(this);
    tellReceiver(message, this.task);
    return message;
  };
  Inbox.prototype.takeAll = function (this: Inbox) {
    const messages = takeAll.call(this);
    for (const message of messages) tellReceiver(message, this.task);
    return messages;
  };
}

function tellReceiver(message: unknown, task: Task): void {
  if (typeof message !== 'object' || message === null) return;
  const received = (message as { [RECEIVED]?: unknown })[RECEIVED];
  // The task and not its path, which takes longer to put together than all the rest of receiving.
  if (typeof received === 'function') received.call(message, task);
}
