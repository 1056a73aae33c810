// SPDX-License-Identifier: Apache-2.0
import { type Component, inboxOf, outboxOf } from './component.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';

/** @internal What `send()` of the article's spelling asks first; set by the vocabulary that has inboxes which refuse. */
export const beforeSend: { ask: ((sink: Inbox) => void) | undefined } = { ask: undefined };

/** @internal The article's spelling of one component. */
export interface ByName {
  dataReady(name?: string): number;
  recv(name?: string): unknown;
  send(message: unknown, name?: string): void;
}

type Method = keyof ByName;

/** Of components with a method that a subclass wrote, which comes here by `super` for each message. */
const overridden = new WeakMap<Component, ByName>();

/** @internal The methods of one component. */
export function spellByName(component: Component): ByName {
  const made = overridden.get(component) ?? methodsOf(component);
  overridden.set(component, made);
  return made;
}

/**
 * @internal Makes the class give each component methods of its own for the article's spelling, when one is first asked for.
 * Methods that all classes share have to look for the boxes in objects of as many shapes, for each message; these know the
 * box that was named last. The class has a getter for them and no function: a place that had once called a shared function
 * would never have the components' own put in line. A method that a subclass wrote stays.
 */
export function spellApart(shared: Component & ByName): void {
  for (const name of ['dataReady', 'recv', 'send'] as const) {
    const method = shared[name];
    Object.defineProperty(shared, name, {
      configurable: true,
      get(this: Component): ByName[Method] {
        if (!(this instanceof Object) || Object.hasOwn(this, 'constructor')) return method;
        if (isWritten(this, shared, name)) return spellByName(this)[name];
        return own(this, shared)[name];
      },
      set(this: Component, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, configurable: true });
      },
    });
  }
}

function own(component: Component, shared: object): ByName {
  const made = spellByName(component);
  for (const name of ['dataReady', 'recv', 'send'] as const) {
    if (!isWritten(component, shared, name)) {
      Object.defineProperty(component, name, { value: made[name], writable: true, configurable: true });
    }
  }
  return made;
}

/** By a subclass, or by hand. */
function isWritten(component: object, shared: object, name: Method): boolean {
  for (let at = component; at !== shared && at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, name)) return true;
  }
  return false;
}

/** Of no box; a string, since the engine compares strings of the source by their address if it has only ever seen such. */
const NO_NAME = '\0';

function methodsOf(component: Component): ByName {
  let inName = NO_NAME;
  let inbox: Inbox;
  let outName = NO_NAME;
  let outbox: Outbox;
  return {
    dataReady: (name = 'inbox') => {
      if (name !== inName) {
        inbox = inboxOf(component, name);
        inName = name;
      }
      return inbox.ready ? inbox.count : 0;
    },
    recv: (name = 'inbox') => {
      if (name !== inName) {
        inbox = inboxOf(component, name);
        inName = name;
      }
      return inbox.recv();
    },
    send: (message, name = 'outbox') => {
      if (name !== outName) {
        outbox = outboxOf(component, name);
        outName = name;
      }
      if (beforeSend.ask !== undefined) beforeSend.ask(outbox.sink);
      outbox.send(message);
    },
  };
}
