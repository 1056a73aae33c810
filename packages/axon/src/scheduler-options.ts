// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { Task } from './task.js';
import type { Schedule } from './turns.js';

/** Options of a {@link Scheduler}. */
export interface SchedulerOptions {
  /** Default: real time. */
  readonly clock?: Clock;
  /** How to get the next turn of the event loop. Default: `setImmediate`, or a `MessageChannel` in a page. */
  readonly schedule?: Schedule;
  /** Largest capacity an inbox may be grown to when components wait for each other. Default 65536 messages. */
  readonly maxCapacity?: number;
  /**
   * Milliseconds that a run may take before the event loop has its turn; default 2. With `Infinity` only the number of slices
   * ends a run, so that a test with a seed is the same however busy the machine is.
   */
  readonly budgetMs?: number;
  /** Picks the next of `n` runnable components, 0 to n-1. Default: the longest waiting (0). For tests. */
  readonly pick?: (n: number) => number;
  /** Called after each slice with the component's task. For tests. */
  readonly onSlice?: (task: Task) => void;
}
