// SPDX-License-Identifier: Apache-2.0
import { disposeMessage, isDisposable } from '../dispose.js';
import type { Outbox } from '../outbox.js';

interface Cloneable {
  clone(): unknown;
}

function isCloneable(message: unknown): message is Cloneable {
  return typeof message === 'object' && message !== null && typeof (message as Partial<Cloneable>).clone === 'function';
}

/**
 * Refuses a message that can have one owner only: it has `Symbol.dispose` and no `clone()`, so if several receivers had
 * it, the first that is done with it would take it from the others.
 */
export function refuseSingleOwner(owner: string, message: unknown): void {
  if (!isDisposable(message) || isCloneable(message)) return;
  const name = (message as object).constructor?.name ?? 'an object';
  throw new TypeError(
    `${owner}: Expected a message that several receivers can have but received ${name}, which has Symbol.dispose and no clone()`,
  );
}

/**
 * Sends a message to every outbox: a clone each where it must be disposed of, the original to the last; else the same
 * object to all, which none of them may change. With no outbox it is dropped.
 */
export function sendToAll(outboxes: readonly Outbox[], message: unknown): void {
  const last = outboxes.length - 1;
  if (last < 0) {
    disposeMessage(message);
    return;
  }
  const copied = last > 0 && isDisposable(message) && isCloneable(message);
  for (let i = 0; i <= last; i++) (outboxes[i] as Outbox).send(copied && i < last ? message.clone() : message);
}
