// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import { Scheduler } from './scheduler.js';

const ofClock = new WeakMap<Clock, Scheduler>();
let ofThread: Scheduler | undefined;

/** The scheduler of a clock, or the thread's default one. Graphs on one clock share a scheduler. */
export function schedulerFor(clock: Clock | undefined): Scheduler {
  if (clock === undefined) {
    ofThread ??= new Scheduler();
    return ofThread;
  }
  let scheduler = ofClock.get(clock);
  if (scheduler === undefined) {
    scheduler = new Scheduler({ clock });
    ofClock.set(clock, scheduler);
  }
  return scheduler;
}
