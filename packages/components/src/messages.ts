// SPDX-License-Identifier: Apache-2.0
// Who owns a message that goes to several places, or that is part of another one.
import { disposeMessage, refuseSingleOwner } from '@kamaelia/axon';
import { shown } from './options.js';

interface Copyable {
  clone(): unknown;
}

/** Whether the message has to be disposed, once, by whoever has it. */
function isOwned(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  return typeof (message as Partial<Disposable>)[Symbol.dispose] === 'function';
}

function isCopyable(message: unknown): message is Copyable {
  return typeof (message as Partial<Copyable>).clone === 'function';
}

/** The message for one more receiver: a clone where it has to be disposed, else itself, to be read only. */
export function copyOf<T>(owner: string, message: T): T {
  if (!isOwned(message)) return message;
  refuseSingleOwner(owner, message);
  return (message as T & Copyable).clone() as T;
}

/**
 * Makes the list the owner of what it holds: where one of its messages has to be disposed, the list gets a
 * `Symbol.dispose` that does so (and a `clone()` that clones them), which neither iteration nor comparison sees.
 */
export function owningList<T extends unknown[]>(list: T): T {
  if (!list.some(isOwned)) return list;
  Object.defineProperty(list, Symbol.dispose, { value: () => list.forEach(disposeMessage) });
  if (list.every((message) => !isOwned(message) || isCopyable(message))) {
    Object.defineProperty(list, 'clone', { value: () => owningList(list.map((m) => copyOf('list', m)) as T) });
  }
  return list;
}

/** Disposes what is left of a message from which `item` was taken. */
export function disposeAllBut(item: unknown, message: object): void {
  if (isOwned(message) && !isOwned(item)) disposeMessage(message);
  else for (const other of Object.values(message)) if (other !== item) disposeMessage(other);
}

/** What is to be sent: a string itself, or the `msg` of an object of options. */
export function messageToSend<T>(owner: string, options: { readonly msg: T } | (T & string)): T {
  if (typeof options === 'string') return options;
  if (typeof options === 'object' && options !== null && 'msg' in options) return options.msg;
  throw new TypeError(`${owner}: Expected a string or { msg } but received ${shown(options)}`);
}
