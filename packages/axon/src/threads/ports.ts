// SPDX-License-Identifier: Apache-2.0
import type { Inbox, InboxOptions } from '../inbox.js';
import type { Outbox, OutboxOptions } from '../outbox.js';

/** What a box of a threaded component may be told beside what any box may. */
export interface OwnedOption {
  /**
   * Whoever sends bytes here has given them up: a `Uint8Array` that is all of its `ArrayBuffer` is moved to the other
   * thread, and empty in this one from then on. Default `false`: bytes are copied once.
   */
  readonly owned?: boolean;
}

/** Names of the boxes of a threaded component, or options by name. */
export interface ThreadPorts {
  /** Default `['inbox']`. The bound is that of the class's own inbox unless one is given here. */
  readonly in?: readonly string[] | Readonly<Record<string, InboxOptions & OwnedOption>>;
  /** Default `['outbox']`. */
  readonly out?: readonly string[] | Readonly<Record<string, OutboxOptions & OwnedOption>>;
}

/** @internal A box in the graph that stands for one of the component in the worker. */
export interface ThreadedBox<B extends Inbox | Outbox> {
  readonly box: B;
  readonly owned: boolean;
  /** Asked for by name, so the component has to have it. */
  readonly named: boolean;
  /** The class's own capacity does not count. */
  readonly sized: boolean;
}

/**
 * @internal Capacity of an inbox before the worker has said what the class wants: nothing queues here that the class's
 * own bound would not allow.
 */
export const CAPACITY_UNTIL_KNOWN = 1;

/** @internal Makes the boxes for one direction. */
export function makeBoxes<O extends object, B extends Inbox | Outbox>(
  direction: 'in' | 'out',
  ports: ThreadPorts,
  make: (name: string, options: O) => B,
): ThreadedBox<B>[] {
  const given: unknown = ports[direction];
  const named = given !== undefined;
  return Object.entries(byName(direction, given)).map(([name, all]) => {
    if (typeof all !== 'object' || all === null)
      throw unexpected(`an object of options for ports.${direction}.${name}`, all);
    const { owned = false, ...options } = all as OwnedOption & { capacity?: number; lossy?: unknown };
    if (typeof owned !== 'boolean') throw unexpected(`true or false for ports.${direction}.${name}.owned`, owned);
    // One that drops when it is full is not made smaller: that would lose messages.
    const sized = options.capacity !== undefined || options.lossy !== undefined;
    if (direction === 'in' && !sized) options.capacity = CAPACITY_UNTIL_KNOWN;
    return { box: make(name, options as O), owned, named, sized };
  });
}

function byName(direction: 'in' | 'out', given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return { [`${direction}box`]: {} };
  if (Array.isArray(given)) {
    for (const name of given as unknown[]) {
      if (typeof name !== 'string' || name === '') throw unexpected(`names in ports.${direction}`, name);
    }
    return Object.fromEntries((given as string[]).map((name) => [name, {}]));
  }
  if (typeof given === 'object' && given !== null) return given as Record<string, unknown>;
  throw unexpected(`an array of names or an object for ports.${direction}`, given);
}

function unexpected(what: string, received: unknown): TypeError {
  return new TypeError(`threaded: Expected ${what} but received ${String(received)}`);
}
