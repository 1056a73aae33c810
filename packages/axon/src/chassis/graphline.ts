// SPDX-License-Identifier: Apache-2.0
import { producerFinished, shutdownMicroprocess } from '../compat/ipc.js';
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import { nearest } from '../errors.js';
import type { Inbox, InboxOptions } from '../inbox.js';
import { connect, type Link } from '../link.js';
import type { Outbox, OutboxOptions } from '../outbox.js';
import type { Steps } from '../steps.js';
import { adopt } from './children.js';
import { ownedByMany, sendToAll } from './fan-out.js';

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
 * Links components in any shape. It ends when all its children have ended; without children at once.
 *
 * With a function the links are typed: a message type that does not fit is a compile error. With names, as in the
 * article, a name that does not exist is an error when the graphline is made. Boxes of the graphline itself (`self`)
 * come into being as they are linked.
 *
 * Where a child has a `control` inbox, the graphline has `control` and `signal` too. What comes to `control` goes to the
 * `control` of every child that is not linked there. When all children have ended, `signal` sends the
 * `shutdownMicroprocess` that came by, or else a `producerFinished`. Where `control` or `signal` is linked in the
 * graphline, only that link counts.
 *
 * @example
 * import { Component, Graphline, link, Pipeline } from '@kamaelia/axon';
 *
 * class EvenAndOdd extends Component {
 *   inbox = this.in('inbox');
 *   even = this.out('even');
 *   odd = this.out('odd');
 *   *main() {
 *     const { inbox, even, odd } = this;
 *     while (!inbox.ended) {
 *       while (inbox.ready) {
 *         const n = inbox.recv();
 *         (n % 2 === 0 ? even : odd).send(n);
 *       }
 *       yield;
 *     }
 *   }
 * }
 * const print = (name) => Pipeline((n) => console.log(`${name}: ${n}`));
 * const parts = { numbers: Pipeline([1, 2, 3]), split: new EvenAndOdd(), even: print('even'), odd: print('odd') };
 * await Graphline(parts, ({ numbers, split, even, odd }) => [
 *   link(numbers.outbox, split.inbox),
 *   link(split.even, even.inbox),
 *   link(split.odd, odd.inbox),
 * ]).run();
 * @example
 * import { Graphline, Pipeline } from '@kamaelia/axon';
 *
 * await Graphline({
 *   linkages: [[['A', 'outbox'], ['B', 'inbox']]],
 *   children: { A: Pipeline([1, 2, 3]), B: Pipeline((n) => console.log(n)) },
 * }).run();
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
  /** Undefined where the children get it by a link, or have none. */
  #control: Inbox | undefined;
  #signal: Outbox | undefined;
  readonly #ways: Outbox[] = [];

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
    this.#declareControl(children);
    this[TASK].chassis = true;
  }

  /** What nobody has linked is passed on by the graphline itself. */
  #declareControl(children: Readonly<Record<string, Component>>): void {
    const named = (boxes: readonly (Inbox | Outbox)[], name: string) => boxes.find((box) => box.name === name);
    const { ins, outs } = this[TASK];
    const [ownControl, ownSignal] = [named(ins, 'control'), named(outs, 'signal')];
    const controls = Object.entries(children).flatMap(([name, child]) => {
      const control = named(child[TASK].ins, 'control');
      return control === undefined ? [] : [{ name, control }];
    });
    if (controls.length === 0) return;
    if (ownControl?.to === undefined) {
      this.#control = (ownControl as Inbox | undefined) ?? this.in('control');
      for (const { name, control } of controls) {
        if (control.from.length > 0) continue;
        const way = this.out(`control-${name}`, { role: 'control' });
        connect(way, control);
        this.#ways.push(way);
      }
    }
    if (ownSignal === undefined || ownSignal.from.length === 0) {
      this.#signal = (ownSignal as Outbox | undefined) ?? this.out('signal');
    }
  }

  override *main(): Steps {
    const [control, signal, ways] = [this.#control, this.#signal, this.#ways];
    if (control === undefined && signal === undefined) return;
    let stopped: shutdownMicroprocess | undefined;
    while (this.parts.length > 0) {
      // A control inbox is ready whatever is full.
      while (control?.ready && ways.every((way) => way.open || way.cancelled)) {
        const message = control.recv();
        if (message instanceof shutdownMicroprocess) stopped ??= message;
        sendToAll(ways, ways.length > 1 ? ownedByMany('Graphline', message) : message);
      }
      yield;
    }
    signal?.send(stopped ?? new producerFinished(this));
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
