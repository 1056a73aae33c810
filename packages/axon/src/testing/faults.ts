// SPDX-License-Identifier: Apache-2.0
import { isGenerator } from '../async-main.js';
import { Component, type RunOptions, TASK } from '../component.js';
import { ComponentError } from '../errors.js';
import { deferredOf, type Graph } from '../graph.js';
import { Scheduler } from '../scheduler.js';
import type { Steps } from '../steps.js';
import { DONE, type Task } from '../task.js';
import { virtualClock } from './drive.js';
import { TestHandles } from './handles.js';
import { checkInvariants } from './invariants.js';
import { seededOrder } from './order.js';

/**
 * What happens at a yield: it throws; the graph is stopped, aborted, or first the one and then the other; or that happens
 * to the component alone (`'stop-part'`, `'abort-part'`).
 */
export type Fault = 'throw' | 'stop' | 'abort' | 'stop-abort' | 'stop-part' | 'abort-part';

/** What a graph under {@link injectFaults} is made with. */
export interface FaultBench {
  /** Other graphs that belong to the case are activated on it; they are stopped when the one under test has ended. */
  readonly scheduler: Scheduler;
  /** Makes messages that have to be disposed of exactly once. */
  readonly handles: TestHandles;
}

/** Options of {@link injectFaults}. */
export interface FaultOptions {
  /** Default: all of them. */
  readonly faults?: readonly Fault[];
  /** Seed of the order in which components run. Default: first come, first served. */
  readonly seed?: number;
  /** How the graph is run, where `component.run(options)` is not what is tested. */
  readonly run?: (component: Component, options: RunOptions) => Promise<unknown>;
  /** Slices after which a run counts as endless. Default 20000. */
  readonly maxSlices?: number;
}

/** What {@link injectFaults} has done. */
export interface FaultReport {
  /** Runs of the graph. */
  readonly runs: number;
  /**
   * Runs that came to the place of their fault. Components that wait for promises of the world outside need not have the
   * same number of slices in each run.
   */
  readonly injected: number;
  /** Yields of each component in the run without a fault, by path; the one before the first yield not counted. */
  readonly yields: Readonly<Record<string, number>>;
}

/**
 * Runs a graph again and again, with one fault each time: at the beginning and at every `yield` (in an `async main()`,
 * at every `next()`, `room()`, `delay()` and `change()`) of every component. Checks after each slice that the runtime's
 * state is consistent, and after each run that it settled, with the right error and path; that every component ended;
 * and that every handle was disposed of exactly once. Throws an Error that names the place of the first wrong run.
 *
 * Time is virtual. `make` has to make the same graph each time.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { injectFaults } from '@kamaelia/axon/testing';
 *
 * const { runs } = await injectFaults(({ handles }) => {
 *   const source = Array.from({ length: 3 }, (_, n) => n);
 *   return Pipeline(source, (n) => handles.make(n), (handle) => handle[Symbol.dispose]());
 * });
 * console.log(runs > 20);
 */
export async function injectFaults(
  make: (bench: FaultBench) => Component,
  options: FaultOptions = {},
): Promise<FaultReport> {
  const faults = options.faults ?? ['throw', 'stop', 'abort', 'stop-abort', 'stop-part', 'abort-part'];
  const plain = new FaultRun(make, options, undefined);
  await plain.go();
  let runs = 1;
  let injected = 0;
  for (const [path, yields] of plain.yields) {
    for (let at = 0; at <= yields; at++) {
      for (const fault of faults) {
        const run = new FaultRun(make, options, { fault, path, at });
        await run.go();
        runs++;
        if (run.reached) injected++;
      }
    }
  }
  return { runs, injected, yields: Object.fromEntries(plain.yields) };
}

interface Place {
  readonly fault: Fault;
  readonly path: string;
  readonly at: number;
}

