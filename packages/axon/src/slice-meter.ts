// SPDX-License-Identifier: Apache-2.0
import { WallClock } from './clock.js';
import type { Task } from './task.js';

/** Slices that last longer on average are all timed; of shorter ones every sixteenth, as asking for the time would cost more. */
const SHORT_MS = 0.005;
/** Counted as slow; and told, from so long on, where time is real. */
const SLOW_MS = 20;
const TOLD_MS = 1000;

/**
 * Measures how long slices take, so that the scheduler knows when its turn is over and the inspector what a component
 * costs.
 */
export class SliceMeter {
  /** Milliseconds of `performance.now()` when it was last asked for: within 16 slices of the present. */
  nowMs: number = performance.now();
  /** Slices of this run. */
  slices = 0;
  #beganMs = 0;
  #sliceBeganMs = 0;
  #exact = true;

  /** A run of slices begins. */
  begin(): number {
    this.slices = 0;
    this.nowMs = performance.now();
    this.#beganMs = this.nowMs;
    return this.nowMs;
  }

  /** A slice begins. */
  before(): void {
    if (this.#exact) this.#sliceBeganMs = this.nowMs;
    else if ((this.slices & 15) === 15) this.#sliceBeganMs = performance.now();
  }

  /** A slice has ended; true where it was timed. */
  after(task: Task): boolean {
    const timed = (++this.slices & 15) === 0 || this.#exact;
    if (timed) this.#time(task);
    return timed;
  }

  #time(task: Task): void {
    this.nowMs = performance.now();
    const tookMs = this.nowMs - this.#sliceBeganMs;
    task.timedSlices++;
    const tookUs = Math.round(tookMs * 1000);
    task.timedUs += tookUs;
    if (tookMs > SLOW_MS) task.slowSlices++;
    if (tookUs <= task.longestUs) return;
    task.longestUs = tookUs;
    if (tookMs > TOLD_MS && task.scheduler.clock instanceof WallClock) tellSlow(task, tookMs);
  }

  /** The run has ended. Returns how long it took. */
  end(): number {
    this.nowMs = performance.now();
    const tookMs = this.nowMs - this.#beganMs;
    this.#exact = tookMs > this.slices * SHORT_MS;
    return tookMs;
  }
}

/** A slice holds up every other component and the event loop. Told when it is the component's longest so far. */
function tellSlow(task: Task, tookMs: number): void {
  task.graph?.log({
    level: 'info',
    path: task.path(),
    message: `a slice took ${tookMs.toFixed(0)} ms, in which nothing else could run; such work belongs in a thread`,
    fields: { tookMs },
  });
}
