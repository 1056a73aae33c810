// SPDX-License-Identifier: Apache-2.0
import type { Component } from './component.js';

/** A component threw. `path` names it inside its graph, `cause` is what it threw. */
export class ComponentError extends Error {
  readonly code = 'COMPONENT_FAILED';
  /** Names from the root of the graph, such as `Pipeline-1/DiracDecoder-3`. */
  readonly path: string;
  declare readonly component: Component;

  constructor(path: string, component: Component, cause: unknown) {
    super(`${path}: ${textOf(cause)}`, { cause });
    this.name = 'ComponentError';
    this.path = path;
    // A graph hangs on it: who prints the error does not want to read that.
    Object.defineProperty(this, 'component', { value: component, enumerable: false });
  }
}

/** @internal What a component threw, with its path unless it has one already. */
export function componentError(path: string, component: Component, cause: unknown): ComponentError {
  try {
    if (cause instanceof ComponentError) return cause;
  } catch {
    // A proxy that cannot even be asked.
  }
  return new ComponentError(path, component, cause);
}

/** Anything can be thrown, also what has no text, or whose text throws. */
function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause);
  } catch {
    return 'threw what has no text';
  }
}

/** `recv()` was called on an inbox that holds no message. */
export class EmptyInboxError extends RangeError {
  readonly code = 'EMPTY_INBOX';

  constructor(box: string) {
    super(`${box}: Expected a waiting message for recv() but the inbox is empty; test \`ready\` first`);
    this.name = 'EmptyInboxError';
  }
}

/** A component asked for a box by a name it does not have. */
export class UnknownBoxError extends RangeError {
  readonly code = 'UNKNOWN_BOX';

  constructor(path: string, kind: 'inbox' | 'outbox', name: string, known: readonly string[]) {
    super(
      `${path}: Expected the name of an ${kind} but received ${JSON.stringify(name)}; ${describe(kind, name, known)}`,
    );
    this.name = 'UnknownBoxError';
  }
}

/** An outbox has one destination; it was linked a second time. */
export class BoxAlreadyLinkedError extends Error {
  readonly code = 'BOX_ALREADY_LINKED';

  constructor(source: string, destination: string, refused: string) {
    super(
      `${source}: Expected a box without a destination but it is linked to ${destination} already, so not to ${refused}`,
    );
    this.name = 'BoxAlreadyLinkedError';
  }
}

/** Boxes that pass messages on were linked into a ring, in which no message could ever arrive. */
export class LinkCycleError extends Error {
  readonly code = 'LINK_CYCLE';

  constructor(chain: readonly string[]) {
    super(
      `${chain[0] ?? ''}: Expected a chain of boxes that ends in an inbox but received the ring ${chain.join(' -> ')}`,
    );
    this.name = 'LinkCycleError';
  }
}

/** A link cannot be led elsewhere, or a component not be replaced, without losing messages; nothing was changed. */
export class RetargetError extends Error {
  readonly code = 'CANNOT_RETARGET';

  constructor(from: string, to: string, why: string) {
    super(`${from}: Expected a box that can take over from it but received ${to}: ${why}`);
    this.name = 'RetargetError';
  }
}

/** A message that has to be disposed of was sent a second time; see `checkOwnership()`. */
export class NotOwnedError extends Error {
  readonly code = 'NOT_OWNED';

  constructor(box: string, kind: string, before: string) {
    super(
      `${box}: Expected a message that is its own but received ${kind} that ${before} has sent already; clone() it`,
    );
    this.name = 'NotOwnedError';
  }
}

/** A component sends although it has ended. What it sent is disposed of. */
export class EndedOutboxError extends Error {
  readonly code = 'ENDED_OUTBOX';

  constructor(box: string) {
    super(`${box}: Expected send() before the end of its component but that has ended`);
    this.name = 'EndedOutboxError';
  }
}

/** A component of a graph is linked to one that nobody activated. */
export class NotActivatedError extends Error {
  readonly code = 'NOT_ACTIVATED';

  constructor(box: string, missing: string, itsBox: string) {
    super(
      `${box}: Expected ${missing} to be part of a running graph, since its ${itsBox} is linked, but it was not activated`,
    );
    this.name = 'NotActivatedError';
  }
}

/** Thrown into `async main()` by `next()`, `room()`, `change()` and `delay()` when the component is being stopped. */
export class CancelledError extends Error {
  readonly code = 'CANCELLED';

  constructor(path: string, why = 'was stopped') {
    super(`${path}: ${why}`);
    this.name = 'CancelledError';
  }
}

/** Components wait for each other in a ring, and the inboxes between them have grown to the limit. */
export class DeadlockError extends Error {
  readonly code = 'DEADLOCK';

  constructor(limit: number, ring: readonly string[]) {
    super(
      `Scheduler: Expected components to make progress but they wait for each other with full inboxes at the limit of ` +
        `${limit} messages (option maxCapacity): ${ring.join('; ')}`,
    );
    this.name = 'DeadlockError';
  }
}

function describe(kind: string, name: string, known: readonly string[]): string {
  if (known.length === 0) return `it has no ${kind}`;
  const near = nearest(name, known);
  const list = `it has ${known.map((k) => JSON.stringify(k)).join(', ')}`;
  return near === undefined ? list : `did you mean ${JSON.stringify(near)}? (${list})`;
}

/** The known word with the least edit distance, when that is small enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
