// SPDX-License-Identifier: Apache-2.0
import { isAsyncGenerator, isCancellation, isGenerator, resolveWaiters } from './async-main.js';
import { type Clock, WallClock } from './clock.js';
import { startMain, UNBEGUN } from './component.js';
import { findDeadlock, relieve, Starving } from './deadlock.js';
import { CancelledError } from './errors.js';
import { type Graph, outsideWork } from './graph.js';
import type { Inbox } from './inbox.js';
import { closeBoxesOfMain, closeInbox, endOutbox } from './link.js';
import { UNLINKED } from './outbox.js';
import { Rest } from './rest.js';
import { RunQueue } from './run-queue.js';
import type { SchedulerOptions } from './scheduler-options.js';
import { SliceMeter } from './slice-meter.js';
import { isThenable, PARK, SleepStep, Step } from './steps.js';
import { Stops } from './stopping.js';
import { DONE, IDLE, QUEUED, RESUME_PLAIN, RESUME_THROW, RESUME_VALUE, RUNNING, type Task, WAITING } from './task.js';
import { Timers } from './timers.js';
import { wiring } from './topology.js';
import { defaultSchedule, type Schedule } from './turns.js';

export type { SchedulerOptions } from './scheduler-options.js';

const BUDGET_SLICES = 2000;
const DEFAULT_BUDGET_MS = 2;
const SETTLE_WITHIN_MS = 20_000; // a test runner is more patient than that
const DEFAULT_MAX_CAPACITY = 65_536;
// Node's queueMicrotask() makes an AsyncResource for each call, which takes longer than the run of one slice.
const SETTLED: Promise<void> = Promise.resolve();
const MOST_RETURN_SLICES = 10_000; // a component may yield in its `finally` blocks, but not for ever

/**
 * Runs components, one slice at a time, first come first served.
 *
 * It never polls: with nothing runnable it is not called at all, until a message, a timer, a settled promise or an
 * `external()` wake-up makes a component runnable. A run lasts at most 2 ms or 2000 slices, then the event loop has
 * its turn.
 *
 * While a component waits for a promise, or holds outside work, the scheduler keeps the process alive: a graph never
 * disappears silently in the middle of its work.
 */
export class Scheduler {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly schedule: Schedule;
  /** Activated graphs that have not ended. */
  readonly graphs: Set<Graph> = new Set();
  /** @internal Times an inbox was grown to resolve a ring of waiting components. */
  reliefs = 0;
  /** @internal */
  readonly meter: SliceMeter = new SliceMeter();
  readonly #queue: RunQueue;
  readonly #rest: Rest;
  #inRun = false;
  /** A run is coming, as a microtask or as a turn. */
  #coming = false;
  /** Milliseconds and slices used by runs since the event loop last had a turn. */
  #usedMs = 0;
  #usedSlices = 0;
  readonly #full: Inbox[] = [];
  /** @internal */
  readonly starving: Starving = new Starving();
  /** @internal */
  readonly stops: Stops = new Stops();
  readonly #maxCapacity: number;
  readonly #budgetMs: number;
  readonly #onSlice: ((task: Task) => void) | undefined;
  readonly #names = new Map<string, number>();
  /** Somebody runs the components one by one: told when there is something to run. */
  #onWork: (() => void) | undefined;
  readonly #runSoon: () => void;
  readonly #runInTurn: () => void;