/** One run of the graph. */
class FaultRun {
  /** Yields so far, by path. */
  readonly yields = new Map<string, number>();
  readonly #place: Place | undefined;
  readonly #options: FaultOptions;
  readonly #clock = virtualClock();
  readonly #scheduler: Scheduler;
  readonly #handles = new TestHandles();
  readonly #tasks = new Set<Task>();
  readonly #graphs = new Map<Graph, { error: unknown; settled: boolean }>();
  readonly #make: (bench: FaultBench) => Component;
  readonly #injected = new Error('injected fault');
  #faulty: Task | undefined;
  /** The injected error has left the component. */
  #escaped = false;
  #problem: unknown;
  #slices = 0;

  constructor(make: (bench: FaultBench) => Component, options: FaultOptions, place: Place | undefined) {
    this.#make = make;
    this.#options = options;
    this.#place = place;
    const order = options.seed === undefined ? () => 0 : seededOrder(options.seed);
    this.#scheduler = new Scheduler({
      clock: this.#clock,
      budgetMs: Number.POSITIVE_INFINITY,
      pick: (n) => {
        this.#findNew();
        return order(n);
      },
      onSlice: () => this.#afterSlice(),
    });
  }

  get reached(): boolean {
    return this.#faulty !== undefined;
  }

  async go(): Promise<void> {
    const { run = (component: Component, options: RunOptions) => component.run(options) } = this.#options;
    const component = this.#make({ scheduler: this.#scheduler, handles: this.#handles });
    let over = false;
    const atEnd = () => {
      over = true;
    };
    run(component, { scheduler: this.#scheduler, onLog: () => {} }).then(atEnd, atEnd);
    const finish = async (ended: () => boolean) => {
      await this.#clock.settle();
      while (!ended() && (await this.#clock.advanceToNextAlarm()));
    };
    await finish(() => over);
    if (!over) this.#found(new Error(`run() has not settled; ${this.#unfinished()}`));
    for (const graph of [...this.#scheduler.graphs]) graph.root.component.stop();
    await finish(() => this.#scheduler.graphs.size === 0);
    this.#check(component);
  }

  /** Components come into being while the graph runs, too. */
  #findNew(): void {
    for (const graph of this.#scheduler.graphs) {
      if (!this.#graphs.has(graph)) {
        const outcome = { error: undefined as unknown, settled: false };
        this.#graphs.set(graph, outcome);
        deferredOf(graph.root).promise.then(
          () => {
            outcome.settled = true;
          },
          (error: unknown) => {
            outcome.settled = true;
            outcome.error = error;
          },
        );
      }
      for (const task of graph.tasks) {
        if (this.#tasks.has(task)) continue;
        this.#tasks.add(task);
        this.#watch(task);
      }
    }
  }

  #watch(task: Task): void {
    const { component } = task;
    const { main } = component;
    if (main === Component.prototype.main || task.started) return;
    this.yields.set(task.path(), 0);
    component.main = () => {
      try {
        this.#inject(task, 0);
      } catch (error) {
        this.#left(error);
      }
      const made: unknown = main.call(component);
      if (isGenerator(made)) return this.#steps(task, made);
      return Promise.resolve(made as Promise<void>).catch((error: unknown) => this.#left(error));
    };
    for (const inbox of task.ins) this.#watchAwaited(task, inbox, 'next');
    for (const outbox of task.outs) this.#watchAwaited(task, outbox, 'room');
    this.#watchAwaited(task, component, 'delay');
    this.#watchAwaited(task, component, 'change');
  }

  /** Calls of an `async main()` into the runtime are what the yields of a generator are. */
  #watchAwaited(task: Task, owner: object, method: string): void {
    const methods = owner as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const original = methods[method] as (...args: unknown[]) => Promise<unknown>;
    methods[method] = (...args) => {
      try {
        this.#yielded(task);
      } catch (error) {
        return Promise.reject(error);
      }
      return original.apply(owner, args);
    };
  }

  #steps(task: Task, inner: Steps): Steps {
    const enter = (step: () => IteratorResult<unknown, void>): IteratorResult<unknown, void> => {
      try {
        const result = step();
        if (result.done === true) return result;
        try {
          this.#yielded(task);
        } catch (error) {
          return inner.throw(error);
        }
        return result;
      } catch (error) {
        return this.#left(error);
      }
    };
    const steps = {
      next: (value?: unknown) => enter(() => inner.next(value)),
      return: () => enter(() => inner.return()),
      throw: (error: unknown) => enter(() => inner.throw(error)),
      [Symbol.iterator]: () => steps,
    };
    return steps as unknown as Steps;
  }

  /** An error leaves a component. */
  #left(error: unknown): never {
    if (error === this.#injected) this.#escaped = true;
    throw error;
  }

  #yielded(task: Task): void {
    const path = task.path();
    const count = (this.yields.get(path) ?? 0) + 1;
    this.yields.set(path, count);
    this.#inject(task, count);
  }

  #inject(task: Task, at: number): void {
    const place = this.#place;
    if (place === undefined || this.#faulty !== undefined || at !== place.at || task.path() !== place.path) return;
    this.#faulty = task;
    const root = task.graph?.root.component ?? task.component;
    if (place.fault === 'throw') throw this.#injected;
    if (place.fault === 'stop' || place.fault === 'stop-abort') root.stop();
    if (place.fault === 'stop') return;
    if (place.fault === 'abort' || place.fault === 'stop-abort') root.abort(this.#injected);
    else if (place.fault === 'stop-part') task.component.stop();
    else task.component.abort(this.#injected);
  }

  #afterSlice(): void {
    if (++this.#slices === (this.#options.maxSlices ?? 20_000)) {
      this.#found(new Error(`has not ended after ${this.#slices} slices; ${this.#unfinished()}`));
      this.#scheduler.abortAll(this.#problem);
    }
    if (this.#problem !== undefined) return;
    try {
      checkInvariants(this.#scheduler);
    } catch (error) {
      this.#found(error);
    }
  }

  #found(problem: unknown): void {
    this.#problem ??= problem;
  }

  #unfinished(): string {
    const left = [...this.#tasks].filter((task) => task.state !== DONE);
    return `not ended: ${left.map((task) => task.path()).join(', ')}`;
  }

  #check(component: Component): void {
    try {
      if (this.#problem !== undefined) throw this.#problem;
      if (component[TASK].state !== DONE || [...this.#tasks].some((task) => task.state !== DONE)) {
        throw new Error(this.#unfinished());
      }
      for (const task of this.#tasks) {
        const kept = task.ins.find((inbox) => inbox.count > 0 || inbox.fullIndex >= 0);
        if (kept !== undefined) throw new Error(`${kept.path()} has ended with ${kept.count} messages`);
      }
      this.#checkErrors();
      this.#handles.check();
    } catch (error) {
      const where = this.#where();
      throw new Error(`injectFaults: ${where}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error instanceof ComponentError ? error.cause : error,
      });
    }
  }

  #where(): string {
    if (this.#place === undefined) return 'without a fault';
    const { fault, path, at } = this.#place;
    const seed = this.#options.seed === undefined ? '' : `, seed ${this.#options.seed}`;
    return `${fault} at ${at === 0 ? 'the beginning' : `yield ${at}`} of ${path}${seed}`;
  }

  #checkErrors(): void {
    const place = this.#place;
    for (const { error, settled } of this.#graphs.values()) {
      if (!settled) throw new Error('done of a graph has not settled');
      if (place === undefined && error !== undefined) throw error;
    }
    const task = this.#faulty;
    if (place === undefined || task === undefined) return;
    const graph = task.graph as Graph;
    const error = this.#graphs.get(graph)?.error;
    if (place.fault === 'abort' || place.fault === 'stop-abort') {
      if (error !== this.#injected) throw new Error(`Expected the reason of abort() but received ${String(error)}`);
    } else if (place.fault === 'throw') {
      const isRight = error instanceof ComponentError && error.path === place.path && error.cause === this.#injected;
      const answered = error === undefined && (!this.#escaped || isSupervised(task));
      if (!isRight && !answered) throw new Error(`Expected its ComponentError but received ${String(error)}`);
    } else if (place.fault === 'stop' && error !== undefined) {
      throw new Error(`Expected no error of stop() but received ${String(error)}`);
    }
  }
}

function isSupervised(task: Task): boolean {
  for (let above = task.parent; above !== undefined; above = above.parent) {
    if (above.onFailure !== undefined) return true;
  }
  return false;
}
