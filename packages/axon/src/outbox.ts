// SPDX-License-Identifier: Apache-2.0
import { waitInMain } from './async-main.js';
import type { Component } from './component.js';
import { CancelledError } from './errors.js';
import { NONE } from './few.js';
import { Inbox } from './inbox.js';
import { closeOutbox } from './link.js';
import { Task } from './task.js';

/** Options of `this.out(name, options)`. */
export interface OutboxOptions {
  /**
   * A component is stopped when every linked `data` outbox has lost its consumer. An outbox of role `control`
   * (progress reports, statistics) does not count: losing its listener never stops the component. Default `data`,
   * and `control` for the outbox named `signal`.
   */
  readonly role?: 'data' | 'control';
}

function sinkOfNobody(name: string): Inbox {
  const sink = new Inbox(new Task(undefined as unknown as Component), name);
  sink.closed = true;
  sink.limit = -1;
  return sink;
}

/** @internal Where an unlinked outbox delivers: everything is dropped. */
export const UNLINKED: Inbox = sinkOfNobody('unlinked');
/** @internal Where an outbox delivers whose consumer is gone. It counts as full, so that `open` loops end. */
export const CANCELLED: Inbox = sinkOfNobody('cancelled');
CANCELLED.full = true;

const CONTROL = 1;
const CLOSED = 2;
const GONE = 4;

/** Where a component sends. One destination; the sender gives up what it sent. */
export class Outbox<T = unknown> {
  /** Name of the box, as used in the article's spelling. */
  readonly name: string;
  /** @internal */ task: Task;
  /** @internal The final inbox, however many boxes pass the message on. */ sink: Inbox = UNLINKED;
  /** @internal */ sent = 0;
  /** @internal */ flags = 0;
  /** @internal */ to: Inbox | Outbox | undefined = undefined;
  /** @internal */ from: readonly Outbox[] = NONE;

  /** @internal Made by `this.out()`. */
  constructor(task: Task, name: string, options: OutboxOptions = {}) {
    this.task = task;
    this.name = name;
    this.control = (options.role ?? (name === 'signal' ? 'control' : 'data')) === 'control';
  }

  /** @internal */
  get control(): boolean {
    return (this.flags & CONTROL) !== 0;
  }

  set control(value: boolean) {
    this.flags = value ? this.flags | CONTROL : this.flags & ~CONTROL;
  }

  /** @internal */
  get closed(): boolean {
    return (this.flags & CLOSED) !== 0;
  }

  set closed(value: boolean) {
    this.flags = value ? this.flags | CLOSED : this.flags & ~CLOSED;
  }

  /** @internal */
  get gone(): boolean {
    return (this.flags & GONE) !== 0;
  }

  set gone(value: boolean) {
    this.flags = value ? this.flags | GONE : this.flags & ~GONE;
  }

  /**
   * Delivers at once. Never throws for fullness and never waits: a full destination blocks this component from its
   * next look at `ready` on. An unlinked or cancelled outbox drops (and disposes) the message.
   */
  send(message: T): void {
    this.sent++;
    this.sink.push(message);
  }

  /**
   * Sends every message of the array, in order. The array belongs to the receiver from then on: an inbox that is empty keeps
   * it, and `takeAll()` gives it. It counts as one output, however many messages it has: a source tests `open` before each.
   */
  sendAll(messages: readonly T[]): void {
    this.sent += messages.length;
    this.sink.pushAll(messages);
  }

  /**
   * Ends the stream of this outbox, behind what was sent; the component itself goes on. For one whose directions end
   * at different times, as those of a connection do. What is sent afterwards is dropped and disposed.
   */
  close(): void {
    closeOutbox(this as Outbox);
  }

  /** False while the destination is full or gone. A source tests it before each message. */
  get open(): boolean {
    return !this.sink.full;
  }

  /** True while an inbox is at the other end. */
  get linked(): boolean {
    return this.sink !== UNLINKED && this.sink !== CANCELLED;
  }

  /** The consumer has ended; what is sent now is dropped. */
  get cancelled(): boolean {
    return this.gone;
  }

  /**
   * Resolves when the destination has room, for `async main()`. Rejects with {@link CancelledError} when the consumer
   * is gone or the component is stopped.
   */
  room(): Promise<void> {
    const task = this.task;
    if (task.stopRequested) return Promise.reject(new CancelledError(task.path()));
    if (this.gone) return Promise.reject(new CancelledError(this.path(), 'its consumer has ended'));
    if (this.open) return Promise.resolve();
    // Full only for this slice: the next one is due at once.
    if (this.sink === UNLINKED) task.notified = true;
    return waitInMain<void>(task, undefined, this as Outbox);
  }

  /** @internal */
  path(): string {
    return `${this.task.path()}.${this.name}`;
  }
}
