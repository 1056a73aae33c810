// SPDX-License-Identifier: Apache-2.0
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import { nearest } from '../errors.js';
import type { Inbox, InboxOptions } from '../inbox.js';
import { connect, type Link } from '../link.js';
import type { Outbox, OutboxOptions } from '../outbox.js';
import { adopt } from './children.js';

/** One end of a linkage by name: `['Decoder', 'outbox']` or `'Decoder.outbox'`. The graphline itself is `self` or `''`. */
export type BoxName = readonly [child: string, box: string] | string;

/** The article's form of a graphline. */
export interface GraphlineOptions {
  /** Source and destination of each link: a list of pairs, or `{ 'A.outbox': 'B.inbox' }`. */
  readonly linkages: readonly (readonly [from: BoxName, to: BoxName])[] | Readonly<Record<string, BoxName>>;
  /** The components, by the names the linkages use. */
  readonly children: Readonly<Record<string, Component>>;
}

/** The graphline's own boxes, for the function that links the children. */
export interface OwnBoxes {
  /** An inbox of the graphline, to be passed on: `link(self.in<Frame>('inbox'), a.inbox)`. */
  in<T>(name: string, options?: InboxOptions): Inbox<T>;
  /** An outbox of the graphline: `link(b.outbox, self.out<Frame>('outbox'))`. */
  out<T>(name: string, options?: OutboxOptions): Outbox<T>;
}

/**
 * Links components in any shape. It ends when all its children have ended.
 *
 * With a function the links are typed: a message type that does not fit is a compile error. With names, as in the
 * article, a name that does not exist is an error when the graphline is made. Boxes of the graphline itself (`self`)
 * come into being as they are linked.
 *
 * @example
 * await Graphline({ a: new Numbers(), b: new Printer() }, ({ a, b }) => [link(a.outbox, b.inbox)]).run();
 * @example
 * await Graphline({ linkages: [[['A', 'outbox'], ['B', 'inbox']]], children: { A: new Numbers(), B: new Printer() } }).run();
 */
export function Graphline<K extends Readonly<Record<string, Component>>>(
  children: K,
  wire: (children: K, self: OwnBoxes) => readonly Link[],
): Component;
export function Graphline(options: GraphlineOptions): Component;
export function Graphline(
  first: GraphlineOptions | Readonly<Record<string, Component>>,
  wire?: (children: never, self: OwnBoxes) => readonly Link[],
): Component {
  if (typeof wire === 'function') return new GraphlineOf(first as Readonly<Record<string, Component>>, wire);
  const { linkages, children } = (first ?? {}) as Partial<GraphlineOptions>;
  if (typeof children !== 'object' || children === null) {
    throw new TypeError('Graphline: Expected an object of components for children but received none');
  }
  if (typeof linkages !== 'object' || linkages === null) {
    throw new TypeError('Graphline: Expected a list of pairs or an object for linkages but received none');
  }
  return new GraphlineOf(children, undefined, linkages);
}

const GraphlineOf = class Graphline extends Component {
  constructor(
    children: Readonly<Record<string, Component>>,
    wire: ((children: never, self: OwnBoxes) => readonly Link[]) | undefined,
    linkages: GraphlineOptions['linkages'] = [],
  ) {
    super();
    for (const [name, child] of Object.entries(children)) {
      if (!(child instanceof Component)) {
        throw new TypeError(`Graphline: Expected a component for ${name} but received ${String(child)}`);
      }
      adopt(this, child, name);
    }
    wire?.(children as never, {
      in: (name, options) => this.in(name, options),
      out: (name, options) => this.out(name, options),
    });
    for (const [from, to] of Array.isArray(linkages) ? linkages : Object.entries(linkages)) {
      connect(this.#source(children, from), this.#sink(children, to));
    }
    const task = this[TASK];
    if (task.children.length === 0) throw new TypeError('Graphline: Expected at least one component but received none');
  }

  #source(children: Readonly<Record<string, Component>>, name: BoxName): Inbox | Outbox {
    const [owner, box] = split(name);
    if (isSelf(owner)) return this[TASK].ins.find((b) => b.name === box) ?? (this.in(box) as Inbox);
    return outboxOf(childNamed(children, owner), box);
  }

  #sink(children: Readonly<Record<string, Component>>, name: BoxName): Inbox | Outbox {
    const [owner, box] = split(name);
    if (isSelf(owner)) return this[TASK].outs.find((b) => b.name === box) ?? (this.out(box) as Outbox);
    return inboxOf(childNamed(children, owner), box);
  }
};

function isSelf(name: string): boolean {
  return name === '' || name === 'self';
}

function split(name: BoxName): readonly [string, string] {
  if (typeof name !== 'string') return name;
  const dot = name.lastIndexOf('.');
  return dot < 0 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function childNamed(children: Readonly<Record<string, Component>>, name: string): Component {
  const child = Object.hasOwn(children, name) ? children[name] : undefined;
  if (child !== undefined) return child;
  const known = Object.keys(children);
  const near = nearest(name, known);
  const hint = near === undefined ? `it has ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
  throw new RangeError(
    `Graphline: Expected the name of a child in linkages but received ${JSON.stringify(name)}; ${hint}`,
  );
}
