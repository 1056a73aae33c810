// SPDX-License-Identifier: Apache-2.0
import { CancelledError } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { Scheduler } from './scheduler.js';
import type { Steps } from './steps.js';
import { IDLE, type Task, WAITING, type Waiter } from './task.js';

/** Parks an async main until the box has what it waits for; without a box until something changed. */
export function waitInMain<T>(task: Task, inbox: Inbox | undefined, outbox: Outbox | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    addWaiter(task, { inbox, outbox, timed: false, resolve: resolve as (value: unknown) => void, reject });
  });
}

/** Parks an async main until `atUs`. */
export function delayInMain(task: Task, atUs: number): Promise<void> {
  const { scheduler } = task;
  return new Promise<void>((resolve, reject) => {
    const waiter: Waiter = { inbox: undefined, outbox: undefined, timed: true, resolve: () => resolve(), reject };
    addWaiter(task, waiter);
    scheduler.timers.add(atUs, task, () => {
      if (task.waiters === undefined || !task.waiters.includes(waiter)) return;
      task.waiters = task.waiters.filter((w) => w !== waiter);
      // Otherwise it is in the queue, and its slice does this.
      if (task.state === IDLE && task.waiters.length === 0) scheduler.setWaiting(task, true);
      waiter.resolve(undefined);
    });
  });
}

function addWaiter(task: Task, waiter: Waiter): void {
  const { scheduler } = task;
  if (task.waiters === undefined) task.waiters = [];
  task.waiters.push(waiter);
  if (task.state === WAITING) scheduler.setWaiting(task, false);
  // With several waiters (loops side by side) the others' boxes may have changed while main was running.
  if (task.state === IDLE && (task.notified || task.waiters.length > 1)) scheduler.enqueue(task);
}

/** The slice of an async main: resolves the waits that are over. */
export function resolveWaiters(scheduler: Scheduler, task: Task): void {
  const waiters = task.waiters;
  task.notified = false;
  task.waiters = [];
  for (const waiter of waiters ?? []) {
    if (!resolveWaiter(waiter)) task.waiters.push(waiter);
  }
  if (task.waiters.length === 0 && !task.mainEnded) scheduler.setWaiting(task, true);
  else task.state = IDLE;
}

/** Resolves a wait of an async main if what it waits for is there; false if not yet. */
function resolveWaiter({ inbox, outbox, timed, resolve, reject }: Waiter): boolean {
  if (timed) return false;
  if (inbox !== undefined) {
    if (inbox.ready) resolve(inbox.recv());
    else if (inbox.ended) resolve(undefined);
    else return false;
  } else if (outbox !== undefined) {
    if (outbox.gone) reject(new CancelledError(outbox.path(), 'its consumer has ended'));
    else if (outbox.open) resolve(undefined);
    else return false;
  } else {
    resolve(undefined);
  }
  return true;
}

/** True for what a generator function returned. */
export function isGenerator(value: unknown): value is Steps {
  const generator = value as Partial<Steps> | null | undefined;
  return typeof generator?.next === 'function' && typeof generator.return === 'function';
}

/** True for what an async generator function returned, which is no form of `main()`. */
export function isAsyncGenerator(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A stopped async main is expected to end with the error that its wait, or an aborted call of its own, gave it. */
export function isCancellation(task: Task, error: unknown): boolean {
  if (!task.stopRequested) return error instanceof CancelledError && task.outs.some((o) => o.gone);
  return error instanceof CancelledError || (error instanceof Error && error.name === 'AbortError');
}
