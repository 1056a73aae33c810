// SPDX-License-Identifier: Apache-2.0
// Who owns a message that goes to several places, or that is part of another one.
import { disposeMessage } from '@kamaelia/axon';
import { shown } from './options.js';

interface Ownable {
  readonly clone?: () => unknown;
  readonly [Symbol.dispose]?: () => void;
}

function ownable(message: unknown): Ownable {
  return typeof message === 'object' && message !== null ? message : {};
}

/** Whether the message has to be disposed by whoever has it. */
function isOwned(message: unknown): boolean {
  return typeof ownable(message)[Symbol.dispose] === 'function';
}

/**
 * Throws a TypeError for a message that cannot be in two places: one that is to be disposed once and cannot be cloned.
 */
export function checkCopyable(owner: string, message: unknown): void {
  if (!isOwned(message) || typeof ownable(message).clone === 'function') return;
  throw new TypeError(
    `${owner}: Expected a message with a method clone(), or without Symbol.dispose, but received ${shown(message)}`,
  );
}

/** The message for one more receiver: its clone where it has that method, else itself, to be read only. */
export function copyOf<T>(owner: string, message: T): T {
  checkCopyable(owner, message);
  const { clone } = ownable(message);
  return typeof clone === 'function' ? (clone.call(message) as T) : message;
}

/**
 * Makes the list the owner of what it holds: where one of its messages has to be disposed, the list gets a
 * `Symbol.dispose` that does so (and a `clone()` that clones them), which neither iteration nor comparison sees.
 */
export function owningList<T extends unknown[]>(list: T): T {
  if (!list.some(isOwned)) return list;
  Object.defineProperty(list, Symbol.dispose, { value: () => list.forEach(disposeMessage) });
  if (list.every((message) => !isOwned(message) || typeof ownable(message).clone === 'function')) {
    Object.defineProperty(list, 'clone', { value: () => owningList(list.map((m) => copyOf('list', m)) as T) });
  }
  return list;
}

/** What is to be sent: a string itself, or the `msg` of an object of options. */
export function messageToSend<T>(owner: string, options: { readonly msg: T } | (T & string)): T {
  if (typeof options === 'string') return options;
  if (typeof options === 'object' && options !== null && 'msg' in options) return options.msg;
  throw new TypeError(`${owner}: Expected a string or { msg } but received ${shown(options)}`);
}
