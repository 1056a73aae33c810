// SPDX-License-Identifier: Apache-2.0
import type { Outbox } from './outbox.js';
import type { Task } from './task.js';
import { wiring } from './topology.js';

/** What has to be done with a message that an outbox sends and a component takes; `from` undefined: that was sent before. */
export type Passing = (message: unknown, from: Outbox | undefined, to: Task) => void;

/**
 * What those do that replaced `send()` and `recv()`, for functions that run as one, between which a message passes through
 * no box, and for what goes on without waiting in one. A list that is never changed but replaced.
 */
export let passings: readonly Passing[] = [];

/** From now on this too is done. Rows of functions learn of it before their next message. */
export function addPassing(passing: Passing): void {
  passings = [...passings, passing];
  wiring.epoch++;
}
