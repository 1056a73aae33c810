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
}
