// SPDX-License-Identifier: Apache-2.0
import { beforeSend } from '../by-name.js';
import { Inbox } from '../inbox.js';
import type { Task } from '../task.js';
import { noSpaceInBox } from './axon-exceptions.js';

/** What inboxes with a limit held before. */
const unlimited = new WeakMap<Inbox, number>();

/**
 * Gives an inbox a limit that refuses: from then on `send` throws {@link noSpaceInBox} while it holds `size` messages.
 * Without a size (or null) it is as before: never refuses, and holds back its senders at its capacity.
 */
export function setBoxSize(inbox: Inbox, size: number | null | undefined): void {
  const limited = size !== undefined && size !== null;
  if (limited && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`${inbox.path()}: Expected a whole number from 0 for size but received ${String(size)}`);
  }
  // In components of the runtime too; their `outbox.send()` never refuses, and is held back.
  if (limited) beforeSend.ask = refuseIfFull;
  // Those that it held back under the old rule are let go under it.
  if (inbox.full) inbox.clearFull();
  if (!inbox.strict) unlimited.set(inbox, inbox.capacity);
  inbox.strict = limited;
  inbox.setCapacity(limited ? size : (unlimited.get(inbox) ?? inbox.capacity));
}

/** The limit that refuses; undefined where there is none. */
export function boxSize(inbox: Inbox): number | undefined {
  return inbox.strict ? inbox.capacity : undefined;
}

/** Throws {@link noSpaceInBox} if `messages` more would be too many for a limit that refuses. */
export function refuseIfFull(inbox: Inbox, messages = 1): void {
  if (!inbox.strict || inbox.closed || inbox.count + messages <= inbox.capacity) return;
  throw new noSpaceInBox(inbox.path(), inbox.count, inbox.capacity);
}

/** An inbox of the old vocabulary, where `component.inboxes` has them by name. */
export class PostBox extends Inbox {
  /** @internal */
  constructor(task: Task, name: string) {
    super(task, name, name === 'control' ? { priority: 'control' } : {});
  }

  /** Sets the limit above which `send` throws `noSpaceInBox`; none when undefined or null. */
  setSize(size: number | null | undefined): void {
    setBoxSize(this, size);
  }

  /** The limit; undefined where there is none. */
  getSize(): number | undefined {
    return boxSize(this);
  }
}
