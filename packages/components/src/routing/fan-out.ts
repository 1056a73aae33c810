// SPDX-License-Identifier: Apache-2.0
import { disposeMessage, type Outbox, refuseSingleOwner, sendToAll } from '@kamaelia/axon';

/**
 * Sends a message to all the outboxes that lead anywhere. One that only one receiver can have is disposed and refused
 * with a TypeError, also while there is only one, so that a mistake shows at once.
 */
export function sendToLinked<T>(owner: string, outboxes: readonly Outbox<T>[], message: T): void {
  try {
    if (outboxes.length > 1) refuseSingleOwner(owner, message);
  } catch (error) {
    disposeMessage(message);
    throw error;
  }
  sendToAll(
    outboxes.filter((outbox) => outbox.linked),
    message,
  );
}
