// SPDX-License-Identifier: Apache-2.0
import { Component, inboxOf, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { connect } from '../link.js';
import type { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { Branch, type BranchOptions, ownedByMany, sendToAll } from './fan-out.js';

/** A part of a {@link Tee}: a component, or one with what happens when it is slow. */
export type TeeBranch = Component | (BranchOptions & { readonly part: Component });

/**
 * Sends each message of its `inbox` to the `inbox` of every part; what the parts send is merged at its `outbox`. Parts
 * that have ended get no more; when all have, it ends.
 *
 * By default the slowest part sets the pace. With a policy a part misses messages instead, or is let go:
 * `{ part, policy: 'drop-oldest', capacity: 8 }`.
 *
 * Messages that have to be disposed of are cloned for each part (`clone()`); one that cannot be is refused with a
 * TypeError. Others are one object for all parts, to be read only.
 *
 * @example
 * import { Pipeline, Tee } from '@kamaelia/axon';
 *
 * const sum = Pipeline((n) => n * 2);
 * const log = Pipeline((n) => console.log(`saw ${n}`));
 * await Pipeline([1, 2, 3], Tee(sum, { part: log, policy: 'drop-oldest' }), (n) => console.log(n)).run();
 */
export function Tee<T = unknown>(
  ...branches: readonly TeeBranch[]
): Component & {
  readonly inbox: Inbox<T>;
  readonly outbox: Outbox;
} {
  return new TeeOf(branches) as never;
}

const TeeOf = class Tee extends Component {
  readonly inbox = this.in('inbox');
  readonly outbox = this.out('outbox', { role: 'control' });
  readonly #ways: Outbox[] = [];

  constructor(branches: readonly TeeBranch[]) {
    super();
    if (branches.length === 0) throw new TypeError('Tee: Expected at least one part but received none');
    branches.forEach((branch, n) => {
      const options: BranchOptions = branch instanceof Component ? {} : branch;
      const part: unknown = branch instanceof Component ? branch : branch?.part;
      if (!(part instanceof Component)) {
        throw new TypeError(`Tee: Expected a component for part ${n + 1} but received ${String(part)}`);
      }
      const way = this.out(`part-${n + 1}`);
      this.#ways.push(way);
      if (options.policy === undefined && options.capacity === undefined && options.maxBytes === undefined) {
        connect(way, inboxOf(part, 'inbox'));
      } else {
        const queue = this.add(new Branch(options), `queue-${n + 1}`);
        connect(way, queue.feed);
        connect(queue.outbox, inboxOf(part, 'inbox'));
      }
      this.add(part);
      const sends = part[TASK].outs.find(({ name }) => name === 'outbox');
      if (sends !== undefined) connect(sends, this.outbox);
    });
  }

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        const ways = this.#ways.filter((way) => !way.cancelled);
        if (ways.length > 1) ownedByMany('Tee', message);
        sendToAll(ways, message);
      }
      yield;
    }
  }
};
