// SPDX-License-Identifier: Apache-2.0
import { CancelledError } from './errors.js';
import type { Steps } from './steps.js';
import type { Task, Waiter } from './task.js';

/** Resolves a wait of an async main if what it waits for is there; false if not yet. */
export function resolveWaiter({ inbox, outbox, timed, resolve, reject }: Waiter): boolean {
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