  constructor(options: SchedulerOptions = {}) {
    this.clock = options.clock ?? new WallClock();
    this.schedule = options.schedule ?? defaultSchedule();
    this.#maxCapacity = options.maxCapacity ?? DEFAULT_MAX_CAPACITY;
    this.#budgetMs = options.budgetMs ?? DEFAULT_BUDGET_MS;
    if (!(this.#budgetMs > 0)) {
      throw new RangeError(`Scheduler: Expected milliseconds above 0 for budgetMs but received ${this.#budgetMs}`);
    }
    this.#queue = new RunQueue(options.pick);
    const isIdle = () => this.#queue.head === undefined && !this.#inRun && !this.#coming;
    this.#rest = new Rest(this.schedule, () => this.#onWork !== undefined || isIdle());
    this.#onSlice = options.onSlice;
    this.timers = new Timers(this.clock);
    this.#runSoon = () => this.#run();
    this.#runInTurn = () => {
      this.#usedMs = 0;
      this.#usedSlices = 0;
      this.#run();
    };
    this.clock.attach?.(() => this.#rest.settled(SETTLE_WITHIN_MS, () => outsideWork(this.graphs)));
  }

  /** Next number for components of this class name. */
  nextNumber(kind: string): number {
    const n = (this.#names.get(kind) ?? 0) + 1;
    this.#names.set(kind, n);
    return n;
  }

  /** Stops every graph of this scheduler. */
  abortAll(reason: unknown): void {
    for (const graph of [...this.graphs]) graph.abort(reason);
  }

  /** Resolves when nothing is runnable and no outside work is outstanding. */
  settled(): Promise<void> {
    return this.#rest.settled();
  }

  // ---- used by ports, links and components ----

  /** @internal */
  enqueue(task: Task): void {
    task.state = QUEUED;
    this.#queue.push(task);
    if (!this.#inRun && !this.#coming) this.#comeSoon();
  }

  /** @internal Something changed for the task: it will look at its boxes again. */
  notify(task: Task): void {
    if (task.state === IDLE && task.blocked === 0) this.enqueue(task);
    else task.notified = true;
  }

  /** @internal */
  requestStop(task: Task): void {
    if (task.state === DONE || task.stopRequested) return;
    task.stopRequested = true;
    wiring.epoch++;
    task.controller?.abort(new CancelledError(task.path()));
    if (task.state === WAITING) this.#endWait(task);
    if (task.state === IDLE) this.enqueue(task);
  }

  /** @internal Outside work began (+1) or ended (-1). */
  countOutside(change: 1 | -1): void {
    this.#rest.outside += change;
    if (this.#inRun || this.#coming) return;
    // What was excused by outside work may be a deadlock now, and somebody may wait for quiet.
    if (this.#full.length > 0 || this.starving.any || this.#rest.concerned) this.#comeSoon();
  }

  // In a class of their own the next two took a fifth of the speed of a busy pipeline.
  /** @internal */
  addFull(inbox: Inbox): void {
    const counts = inbox.own();
    counts.fullIndex = this.#full.length;
    counts.fullTimes++; // inspection
    counts.fullSinceMs = this.meter.nowMs; // inspection
    this.#full.push(inbox);
  }

  /** @internal */
  removeFull(inbox: Inbox): void {
    const last = this.#full.pop() as Inbox;
    if (last !== inbox) {
      this.#full[inbox.fullIndex] = last;
      last.fullIndex = inbox.fullIndex;
    }
    inbox.fullIndex = -1;
  }

  /** @internal */
  start(task: Task): void {
    task.scheduler = this;
    if (task.holds > 0) this.countOutside(1);
    for (const inbox of task.ins) if (inbox.full && inbox.fullIndex < 0) this.addFull(inbox);
    if (task.stopRequested) task.controller?.abort(new CancelledError(task.path()));
    this.enqueue(task);
  }

  // ---- the run loop ----

  /** @internal From now on components run only in {@link step}, and `onWork` tells of work; without it by themselves. */
  drive(onWork: (() => void) | undefined): void {
    this.#onWork = onWork;
    this.#coming = false;
    if (this.#queue.head !== undefined) this.#comeSoon();
  }

  /** @internal One slice; false when nothing is runnable. */
  step(): boolean {
    if (this.#queue.head === undefined && !this.#relieve()) return false;
    this.#inRun = true;
    this.#slice(this.#queue.take());
    this.#inRun = false;
    this.#coming = this.#queue.head !== undefined;
    if (!this.#coming) this.#rest.begin();
    return true;
  }

  /** @internal What is done when nothing is runnable is to be done, although nothing may become so. */
  lookAtRest(): void {
    if (!this.#inRun && !this.#coming) this.#comeSoon();
  }

  #comeSoon(): void {
    this.#coming = true;
    if (this.#onWork !== undefined) this.#onWork();
    // Entries that keep coming in microtasks would keep the event loop from its turn.
    else if (this.#usedMs > this.#budgetMs || this.#usedSlices > BUDGET_SLICES) this.schedule(this.#runInTurn);
    else SETTLED.then(this.#runSoon);
  }

  #run(): void {
    if (this.#onWork !== undefined) return;
    this.#coming = false;
    this.#inRun = true;
    const { meter } = this;
    const deadline = meter.begin() + this.#budgetMs;
    let task: Task | undefined;
    do {
      while (this.#queue.head !== undefined && meter.slices < BUDGET_SLICES) {
        task = this.#queue.take();
        this.#slice(task);
        if (meter.after(task) && meter.nowMs > deadline) break;
      }
    } while (this.#queue.head === undefined && this.#relieve());
    this.#inRun = false;
    const usedMs = meter.end(task);
    if (this.#queue.head !== undefined) {
      this.#coming = true;
      this.schedule(this.#runInTurn);
      return;
    }
    this.#usedMs += usedMs;
    this.#usedSlices += meter.slices;
    this.#rest.begin();
  }

  #slice(task: Task): void {
    // A component may end while it is in the queue: a chassis by its last child, an async main by its promise.
    if (task.state === DONE) return;
    try {
      this.#enterSlice(task);
    } catch (error) {
      // Not of main, but of what it gave: were it to leave here, no component would ever run again.
      this.#mainFailed(task, error);
    }
    this.#onSlice?.(task);
  }

  #enterSlice(task: Task): void {
    task.slices++; // inspection
    task.state = RUNNING;
    UNLINKED.full = false;
    UNLINKED.dropped = 0;
    if (task.stopRequested && !task.returning) {
      this.#beginStop(task);
    } else if (task.gen === undefined) {
      if (task.started) resolveWaiters(this, task);
      else this.#startMain(task);
    } else {
      const progress = task.progress();
      let result: IteratorResult<unknown, void>;
      try {
        result = task.resume === RESUME_PLAIN ? this.#enter(task) : this.#resume(task);
      } catch (error) {
        this.#mainFailed(task, error);
        return;
      }
      if (result.done === true) this.#mainEnded(task);
      else this.#yielded(task, result.value, progress);
    }
  }

  /** First slice: calls `main()`, which is a generator function, an async function, or absent in a chassis. */
  #startMain(task: Task): void {
    task.started = true;
    let main: unknown;
    try {
      main = startMain(task.component);
    } catch (error) {
      this.#mainFailed(task, error);
      return;
    }
    if (isAsyncGenerator(main)) {
      const wanted = `${task.component.constructor.name}: Expected *main() or async main() but received async *main()`;
      this.#mainFailed(task, new TypeError(wanted));
    } else if (isGenerator(main)) {
      task.gen = main;
      this.enqueue(task);
    } else if (isThenable(main)) {
      Promise.resolve(main).then(
        () => this.#asyncMainSettled(task, false, undefined),
        (error: unknown) => this.#asyncMainSettled(task, true, error),
      );
      if (task.waiters === undefined) this.setWaiting(task, true);
      else this.enqueue(task);
    } else {
      this.#mainEnded(task);
    }
  }

  #enter(task: Task): IteratorResult<unknown, void> {
    task.notified = false;
    return (task.gen as NonNullable<Task['gen']>).next();
  }

  // The notification is kept here: it may belong to a plain `yield` further on.
  #resume(task: Task): IteratorResult<unknown, void> {
    const { resume, resumeValue } = task;
    const gen = task.gen as NonNullable<Task['gen']>;
    task.resume = RESUME_PLAIN;
    task.resumeValue = undefined;
    return resume === RESUME_VALUE ? gen.next(resumeValue) : gen.throw(resumeValue);
  }

  #yielded(task: Task, value: unknown, progressBefore: number): void {
    if (task.stopRequested && !task.returning) this.enqueue(task);
    else if (typeof value !== 'object' || value === null) this.#park(task, progressBefore, false);
    else if (value === Step.parked) this.#park(task, progressBefore, true);
    else if (value === Step.again) this.enqueue(task);
    else if (value === PARK && !task.returning) this.#park(task, task.progress(), true);
    else if (value instanceof SleepStep) this.#sleep(task, value.atUs);
    else if (isThenable(value)) this.#await(task, value);
    else this.#park(task, progressBefore, false);
  }

  /**
   * A plain `yield`. The component runs again at once if it was notified meanwhile, or if its slice took or sent something
   * (so one message per slice works; with `done`, {@link Step.parked}, only while a message waits). Else it sleeps.
   *
   * The end of a stream may come while the component yields in an inner loop that does not look for it. So as long
   * as an inbox is at its end, a slice without progress is followed by one more before the component sleeps.
   */
  #park(task: Task, progressBefore: number, done: boolean): void {
    const { ins } = task;
    let ended = false;
    let ready = !done;
    for (let i = 0; i < ins.length; i++) {
      const inbox = ins[i] as Inbox;
      if (inbox.old) inbox.renew();
      ended ||= inbox.ended;
      ready ||= inbox.count > 0;
    }
    if (task.returning) {
      this.#parkWhileReturning(task);
    } else if (task.blocked === 0 && (task.notified || (ready && task.progress() !== progressBefore))) {
      this.enqueue(task);
    } else if (task.blocked === 0 && ended && !task.endChecked) {
      task.endChecked = true;
      this.enqueue(task);
    } else {
      task.endChecked = false;
      task.state = IDLE;
    }
  }

  #parkWhileReturning(task: Task): void {
    if (++task.returnSlices <= MOST_RETURN_SLICES) this.enqueue(task);
    else this.#mainFailed(task, new Error('Expected finally blocks to come to an end after a stop'));
  }

  #sleep(task: Task, atUs: number): void {
    const token = ++task.token;
    task.state = WAITING;
    this.timers.add(atUs, task, () => {
      if (task.token !== token || task.state !== WAITING) return;
      task.resume = RESUME_VALUE;
      this.enqueue(task);
    });
  }

  #await(task: Task, promise: PromiseLike<unknown>): void {
    const token = ++task.token;
    this.setWaiting(task, true);
    const settle = (resume: number, value: unknown) => {
      if (task.token !== token || task.state !== WAITING) return;
      this.setWaiting(task, false);
      task.resume = resume;
      task.resumeValue = value;
      this.enqueue(task);
    };
    // Of a thenable that throws, or tells more than once, it makes what `await` does.
    Promise.resolve(promise).then(
      (value) => settle(RESUME_VALUE, value),
      (error: unknown) => settle(RESUME_THROW, error),
    );
  }

  /** @internal Moves a task in or out of WAITING, counted as outside work. */
  setWaiting(task: Task, waiting: boolean): void {
    task.state = waiting ? WAITING : IDLE;
    if (task.countedOutside === waiting) return;
    task.countedOutside = waiting;
    this.countOutside(waiting ? 1 : -1);
  }

  /** A waiting generator is being stopped: what it waited for is of no interest any more. */
  #endWait(task: Task): void {
    // An async main outside any slice cannot be interrupted; its next call into the runtime is refused.
    if (task.gen === undefined) return;
    if (task.returning) return;
    task.token++;
    task.resume = RESUME_PLAIN;
    this.setWaiting(task, false);
  }

  // ---- ending ----

  #beginStop(task: Task): void {
    task.returning = true;
    (task.component as { [UNBEGUN]?(): void })[UNBEGUN]?.();
    for (const child of task.children) if (child.late) this.requestStop(child);
    if (task.gen !== undefined) {
      this.#returnGenerator(task, task.gen);
    } else if (!task.started || task.mainEnded) {
      this.#mainEnded(task);
    } else {
      const waiters = task.waiters ?? [];
      task.waiters = undefined;
      for (const waiter of waiters) waiter.reject(new CancelledError(task.path()));
      this.setWaiting(task, true);
    }
  }

  #returnGenerator(task: Task, gen: NonNullable<Task['gen']>): void {
    let result: IteratorResult<unknown, void>;
    try {
      result = gen.return();
    } catch (error) {
      this.#mainFailed(task, error);
      return;
    }
    if (result.done === true) this.#mainEnded(task);
    else this.#yielded(task, result.value, task.progress());
  }

