// SPDX-License-Identifier: Apache-2.0
import { type Component, type RunOptions, TASK } from '../component.js';
import { schedulerFor } from '../default-scheduler.js';
import type { ComponentError } from '../errors.js';
import { deferredOf, type Graph } from '../graph.js';
import { Scheduler, type SchedulerOptions } from '../scheduler.js';
import { type Duration, type Steps, toMicroseconds } from '../steps.js';
import { DONE, NEW, QUEUED, type Task } from '../task.js';
import { tupleId } from './id-gen.js';
import { microprocess, THREAD } from './microprocess.js';

/** Options of `main()` and `runThreads()`. */
export interface RunThreadsOptions {
  /** Time to let pass before each pass through the microprocesses. Default none. */
  readonly slowmo?: Duration;
}

/**
 * The scheduler as microprocesses know it. It runs by itself, beside whatever else the program does; `runThreads()`
 * says when everything has ended. `scheduler.run` is the one that is used where none is named.
 *
 * @example
 * import { component, scheduler } from '@kamaelia/axon/compat';
 *
 * class Hello extends component {
 *   *main() {
 *     yield 1;
 *     console.log('hello');
 *   }
 * }
 * new Hello().activate();
 * await scheduler.run.runThreads();
 */
export class scheduler {
  static #run: scheduler | undefined;
  static readonly #known = new WeakMap<Scheduler, scheduler>();

  readonly id: number;
  readonly name: string;
  readonly #core: Scheduler;
  readonly #watched = new Set<Graph>();
  #immortal = false;
  #waitsForOne = false;
  #stopRequested = false;
  /** Calls of `runThreads` and `main` under way, which a failure is told to. */
  #runs = 0;
  #failure: ComponentError | undefined;
  #onEnd: (() => void)[] = [];
  #onWork: (() => void) | undefined;

  /** A scheduler of its own, beside the default one. */
  constructor(options: SchedulerOptions | Scheduler = {}) {
    [this.id, this.name] = tupleId(this);
    this.#core = options instanceof Scheduler ? options : new Scheduler(options);
    scheduler.#known.set(this.#core, this);
  }

  /** The default scheduler, which is also that of `Component.activate()`. May be replaced before anything is activated. */
  static get run(): scheduler {
    scheduler.#run ??= scheduler.of(schedulerFor(undefined));
    return scheduler.#run;
  }

  static set run(replacement: scheduler) {
    scheduler.#run = replacement;
  }

  /** The one for a scheduler of the runtime. */
  static of(core: Scheduler): scheduler {
    return scheduler.#known.get(core) ?? new scheduler(core);
  }

  /** The default scheduler outlives components that fail: only they end, and the error is logged. */
  static immortalise(): void {
    scheduler.run.#immortal = true;
  }

  /** Takes {@link immortalise} back. */
  static mortalise(): void {
    scheduler.run.#immortal = false;
  }

  /** Seconds of its clock. */
  get time(): number {
    return this.#core.clock.now() / 1e6;
  }

  // ---- microprocesses ----

