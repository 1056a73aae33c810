// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { Task } from './task.js';

/** One entry of the timer heap. */
export interface Timer {
  readonly atUs: number;
  readonly order: number;
  /** The task to charge it to in diagnostics. */
  readonly task: Task;
  /** Called when due; it decides itself whether anybody still waits. */
  readonly ring: () => void;
}

/** A binary heap of timers and one alarm of the clock for its head. */
export class Timers {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  #order = 0;
  #armedAtUs = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(atUs: number, task: Task, ring: () => void): void {
    task.timed = true;
    const heap = this.#heap;
    const timer: Timer = { atUs, order: this.#order++, task, ring };
    let i = heap.length;
    heap.push(timer);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Timer;
      if (!before(timer, parent)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = timer;
    if (atUs < this.#armedAtUs) this.#arm(atUs);
  }

  /** Forgets every timer of a task that has ended, so that it does not keep the process alive. */
  forget(task: Task): void {
    const kept = this.#heap.filter((t) => t.task !== task);
    if (kept.length === this.#heap.length) return;
    // A sorted array is a heap.
    kept.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap.splice(0, this.#heap.length, ...kept);
    this.#arm(this.#heap[0]?.atUs);
  }

  #arm(atUs: number | undefined): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedAtUs = atUs ?? Number.POSITIVE_INFINITY;
    if (atUs !== undefined) this.#disarm = this.#clock.alarm(atUs, () => this.#ring());
  }

  #ring(): void {
    this.#disarm = undefined;
    this.#armedAtUs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let head = this.#heap[0];
    while (head !== undefined && head.atUs <= now) {
      this.#pop();
      head.ring();
      head = this.#heap[0];
    }
    // A timer added by one of the calls above may have armed already.
    if (head !== undefined && head.atUs < this.#armedAtUs) this.#arm(head.atUs);
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    const size = heap.length;
    if (size === 0) return;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= size) break;
      if (down + 1 < size && before(heap[down + 1] as Timer, heap[down] as Timer)) down++;
      const child = heap[down] as Timer;
      if (!before(child, last)) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = last;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
