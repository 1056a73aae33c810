// SPDX-License-Identifier: Apache-2.0
import type { Component } from './component.js';
import type { ComponentError } from './errors.js';
import type { Graph } from './graph.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { Scheduler } from './scheduler.js';
import type { Steps } from './steps.js';

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

// How the generator is entered at its next slice.
export const RESUME_PLAIN = 0;
export const RESUME_VALUE = 1;
export const RESUME_THROW = 2;

/** What an `async main()` waits for; resolved in the task's slices. */
export interface Waiter {
  readonly inbox: Inbox | undefined;
  readonly outbox: Outbox | undefined;
  /** True for `delay()`, which only its timer settles. */
  readonly timed: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The promise behind `component.done`. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The runtime's side of a component. It is a class of its own, with the same fields in the same order for every
 * component, because the scheduler and the ports touch it for every message: with these fields in the user's object
 * each subclass would have its own hidden class and every access would be megamorphic.
 */
export class Task {
  state: number = NEW;
  next: Task | undefined = undefined;
  gen: Steps | undefined = undefined;
  // Set by activation, before any state but NEW; typed as always there because the ports read it only in state IDLE.
  scheduler: Scheduler = undefined as unknown as Scheduler;
  readonly component: Component;
  readonly ins: Inbox[] = [];
  readonly outs: Outbox[] = [];
  /** It declares no boxes: those of the article come into being as they are named. */
  articled = false;
  /** Number of (outbox, full inbox) pairs of this task; it is not runnable above 0. */
  blocked = 0;
  /** A full strict inbox refuses its messages by an error; any other holds it back. */
  refusable = false;
  /** Something changed that the next plain `yield` must not sleep through. */
  notified = false;
  /** Since it was last parked it had a slice more for an inbox that has ended. */
  endChecked = false;
  /** `main()` was called. */
  started = false;
  stopRequested = false;
  /** It was asked to end in order. */
  stopAsked = false;
  /** The generator was told to return and still runs its `finally` blocks. */
  returning = false;
  returnSlices = 0;
  mainEnded = false;
  resume: number = RESUME_PLAIN;
  resumeValue: unknown = undefined;
  /** Tells a promise or timer of an earlier wait from the present one. */
  token = 0;
  /** True while this task is counted in `scheduler.outside`. */
  countedOutside = false;
  /** `external()` handles given out. */
  externals = 0;
  /** Outstanding `hold()`s. */
  holds = 0;
  /** Set while it waits for what those downstream hold; see `External.starved()`. */
  onStuck: (() => void) | undefined = undefined;
  /** Alarms set by `wakeAt()` that have not rung. */
  alarms = 0;
  /** It has set a timer at some time. */
  timed = false;
  waiters: Waiter[] | undefined = undefined;
  graph: Graph | undefined = undefined;
  parent: Task | undefined = undefined;
  /** Becomes its parent if it runs when this one is activated. */
  keeper: Task | undefined = undefined;
  readonly children: Task[] = [];
  liveChildren = 0;
  /** Became a child of a component that was running; it is forgotten when it ends. */
  late = false;
  /** It makes others in the place of its parts itself. */
  renews = false;
  /** Called when it has ended in order or not, while it still has its boxes. */
  onEnd: (() => void) | undefined = undefined;
  /** Takes its place when it has ended; has its messages already. */
  successor: Task | undefined = undefined;
  /** Its parts are all there is to it: it is stopped in order by stopping them. */
  chassis = false;
  /** What a failure below does; without it the failure goes to the parent, and from the root to the whole graph. */
  onFailure: ((error: ComponentError, failed: Task) => void) | undefined = undefined;
  deferred: Deferred | undefined = undefined;
  error: unknown = undefined;
  failed = false;
  name: string | undefined = undefined;
  controller: AbortController | undefined = undefined;
  slices = 0;
  /** Slices whose time was taken, and how long they took together. */
  timedSlices = 0;
  timedMs = 0;
  longestMs = 0;
  slowSlices = 0;

  constructor(component: Component) {
    this.component = component;
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
