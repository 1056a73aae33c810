// SPDX-License-Identifier: Apache-2.0

import { Component, TASK } from '../component.js';
import { nearest } from '../errors.js';
import { withoutOne } from '../few.js';
import type { Inbox } from '../inbox.js';
import { connect } from '../link.js';
import type { Outbox } from '../outbox.js';
import type { Scheduler } from '../scheduler.js';
import type { Steps } from '../steps.js';
import { Branch, type BranchOptions, ownedByMany, sendToAll } from './fan-out.js';

/** Options of {@link SubscribeTo}. */
export interface SubscribeToOptions extends BranchOptions {
  /** Name of the backplane. */
  readonly name: string;
}

/** Options of {@link PublishTo}. */
export interface PublishToOptions {
  /** Name of the backplane. */
  readonly name: string;
  /** Sends each message on to `outbox` too. Default false. */
  readonly forwarder?: boolean;
}

const backplanes = new WeakMap<Scheduler, Map<string, Backplane>>();

function namesOn(scheduler: Scheduler): Map<string, Backplane> {
  let names = backplanes.get(scheduler);
  if (names === undefined) {
    names = new Map();
    backplanes.set(scheduler, names);
  }
  return names;
}

function find(component: Component, owner: string, name: string): Backplane {
  const names = namesOn(component[TASK].scheduler);
  const found = names.get(name);
  if (found !== undefined) return found;
  const known = [...names.keys()];
  const near = nearest(name, known);
  const list = known.length === 0 ? 'none is running' : `running: ${known.map((n) => JSON.stringify(n)).join(', ')}`;
  const hint = near === undefined ? list : `did you mean ${JSON.stringify(near)}?`;
  throw new RangeError(
    `${owner}: Expected the name of a running Backplane but received ${JSON.stringify(name)}; ${hint}`,
  );
}

function nameOf(owner: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${owner}: Expected a non-empty string for name but received ${JSON.stringify(value)}`);
}

/**
 * A named place where any number of {@link PublishTo} put messages and any number of {@link SubscribeTo} get them all,
 * coming and going as they like. Its name belongs to the scheduler it runs on; two of one name are an error. It runs
 * until it is stopped, or a message comes to its `control`; its subscribers then end behind what they have.
 *
 * Messages that have to be disposed of are cloned for each subscriber (`clone()`); others are one object for all of
 * them, to be read only. Without subscribers messages are dropped.
 *
 * `control`: any message ends it.
 *
 * @example
 * import { Backplane, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
 *
 * const plane = new Backplane('TICKS').activate();
 * const seen = Pipeline(new SubscribeTo('TICKS'), (tick) => console.log(tick)).activate();
 * await Pipeline([1, 2, 3], new PublishTo('TICKS')).run();
 * plane.stop();
 * await seen.done;
 */
export class Backplane extends Component {
  /** @internal Fed by every {@link PublishTo}. */
  readonly inbox: Inbox = this.in('inbox');
  readonly control: Inbox = this.in('control');
  /** What it is found by. */
  readonly plane: string;
  readonly #feeds: Outbox[] = [];
  #made = 0;

  /** @param name What publishers and subscribers find it by. */
  constructor(name: string) {
    super();
    this.plane = nameOf('Backplane', name);
  }

  /** Those that listen now. */
  get subscribers(): number {
    return this.#feeds.filter((feed) => feed.linked).length;
  }

  /** @internal */
  subscribe(feed: Inbox): void {
    // Of role control: losing a listener never stops the backplane.
    const outbox = this.out(`subscriber-${++this.#made}`, { role: 'control' });
    this.#feeds.push(outbox);
    connect(outbox, feed);
  }

  override *main(): Steps {
    const names = namesOn(this[TASK].scheduler);
    const { plane, inbox, control } = this;
    if (names.has(plane)) {
      throw new Error(`Backplane: Expected a name that is not taken but ${JSON.stringify(plane)} runs already`);
    }
    names.set(plane, this);
    try {
      while (control.length === 0 && !(this.stopping && inbox.ended)) {
        // Publishers come and go: that there is none now is no end.
        if (!this.stopping) inbox.eos = false;
        this.#forgetGone();
        while (inbox.ready) sendToAll(this.#feeds, inbox.recv());
        yield;
      }
    } finally {
      names.delete(plane);
    }
  }

  #forgetGone(): void {
    const task = this[TASK];
    for (let i = this.#feeds.length - 1; i >= 0; i--) {
      const feed = this.#feeds[i] as Outbox;
      if (!feed.cancelled) continue;
      this.#feeds.splice(i, 1);
      task.outs = withoutOne(task.outs, feed);
    }
  }
}

/**
 * Puts what comes to its `inbox` on the {@link Backplane} of that name, which has to run; it waits while a subscriber of
 * policy `block` is full. Ends with its stream; the backplane goes on. With `forwarder`, messages also go to `outbox`.
 *
 * A message that has `Symbol.dispose` and no `clone()` is refused with a TypeError.
 *
 * `inbox`: messages of any kind. `outbox`: the same messages, with `forwarder`.
 *
 * @example
 * import { Backplane, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
 *
 * const plane = new Backplane('NEWS').activate();
 * const seen = Pipeline(new SubscribeTo('NEWS'), (text) => console.log(`seen ${text}`)).activate();
 * const sent = new PublishTo({ name: 'NEWS', forwarder: true });
 * await Pipeline(['one', 'two'], sent, (text) => console.log(`sent ${text}`)).run();
 * plane.stop();
 * await seen.done;
 */
export class PublishTo<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  /** @internal Linked to the backplane when it has found it. */
  readonly #toPlane = this.out<T>('plane');
  readonly #name: string;
  readonly #forwarder: boolean;

  /** A string is the `name`. */
  constructor(options: PublishToOptions | string) {
    super();
    const { name, forwarder = false } = typeof options === 'string' ? { name: options } : options;
    this.#name = nameOf('PublishTo', name);
    this.#forwarder = forwarder;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    connect(this.#toPlane as Outbox, find(this, 'PublishTo', this.#name).inbox);
    const targets = (this.#forwarder ? [this.#toPlane, outbox] : [this.#toPlane]) as Outbox[];
    while (!inbox.ended && !this.#toPlane.cancelled) {
      while (inbox.ready) {
        sendToAll(targets, ownedByMany('PublishTo', inbox.recv()));
      }
      yield;
    }
  }
}

/**
 * Sends on what is put on the {@link Backplane} of that name, which has to run, from now on. Ends when the backplane
 * does.
 *
 * `outbox`: the messages that were published.
 *
 * @example
 * import { Backplane, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
 *
 * const plane = new Backplane('NUMBERS').activate();
 * const latest = new SubscribeTo({ name: 'NUMBERS', policy: 'drop-oldest', capacity: 1 });
 * const seen = Pipeline(latest, (n) => console.log(n)).activate();
 * await Pipeline([1, 2, 3], new PublishTo('NUMBERS')).run();
 * plane.stop();
 * await seen.done;
 */
export class SubscribeTo<T = unknown> extends Branch<T> {
  readonly #name: string;

  /** A string is the `name`. */
  constructor(options: SubscribeToOptions | string) {
    const all = typeof options === 'string' ? { name: options } : options;
    super(all);
    this.#name = nameOf('SubscribeTo', all.name);
  }

  override *main(): Steps {
    find(this, 'SubscribeTo', this.#name).subscribe(this.feed as Inbox);
    yield* super.main();
  }
}