  /** @internal What `activate()` does. */
  _addThread(process: Component, options: RunOptions = {}): void {
    const all: RunOptions = { ...options, scheduler: this.#core };
    if (process instanceof microprocess) process._activate(all);
    else process.activate(all);
    this.#waitsForOne = false;
    const { graph } = process[TASK];
    if (graph !== undefined) this.#watch(graph);
  }

  /** Puts one to sleep from its next step on; does nothing to one that sleeps, or is not of this scheduler. */
  pauseThread(process: microprocess): void {
    if (this.#knows(process)) process.pause();
  }

  /** Wakes one; does nothing to one that is awake, or is not of this scheduler. */
  wakeThread(process: microprocess): void {
    if (this.#knows(process)) process.unpause();
  }

  /** True for one that sleeps, and for one that is not of this scheduler. */
  isThreadPaused(process: microprocess): boolean {
    return !this.#knows(process) || process[THREAD].paused;
  }

  /** Everything that was activated here and has not ended, awake or asleep. */
  listAllThreads(): Component[] {
    return this.#tasks().map((task) => task.component);
  }

  #knows(process: microprocess): boolean {
    const task = process[TASK];
    return task.state !== NEW && task.state !== DONE && task.scheduler === this.#core && !process._isStopped();
  }

  #tasks(): Task[] {
    return [...this.#core.graphs].flatMap((graph) => [...graph.tasks]).filter((task) => task.state !== DONE);
  }

  // ---- running ----

  /** The next `runThreads()` or `main()` does not end before a first microprocess was activated. */
  waitForOne(): void {
    this.#waitsForOne = true;
  }

  /**
   * Resolves when everything has ended. When a component fails, everything else is stopped and this rejects, unless the
   * scheduler is immortal.
   */
  async runThreads({ slowmo }: RunThreadsOptions = {}): Promise<void> {
    this.#begin();
    try {
      if (slowmo !== undefined) await this.#runSlowly(toMicroseconds(slowmo, 'runThreads'));
      else while (this.#goesOn()) await new Promise<void>((resolve) => this.#onEnd.push(resolve));
    } finally {
      this.#runs--;
    }
    this.#throwFailure();
  }

  /** Stops every microprocess after the present pass; `runThreads()` then resolves. */
  stop(): void {
    this.#stopRequested = true;
    if (this.#onWork === undefined) this.#stopAll();
  }

  /** Runs inside another scheduler: as a microprocess of that one, which ends when everything here has ended. */
  activate(outer?: scheduler): this {
    const inner = this;
    function* nested(): Steps {
      yield inner.runThreads();
    }
    new microprocess({ thread: nested(), tag: `.${this.name}` }).activate(outer);
    return this;
  }

  /**
   * The main loop, for a program that steps it itself: yields after each step of a microprocess, and once more after each
   * pass through them. It never blocks, and ends when nothing is left. Until then nothing runs but by it.
   */
  *main({ slowmo }: RunThreadsOptions = {}): Steps {
    const pauseUs = slowmo === undefined ? 0 : toMicroseconds(slowmo, 'main');
    const { clock } = this.#core;
    this.#begin();
    this.#takeOver(() => {});
    try {
      while (this.#goesOn()) {
        const beganUs = clock.now();
        while (clock.now() < beganUs + pauseUs) yield 1;
        for (let left = this.#runnable(); left > 0 && this.#core.step(); left--) {
          this.#throwFailure();
          yield 1;
        }
        if (this.#stopRequested) this.#stopAll();
        yield 1;
      }
      this.#throwFailure();
    } finally {
      this.#letGo();
      this.#runs--;
    }
  }

  #begin(): void {
    this.#runs++;
    this.#failure = undefined;
    for (const graph of this.#core.graphs) this.#watch(graph);
  }

  #goesOn(): boolean {
    return this.#core.graphs.size > 0 || this.#waitsForOne;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure !== undefined) throw failure;
  }

  async #runSlowly(pauseUs: number): Promise<void> {
    const { clock } = this.#core;
    let tell = () => {};
    this.#takeOver(() => tell());
    try {
      while (this.#goesOn()) {
        await new Promise<void>((resolve) => clock.alarm(clock.now() + pauseUs, resolve));
        for (let left = this.#runnable(); left > 0 && this.#core.step(); left--);
        if (this.#stopRequested) this.#stopAll();
        // Nothing to look at before there is something to do, or nothing is left.
        if (this.#goesOn() && this.#runnable() === 0) {
          await new Promise<void>((resolve) => {
            tell = resolve;
            this.#onEnd.push(resolve);
          });
        }
      }
    } finally {
      this.#letGo();
    }
  }

  #takeOver(onWork: () => void): void {
    if (this.#onWork !== undefined) throw new Error(`${this.name}: Expected one main loop but a second was begun`);
    this.#onWork = onWork;
    this.#core.drive(onWork);
  }

  #letGo(): void {
    this.#onWork = undefined;
    this.#core.drive(undefined);
  }

  /** Those in the queue, with whom a pass begins. */
  #runnable(): number {
    return this.#tasks().filter((task) => task.state === QUEUED).length;
  }

  #stopAll(): void {
    this.#stopRequested = false;
    this.#waitsForOne = false;
    for (const task of this.#tasks().reverse()) {
      if (task.component instanceof microprocess) task.component.stop();
      else this.#core.requestStop(task);
    }
    if (!this.#goesOn()) this.#tellEnd();
  }

  // ---- the end of graphs ----

  #watch(graph: Graph): void {
    if (this.#watched.has(graph)) return;
    this.#watched.add(graph);
    const { release } = graph;
    graph.release = () => {
      release?.();
      this.#hasEnded(graph);
    };
  }

  #hasEnded(graph: Graph): void {
    this.#watched.delete(graph);
    // Also those that were activated without this vocabulary.
    for (const other of this.#core.graphs) this.#watch(other);
    const { failure } = graph;
    if (failure !== undefined && this.#runs > 0 && !this.#immortal) {
      // Told by runThreads(), so it need not be logged.
      deferredOf(graph.root).promise.catch(() => {});
      this.#failure ??= failure;
      this.#waitsForOne = false;
      this.#core.abortAll(failure);
    }
    if (!this.#goesOn()) this.#tellEnd();
  }

  #tellEnd(): void {
    const told = this.#onEnd;
    this.#onEnd = [];
    for (const tell of told) tell();
  }
}
