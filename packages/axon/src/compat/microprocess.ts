// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/complexity/noThisInStatic: subclasses inherit these, and are asked themselves
import { Component, type RunOptions, TASK } from '../component.js';
import type { Steps } from '../steps.js';
import { DONE, NEW } from '../task.js';
import { coordinatingassistanttracker } from './coordinating-assistant-tracker.js';
import { tupleId } from './id-gen.js';
import { reactivate, shutdownMicroprocess } from './ipc.js';
import { scheduler } from './scheduler.js';
import { runningTask, ThreadOfControl } from './thread-of-control.js';

/** Options of a {@link microprocess}. */
export interface MicroprocessOptions {
  /** A generator to run instead of `main()`. */
  readonly thread?: Iterator<unknown, unknown, unknown>;
  /** What {@link microprocess._closeDownMicroprocess} gives. Default 0. */
  readonly closeDownValue?: unknown;
  /** Added to the name. */
  readonly tag?: string;
}

/** A class whose `run` is the scheduler that microprocesses use. */
export interface SchedulerClass {
  readonly run: scheduler;
}

/** @internal Key of a microprocess' thread of control. */
export const THREAD: unique symbol = Symbol('kamaelia.thread');

/**
 * A thread of control without boxes: the generator `main()` is stepped by a scheduler until it ends. A plain `yield`
 * leaves it runnable; `pause()` makes it sleep from its next `yield` until somebody calls `unpause()`.
 *
 * @example
 * import { microprocess } from '@kamaelia/axon/compat';
 *
 * class Countdown extends microprocess {
 *   *main() {
 *     for (let n = 3; n > 0; n--) {
 *       console.log(n);
 *       yield 1;
 *     }
 *   }
 * }
 * await new Countdown().run();
 *
 * @base
 */
export class microprocess extends Component {
  static #schedulerClasses = new WeakMap<object, SchedulerClass>();
  static #trackerClasses = new WeakMap<object, typeof coordinatingassistanttracker>();

  /** A number that nothing else made by this vocabulary has. */
  readonly id: number;
  /** True. */
  readonly init: boolean = true;
  readonly closeDownValue: unknown;
  tracker: coordinatingassistanttracker;
  /** @internal */
  readonly [THREAD]: ThreadOfControl;
  #mainmethod = 'main';
  #stopped = false;
  #toldStopped = false;

  constructor({ thread, closeDownValue = 0, tag = '' }: MicroprocessOptions = {}) {
    super();
    const [id, name] = tupleId(this);
    this.id = id;
    this.name = name + tag;
    this.closeDownValue = closeDownValue;
    this.tracker = new.target.trackerClass.getcat();
    const task = this[TASK];
    this[THREAD] = new ThreadOfControl(
      task,
      {
        begin: () => thread ?? this.#generator(),
        beforeSlice: () => this._beforeSlice(),
        parks: () => this._parks(),
        activates: (component) => {
          component.activate(component instanceof microprocess ? {} : { scheduler: task.scheduler });
        },
        ended: () => this.#closeDown(),
      },
      this._spins(),
    );
    task.gen = this[THREAD];
  }

  // ---- classes ----