  #asyncMainSettled(task: Task, failed: boolean, error: unknown): void {
    if (task.state === WAITING) this.setWaiting(task, false);
    if (failed && !isCancellation(task, error)) this.#mainFailed(task, error);
    else this.#mainEnded(task);
  }

  #mainFailed(task: Task, error: unknown): void {
    task.graph?.fail(task, error);
    this.#mainEnded(task);
  }

  #mainEnded(task: Task): void {
    task.mainEnded = true;
    if (task.liveChildren > 0) closeBoxesOfMain(task);
    if (task.state !== QUEUED) task.state = IDLE;
    this.#maybeFinish(task);
  }

  #maybeFinish(task: Task): void {
    if (!task.mainEnded || task.liveChildren > 0 || task.state === DONE) return;
    // A chassis may still be in the run queue from its activation; its last slice then finds it ended.
    task.state = DONE;
    try {
      task.onEnd?.();
    } catch (error) {
      task.graph?.fail(task, error);
    }
    if (task.holds > 0) {
      this.countOutside(-1);
      task.holds = 0;
    }
    if (task.timers > 0) this.timers.forget(task);
    if (task.onStuck !== undefined) this.starving.forget(task);
    this.stops.forget(task);
    for (const outbox of task.outs) endOutbox(outbox);
    for (const inbox of task.ins) closeInbox(inbox);
    const { graph, parent } = task;
    if (graph !== undefined && graph.root === task) {
      this.graphs.delete(graph);
      graph.finish();
      return;
    }
    if (task.deferred !== undefined) {
      if (task.failed) task.deferred.reject(task.error);
      else task.deferred.resolve();
    }
    graph?.ended(task);
    if (parent === undefined) return;
    parent.liveChildren--;
    if (parent.mainEnded) this.#maybeFinish(parent);
    else this.notify(parent);
  }

  // ---- at rest ----

  // Nothing is runnable. If components wait for each other in a ring that nothing outside can open, its smallest full
  // inbox is doubled; those that starve for what nobody will give back are told; those are stopped that were told to end and
  // cannot come to it. True when something became runnable.
  #relieve(): boolean {
    const deadlock = this.#full.length > 0 ? findDeadlock(this.#full) : undefined;
    if (deadlock !== undefined) {
      if (relieve(deadlock, this.#maxCapacity)) this.reliefs++;
      return true;
    }
    return this.starving.relieve() || (this.stops.any && this.stops.relieve());
  }
}
