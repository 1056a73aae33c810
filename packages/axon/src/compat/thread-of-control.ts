// SPDX-License-Identifier: Apache-2.0
import type { Component } from '../component.js';
import { isThenable, SleepStep, Step, type Steps } from '../steps.js';
import { IDLE, NEW, RESUME_VALUE, type Task, WAITING } from '../task.js';
import { newComponent, WaitComplete } from './ipc.js';

/** What a {@link ThreadOfControl} runs for. */
export interface Runs {
  /** Makes the generator, when it is first stepped. */
  begin(): Iterator<unknown, unknown, unknown>;
  /** Before each slice. */
  beforeSlice(): void;
  /** It yielded, took and sent nothing in that slice, and was not told to pause. */
  parks(): void;
  /** Asked for by a `newComponent` that was yielded. */
  activates(component: Component): void;
  /** Once, when the generator has ended, whatever the reason. */
  ended(): void;
}

const PARK: IteratorResult<unknown, void> = { done: false, value: undefined };
const GO_ON: IteratorResult<unknown, void> = { done: false, value: Step.again };
const END: IteratorResult<unknown, void> = { done: true, value: undefined };

let running: Task | undefined;

/** The task of the microprocess that is in its slice. */
export function runningTask(): Task | undefined {
  return running;
}

/**
 * The generator of a microprocess as the scheduler sees it: turns what the old vocabulary yields, and its `pause`,
 * into what the scheduler knows.
 */
export class ThreadOfControl implements Steps {
  readonly #task: Task;
  readonly #runs: Runs;
  /** A plain `yield` leaves it runnable. */
  readonly #spins: boolean;
  /** The generator, and above it those it waits for. */
  readonly #stack: Iterator<unknown, unknown, unknown>[] = [];
  #begun = false;
  #ended = false;
  /** It was told to pause, and not woken since. */
  #asleep = false;
  /** It waits for a promise or for time, which `pause` does not change. */
  #awaits = false;
  /** The scheduler may enter it although nothing has changed. */
  #requeued = true;
  /** Messages that had come to its inboxes when the slice began. */
  #seen = 0;
  /** Its next plain `yield` leaves it runnable, as the very first does. */
  #goesOn = true;
  #unwinding = false;

