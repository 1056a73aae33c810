// SPDX-License-Identifier: Apache-2.0
import type { Task } from './task.js';

/** Runnable tasks, first come first served; linked through the tasks themselves, so nothing is allocated. */
export class RunQueue {
  head: Task | undefined = undefined;
  tail: Task | undefined = undefined;
  readonly #pick: ((n: number) => number) | undefined;

  /** `pick` chooses the next of `n` tasks; without it the longest waiting is next. */
  constructor(pick: ((n: number) => number) | undefined) {
    this.#pick = pick;
  }

  push(task: Task): void {
    task.next = undefined;
    if (this.tail === undefined) this.head = task;
    else this.tail.next = task;
    this.tail = task;
  }

  /** Takes a task from a queue that is not empty. */
  take(): Task {
    if (this.#pick !== undefined) return this.#takePicked(this.#pick);
    const task = this.head as Task;
    this.head = task.next;
    if (this.head === undefined) this.tail = undefined;
    task.next = undefined;
    return task;
  }

  #takePicked(pick: (n: number) => number): Task {
    let n = 0;
    for (let t = this.head; t !== undefined; t = t.next) n++;
    let before: Task | undefined;
    let task = this.head as Task;
    for (let i = pick(n); i > 0; i--) {
      before = task;
      task = task.next as Task;
    }
    if (before === undefined) this.head = task.next;
    else before.next = task.next;
    if (this.tail === task) this.tail = before;
    task.next = undefined;
    return task;
  }
}
