// SPDX-License-Identifier: Apache-2.0
import { DONE, NEW, type Task } from './task.js';

/**
 * The way into a component for the world outside the graph: sockets, files, native threads, pages.
 * Made by `this.external()`; for use on the JavaScript thread only.
 */
export class External {
  readonly #task: Task;
  #holds = 0;

  /** @internal Made by `this.external()`. */
  constructor(task: Task) {
    this.#task = task;
    task.externals++;
  }

  /**
   * Makes the component runnable, once however often it is called before its next slice. May be called at any time;
   * after the component's end it does nothing. A component blocked by a full outbox runs when that has room again.
   */
  wake(): void {
    const task = this.#task;
    if (task.state === DONE) return;
    if (task.onStuck !== undefined) task.scheduler.starving.forget(task);
    if (task.state === NEW) task.notified = true;
    else task.scheduler.notify(task);
  }

  /**
   * Says that work outside is outstanding whose end will be a `wake()`. Until as many `release()`s the component
   * counts as waiting: the process stays alive, virtual time stands still, and no deadlock is assumed.
   */
  hold(): void {
    const task = this.#task;
    if (task.state === DONE) return;
    this.#holds++;
    if (task.holds++ === 0 && task.state !== NEW) task.scheduler.countOutside(1);
  }

  /** Takes one {@link hold} back. One too many is a RangeError. */
  release(): void {
    const task = this.#task;
    if (task.state === DONE) return;
    if (this.#holds === 0) throw new RangeError(`${task.path()}: Expected a hold() before release() but received none`);
    this.#holds--;
    if (--task.holds === 0 && task.state !== NEW) task.scheduler.countOutside(-1);
  }

  /**
   * Says that the component cannot go on until those downstream of it give something back, such as picture memory;
   * a {@link wake} takes this back. `onStuck` is called, once, when that can no longer happen: nothing is runnable and
   * nobody downstream waits for time, a promise or held outside work, or has messages left to which the world outside
   * may bring it. It should make room (or throw, which fails the graph) and `wake()`.
   */
  starved(onStuck: () => void): void {
    const task = this.#task;
    if (task.state !== DONE && task.state !== NEW) task.scheduler.starving.add(task, onStuck);
  }
}