  constructor(task: Task, runs: Runs, spins: boolean) {
    this.#task = task;
    this.#runs = runs;
    this.#spins = spins;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** It will not be stepped until something wakes it. */
  get paused(): boolean {
    const { state } = this.#task;
    return state === IDLE || state === WAITING || (this.#asleep && !this.#isWoken());
  }

  pause(): void {
    this.#asleep = true;
  }

  wake(): void {
    const task = this.#task;
    this.#asleep = false;
    if (!this.#ended && task.state !== NEW) task.scheduler.notify(task);
  }

  /** The next plain `yield` leaves it runnable. */
  goOn(): void {
    this.#goesOn = true;
  }

  /** One step of the generator itself, for a program that is its own scheduler. */
  stepByHand(): IteratorResult<unknown, void> {
    if (this.#ended) return END;
    this.#begin();
    const result = this.#enter('next', undefined);
    return result.done === true ? this.#end() : { done: false, value: result.value };
  }

  // ---- for the scheduler ----

  next(value?: unknown): IteratorResult<unknown, void> {
    const task = this.#task;
    if (this.#unwinding) return this.#unwind(value);
    if (!this.#awaits) {
      this.#runs.beforeSlice();
      if (this.#asleep && !this.#isWoken()) return this.#park(task.progress());
      this.#asleep = false;
      task.notified = false;
      this.#seen = arrivals(task);
    }
    this.#begin();
    return this.#slice('next', value);
  }

  throw(error: unknown): IteratorResult<unknown, void> {
    return this.#slice('throw', error);
  }

  return(): IteratorResult<unknown, void> {
    this.#unwinding = true;
    return this.#unwind(undefined, true);
  }

  [Symbol.iterator](): Steps {
    return this;
  }

  [Symbol.dispose](): void {
    this.return();
  }

  get [Symbol.toStringTag](): string {
    return 'ThreadOfControl';
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#stack.push(this.#runs.begin());
  }

  #slice(how: 'next' | 'throw', value: unknown): IteratorResult<unknown, void> {
    this.#requeued = true;
    this.#awaits = false;
    const before = this.#task.progress();
    const result = this.#enter(how, value);
    return result.done === true ? this.#end() : this.#yielded(result.value, before);
  }

  #yielded(value: unknown, before: number): IteratorResult<unknown, void> {
    const task = this.#task;
    // Entered with a value, which is undefined, the scheduler leaves `notified` to this class.
    task.resume = RESUME_VALUE;
    if (value instanceof WaitComplete) {
      this.#stack.push(value.args[0]);
      return GO_ON;
    }
    if (value instanceof SleepStep || isThenable(value)) {
      this.#awaits = true;
      return { done: false, value };
    }
    if (value instanceof newComponent) for (const component of value.components()) this.#runs.activates(component);
    const goesOn = this.#goesOn || value === Step.again || this.#spins;
    this.#goesOn = false;
    return goesOn && !this.#asleep && task.blocked === 0 ? GO_ON : this.#park(before);
  }

  #park(before: number): IteratorResult<unknown, void> {
    const task = this.#task;
    const changed = task.progress() !== before;
    task.resume = RESUME_VALUE;
    // After progress the scheduler looks again, which is no reason for one that pauses to go on.
    this.#requeued = task.blocked === 0 && !task.notified && changed;
    if (!this.#asleep && !changed && !task.notified && task.blocked === 0) this.#runs.parks();
    return PARK;
  }

  #isWoken(): boolean {
    const task = this.#task;
    return !(this.#requeued || task.endChecked) || task.notified || arrivals(task) !== this.#seen;
  }

  /** Steps the topmost generator; when it has ended, the one that waits for it. */
  #enter(how: 'next' | 'throw', value: unknown): IteratorResult<unknown, unknown> {
    const before = running;
    running = this.#task;
    try {
      return this.#enterTop(how, value);
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      running = before;
    }
  }

  #enterTop(how: 'next' | 'throw', value: unknown): IteratorResult<unknown, unknown> {
    let action = how;
    let passed = value;
    for (;;) {
      const top = this.#stack[this.#stack.length - 1];
      if (top === undefined) {
        if (action === 'throw') throw passed;
        return END;
      }
      try {
        if (action === 'throw' && top.throw === undefined) throw passed;
        const result = action === 'throw' ? top.throw?.(passed) : top.next(passed);
        if (result !== undefined && result.done !== true) return result;
        action = 'next';
        passed = result?.value;
      } catch (error) {
        action = 'throw';
        passed = error;
      }
      this.#stack.pop();
    }
  }

  /** The generators return, the topmost first; each may yield in its `finally` blocks. */
  #unwind(value: unknown, returns = false): IteratorResult<unknown, void> {
    let entersAgain = !returns;
    let failure: { readonly error: unknown } | undefined;
    for (let top = this.#stack.at(-1); top !== undefined; top = this.#stack.at(-1)) {
      try {
        const result = entersAgain ? top.next(value) : top.return?.(undefined);
        if (result !== undefined && result.done !== true) {
          const { value: step } = result;
          return step instanceof SleepStep || isThenable(step) ? { done: false, value: step } : PARK;
        }
      } catch (error) {
        failure ??= { error };
      }
      this.#stack.pop();
      entersAgain = false;
    }
    this.#end();
    if (failure !== undefined) throw failure.error;
    return END;
  }

  #end(): IteratorResult<unknown, void> {
    if (!this.#ended) {
      this.#ended = true;
      this.#stack.length = 0;
      this.#runs.ended();
    }
    return END;
  }
}

/** Messages that have ever come to the inboxes of a task. */
function arrivals(task: Task): number {
  let sum = 0;
  for (const inbox of task.ins) sum += inbox.taken + inbox.count;
  return sum;
}
