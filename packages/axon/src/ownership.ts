// SPDX-License-Identifier: Apache-2.0
import { isDisposable } from './dispose.js';
import { NotOwnedError } from './errors.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';
import { addPassing } from './passing.js';

/**
 * Method of a message that keeps by which box, `{ path() }`, it was sent. Called with that box: returns the one that has
 * sent it before, if nobody has taken it since, and then keeps that. Called with `undefined` when it was taken. See
 * {@link checkOwnership}.
 */
export const SENT: unique symbol = Symbol.for('kamaelia.sent') as never;

/** Messages that were sent and not taken yet, and by which box; of those that do not keep it themselves. */
const underWay = new WeakMap<object, Outbox>();
let checked = false;

/**
 * From now on a message with `Symbol.dispose` that is sent a second time, before anybody has taken it, is refused at the
 * call by a `NotOwnedError` that names both boxes; so is one that was dropped. A message with a method `SENT` keeps
 * by itself by which box it was sent, so that it can refuse to be used after that (`RECEIVED` tells it who has it next, see
 * {@link noteReceivers}). For messages that are counted, as video frames are; a program without such messages pays nothing.
 *
 * @example
 * import assert from 'node:assert/strict';
 * import { checkOwnership, Component, Pipeline } from '@kamaelia/axon';
 *
 * checkOwnership();
 * class Twice extends Component {
 *   outbox = this.out('outbox');
 *   *main() {
 *     const handle = { [Symbol.dispose]() {} };
 *     this.outbox.send(handle);
 *     this.outbox.send(handle);
 *   }
 * }
 * await assert.rejects(Pipeline(new Twice(), () => {}).run(), { message: /Twice-1.outbox: Expected a message that is its own/ });
 */
export function checkOwnership(): void {
  if (checked) return;
  checked = true;
  addPassing((message, from) => {
    if (from !== undefined) giveUp(from, message);
    taken(message);
  });
  // Replaced and not asked for: a test in send() would cost every message of programs that have none to be disposed of.
  const { send, sendAll } = Outbox.prototype;
  Outbox.prototype.send = function (this: Outbox, message: unknown) {
    giveUp(this, message);
    send.call(this, message);
  };
  Outbox.prototype.sendAll = function (this: Outbox, messages: readonly unknown[]) {
    let given = 0;
    try {
      for (; given < messages.length; given++) giveUp(this, messages[given]);
    } catch (error) {
      // Refused as a whole: its sender still has them.
      for (const message of messages.slice(0, given)) taken(message);
      throw error;
    }
    sendAll.call(this, messages);
  };
  const { recv, takeAll } = Inbox.prototype;
  Inbox.prototype.recv = function (this: Inbox) {
    const message = recv.call(this);
    taken(message);
    return message;
  };
  Inbox.prototype.takeAll = function (this: Inbox) {
    const messages = takeAll.call(this);
    for (const message of messages) taken(message);
    return messages;
  };
}

interface Handle {
  readonly [SENT]?: unknown;
}

function taken(message: unknown): void {
  if (typeof message !== 'object' || message === null) return;
  const sent = (message as Handle)[SENT];
  if (typeof sent === 'function') sent.call(message, undefined);
  else underWay.delete(message);
}

function giveUp(outbox: Outbox, message: unknown): void {
  if (!isDisposable(message)) return;
  // The box and not its path, which takes longer to put together than all the rest of sending.
  const before = sentBefore(message as object, outbox);
  if (before === undefined) return;
  throw new NotOwnedError(outbox.path(), (message as object).constructor?.name ?? 'an object', before.path());
}

function sentBefore(message: object, outbox: Outbox): { path(): string } | undefined {
  const sent = (message as Handle)[SENT];
  if (typeof sent === 'function') return sent.call(message, outbox) as { path(): string } | undefined;
  const before = underWay.get(message);
  if (before === undefined) underWay.set(message, outbox);
  return before;
}
