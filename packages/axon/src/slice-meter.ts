// SPDX-License-Identifier: Apache-2.0
import { WallClock } from './clock.js';
import type { Task } from './task.js';

/** Slices that last longer on average are all timed; of shorter ones one in {@link SAMPLE}, as asking for the time costs. */
const SHORT_MS = 0.005;
const SAMPLE = 32;
/** Counted as slow; and told, from so long on, where time is real and the graph's `slowSlice` does not say. */
const SLOW_MS = 20;
const TOLD_MS = 1000;
/** After a slow slice that no sample was taken of, all slices are timed for so long: should it come again, it is known whose. */
const ALERT_MS = 10_000;

/**
 * Measures how long slices take, so that the scheduler knows when its turn is over and the inspector what a component
 * costs.
 */
export class SliceMeter {
  /** Milliseconds of `performance.now()` when it was last asked for: within 32 slices of the present. */
  nowMs: number = performance.now();
  /** Slices of this run. */
  slices = 0;
  /** A slice may take as long as it likes: the thread is there for that. */
  patient = false;
  /** Graphs that asked to be warned of slow slices: while there are any, every slice is timed. */
  watched = 0;
  #beganMs = 0;
  #alertUntilMs = 0;
  #exact = true;

  /** A run of slices begins. */
  begin(): number {
    this.slices = 0;
    this.nowMs = performance.now();
    this.#beganMs = this.nowMs;
    if (this.watched > 0) this.#exact = true;
    return this.nowMs;
  }

  /** A slice has ended; true where the time was asked for. */
  after(task: Task): boolean {
    const place = ++this.slices & (SAMPLE - 1);
    // The last one of a sample and the first of the next: the time between is that of one slice.
    if (!this.#exact && place > 0 && place < SAMPLE - 1) return false;
    const beganMs = this.nowMs;
    if (this.#exact) {
      this.nowMs = performance.now();
      this.#charge(task, this.nowMs - beganMs); // inspection
    } else if (place === 0) {
      this.#sample(task); // inspection
    } else {
      this.nowMs = performance.now();
      if (this.nowMs - beganMs > SAMPLE * SHORT_MS) this.#exact = true;
      this.#missed(this.nowMs - beganMs);
    }
    return true;
  }

  #sample(task: Task): void {
    const beganMs = this.nowMs;
    this.nowMs = performance.now();
    this.#charge(task, this.nowMs - beganMs);
  }

  /** A run of one slice is timed anyway. */
  #chargeOnly(task: Task | undefined, tookMs: number): void {
    if (this.slices === 1 && task !== undefined) this.#charge(task, tookMs);
  }

  #charge(task: Task, tookMs: number): void {
    task.timedSlices++;
    const tookUs = Math.round(tookMs * 1000);
    task.timedUs += tookUs;
    if (tookMs > SLOW_MS) task.slowSlices++;
    if (tookUs <= task.longestUs) return;
    task.longestUs = tookUs;
    if (!this.patient) watch(task, tookMs);
  }

  /** Some slice of several took at least this long, apart from what the others did. */
  #missed(tookMs: number): void {
    if (tookMs > SLOW_MS) this.#alertUntilMs = this.nowMs + ALERT_MS;
  }

  /** The run has ended, with the slice of `last`. Returns how long it took. */
  end(last: Task | undefined): number {
    const askedMs = this.nowMs;
    this.nowMs = performance.now();
    const tookMs = this.nowMs - this.#beganMs;
    if (!this.#exact) {
      if (this.slices !== 1) this.#missed(this.nowMs - askedMs);
      this.#chargeOnly(last, tookMs); // inspection
    }
    this.#exact = tookMs > this.slices * SHORT_MS || this.nowMs < this.#alertUntilMs;
    return tookMs;
  }
}

/** A slow slice holds up every other component and the event loop. Told when it is the component's longest so far. */
function watch(task: Task, tookMs: number): void {
  const { graph } = task;
  if (graph === undefined) return;
  const asked = graph.slowSliceMs !== undefined;
  if (!asked && !(task.scheduler.clock instanceof WallClock)) return;
  if (tookMs <= (graph.slowSliceMs ?? TOLD_MS)) return;
  graph.log({
    level: asked ? 'warn' : 'info',
    path: task.path(),
    message: `a slice took ${tookMs.toFixed(0)} ms, in which nothing else could run; such work belongs in a thread`,
    fields: { tookMs },
  });
}
