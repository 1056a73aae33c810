// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import { DONE, type Task } from './task.js';

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
  #heap: Timer[] = [];
  /** Entries of tasks that have ended. */
  #dead = 0;
  #order = 0;
  #armedAtUs = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length - this.#dead;
  }

  add(atUs: number, task: Task, ring: () => void): void {
    if (task.state === DONE) return;
    task.timers++;
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
    // They stay until they are at the head, or are the greater part: to look for them each time would take as long as all
    // timers are many, for each of very many connections that end.
    this.#dead += task.timers;
    task.timers = 0;
    if (this.#dead * 2 > this.#heap.length) this.#sweep();
    const head = this.#liveHead();
    if (head === undefined) this.#arm(undefined);
    else if (head.atUs !== this.#armedAtUs) this.#arm(head.atUs);
  }

  #sweep(): void {
    const live = this.#heap.filter(({ task }) => task.state !== DONE);
    // A sorted array is a heap.
    live.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap = live;
    this.#dead = 0;
  }

  #liveHead(): Timer | undefined {
    let head = this.#heap[0];
    while (head !== undefined && head.task.state === DONE) {
      this.#dead--;
      this.#pop();
      head = this.#heap[0];
    }
    return head;
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
    let head = this.#liveHead();
    while (head !== undefined && head.atUs <= now) {
      this.#pop();
      head.task.timers--;
      head.ring();
      head = this.#liveHead();
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
