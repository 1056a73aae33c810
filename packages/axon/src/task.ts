// SPDX-License-Identifier: Apache-2.0
import type { Component } from './component.js';
import { NONE } from './few.js';
import type { Graph } from './graph.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { Parts } from './parts.js';
import type { Scheduler } from './scheduler.js';
import type { Steps } from './steps.js';
import { TaskRecord } from './task-record.js';

export { type Deferred, RESUME_PLAIN, RESUME_THROW, RESUME_VALUE, type Waiter } from './task-record.js';

// Plain numbers, so that the per-message test in Inbox.push is a compare with a constant.
/** Not activated. */
export const NEW = 0;
/** In the run queue. */
export const QUEUED = 1;
/** Inside its slice. */
export const RUNNING = 2;
/** Parked: a message, a close, room in an outbox or a wake-up queues it again. */
export const IDLE = 3;
/** Parked on a timer, a promise, or (async form) running outside any slice. */
export const WAITING = 4;
/** Ended. */
export const DONE = 5;

/**
 * The runtime's side of a component. It is a class of its own, with the same fields in the same order for every
 * component, because the scheduler and the ports touch it for every message: with these fields in the user's object
 * each subclass would have its own hidden class and every access would be megamorphic.
 */
export class Task extends TaskRecord {
  state: number = NEW;
  /** Number of (outbox, full inbox) pairs of this task; it is not runnable above 0. */
  blocked = 0;
  /** A data inbox is ready with more messages than this: 0, or more than there can be while it is blocked. */
  least = 0;
  next: Task | undefined = undefined;
  gen: Steps | undefined = undefined;
  // Set by activation, before any state but NEW; typed as always there because the ports read it only in state IDLE.
  scheduler: Scheduler = undefined as unknown as Scheduler;
  readonly component: Component;
  ins: readonly Inbox[] = NONE;
  outs: readonly Outbox[] = NONE;
  graph: Graph | undefined = undefined;
  parent: Task | undefined = undefined;
  children: Parts = NONE;
  /** Its name, or the number that the scheduler gave it. */
  label: string | number | undefined = undefined;
  slices = 0;
  /** Slices whose time was taken. */
  timedSlices = 0;
  /** How long they took together, and the longest of them. Whole microseconds, which need no memory of their own. */
  timedUs = 0;
  longestUs = 0;

  constructor(component: Component) {
    super();
    this.component = component;
  }

  get name(): string | undefined {
    const { label } = this;
    return typeof label === 'number' ? `${this.component.constructor.name}-${label}` : label;
  }

  set name(name: string | undefined) {
    this.label = name;
  }

  get timedMs(): number {
    return this.timedUs / 1000;
  }

  get longestMs(): number {
    return this.longestUs / 1000;
  }

  /** Grows with every message taken or sent: two equal readings mean a slice without progress. */
  progress(): number {
    let sum = 0;
    const { ins, outs } = this;
    for (let i = 0; i < ins.length; i++) sum += (ins[i] as Inbox).taken;
    for (let i = 0; i < outs.length; i++) sum += (outs[i] as Outbox).sent;
    return sum;
  }

  /** Names from the root, joined by `/`. */
  path(): string {
    const name = this.name ?? this.component.constructor.name;
    return this.parent === undefined ? name : `${this.parent.path()}/${name}`;
  }
}

/** Calls `visit` for a task and everything below it, parents first. */
export function walkTasks(task: Task, visit: (task: Task) => void): void {
  visit(task);
  for (const child of task.children) walkTasks(child, visit);
}