  /** The class whose `run` schedules microprocesses of this class and its subclasses. Default {@link scheduler}. */
  static get schedulerClass(): SchedulerClass {
    return inherited(microprocess.#schedulerClasses, this) ?? scheduler;
  }

  static setSchedulerClass(newSchedulerClass: SchedulerClass): void {
    microprocess.#schedulerClasses.set(this, newSchedulerClass);
  }

  /** The class whose `getcat()` is the tracker of microprocesses of this class and its subclasses. */
  static get trackerClass(): typeof coordinatingassistanttracker {
    return inherited(microprocess.#trackerClasses, this) ?? coordinatingassistanttracker;
  }

  static setTrackerClass(newTrackerClass: typeof coordinatingassistanttracker): void {
    microprocess.#trackerClasses.set(this, newTrackerClass);
  }

  // ---- the body ----

  /** The body, written by the subclass. */
  override main(): Steps {
    return stub();
  }

  #generator(): Iterator<unknown, unknown, unknown> {
    const body = (this as unknown as Record<string, unknown>)[this.#mainmethod];
    const made: unknown = typeof body === 'function' ? body.call(this) : undefined;
    if (typeof (made as Partial<Steps> | undefined)?.next === 'function') return made as Steps;
    throw new TypeError(
      `${this.constructor.name}: Expected a generator from ${this.#mainmethod}() but received ${String(made)}`,
    );
  }

  /** @internal A plain `yield` leaves it runnable. */
  protected _spins(): boolean {
    return true;
  }

  /** @internal */
  protected _beforeSlice(): void {}

  /** @internal */
  protected _parks(): void {}

  // ---- its life ----

  /**
   * Gives it to a scheduler: the one named, else that of the class ({@link setSchedulerClass}), of whoever activates it,
   * or `scheduler.run`. One that a running component has as a child becomes part of it. Returns itself.
   *
   * `mainmethod` names the generator method to run instead of `main`. The options of `Component.activate()` are taken too.
   */
  override activate(
    Scheduler?: scheduler | RunOptions | undefined,
    Tracker?: coordinatingassistanttracker | undefined,
    mainmethod = 'main',
  ): this {
    if (Tracker !== undefined) this.tracker = Tracker;
    this.#mainmethod = mainmethod;
    if (Scheduler instanceof scheduler) Scheduler._addThread(this);
    else if (Scheduler?.scheduler !== undefined || Scheduler?.clock !== undefined) this._activate(Scheduler);
    else this.#schedulerOfClass()._addThread(this, Scheduler);
    return this;
  }

  #schedulerOfClass(): scheduler {
    const { schedulerClass } = this.constructor as typeof microprocess;
    const activator = this[TASK].keeper?.graph === undefined ? runningTask() : this[TASK].keeper;
    if (schedulerClass !== scheduler || activator === undefined) return schedulerClass.run;
    return scheduler.of(activator.scheduler);
  }

  /** @internal */
  _activate(options: RunOptions): void {
    super.activate(options);
  }

  /** Activates it and runs its scheduler until everything in it has ended. With options, `Component.run()`. */
  override run(options?: RunOptions): Promise<void> {
    if (options !== undefined) return super.run(options);
    this.activate();
    return (this.scheduler as scheduler).runThreads();
  }

  /** The scheduler that runs it; undefined before its activation and after its end. */
  get scheduler(): scheduler | undefined {
    const task = this[TASK];
    return task.state === NEW || this._isStopped() ? undefined : scheduler.of(task.scheduler);
  }

  /**
   * Asks that it sleep from its next `yield` on, until a message comes, one of its own is taken, a child ends, or
   * somebody calls `unpause()`. Does nothing before activation.
   */
  pause(): void {
    if (this[TASK].state !== NEW) this[THREAD].pause();
  }

  /** Wakes it. Does nothing before activation, or to one that has stopped or is awake. */
  unpause(): void {
    if (this[TASK].state !== NEW && !this.#stopped) this[THREAD].wake();
  }

  /** Ends it at its next step, asleep or not; its `finally` blocks run. There is no way back. */
  override stop(): void {
    this.#stopped = true;
    const task = this[TASK];
    if (this[THREAD].ended) return;
    if (task.state === NEW) task.stopRequested = true;
    else task.scheduler.requestStop(task);
  }

  /** True when it has run and ended, or was stopped. */
  _isStopped(): boolean {
    return this.#stopped || this[THREAD].ended;
  }

  /** True while it is awake in a scheduler. */
  _isRunnable(): boolean {
    const { state } = this[TASK];
    return state !== NEW && state !== DONE && !this._isStopped() && !this[THREAD].paused;
  }

  /** Steps it by hand, as a generator: for a program without a scheduler. One that was stopped yields once more. */
  next(): IteratorResult<unknown, void> {
    if (!this.#stopped || this[THREAD].ended) return this[THREAD].stepByHand();
    if (!this.#toldStopped) {
      this.#toldStopped = true;
      return { done: false, value: undefined };
    }
    return this[THREAD].return();
  }

  /**
   * Called once when it has ended. What it returns may be a `shutdownMicroprocess`, whose microprocesses are stopped, or
   * a `reactivate`, whose original is woken. Default {@link closeDownValue}.
   */
  _closeDownMicroprocess(): unknown {
    return this.closeDownValue;
  }

  #closeDown(): void {
    this.stop();
    const value = this._closeDownMicroprocess();
    if (value instanceof reactivate && value.original instanceof microprocess) {
      if (value.original[TASK].state === NEW) value.original.activate();
      else value.original.unpause();
    }
    if (!(value instanceof shutdownMicroprocess)) return;
    for (const other of value.microprocesses()) if (other instanceof Component) other.stop();
  }

  override toString(): string {
    return `${this.name} :${this.id} :${this.init} :${this.#stopped} :`;
  }
}

function* stub(): Steps {
  yield 1;
}

function inherited<T>(map: WeakMap<object, T>, from: object): T | undefined {
  for (let at: object | null = from; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = map.get(at);
    if (found !== undefined) return found;
  }
  return undefined;
}
