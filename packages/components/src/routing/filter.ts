// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { shown } from '../options.js';

/** What a {@link Filter} works with. */
export interface MessageFilter<I, O = I> {
  /** Gives what is to be sent for a message: itself, another one, or `null` or `undefined` for nothing. */
  filter(message: I): O | null | undefined;
  /** Gives what it has kept, one at each call, when the stream has ended; `null` or `undefined` when that was all. */
  flush?(): O | null | undefined;
}

/**
 * Sends what a filter of the user's makes of each message. The filter may have a memory: what it still has at the end
 * of the stream its `flush()` gives. Without a filter everything passes.
 *
 * The filter owns the message: what it neither gives nor keeps it disposes. What it throws fails the graph.
 *
 * `inbox`: what the filter takes.
 * `outbox`: what it gives.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Filter } from '@kamaelia/components/routing';
 *
 * const strings = new Filter({ filter: (message) => (typeof message === 'string' ? message : null) });
 * await Pipeline(['one', 2, 'three'], strings, (message) => console.log(message)).run();
 */
export class Filter<I = unknown, O = I> extends Component {
  readonly inbox = this.in<I>('inbox');
  readonly outbox = this.out<O>('outbox');
  readonly #filter: MessageFilter<I, O>;

  /** @param filter An object with `filter()`, and `flush()` if it keeps anything. Default: lets everything pass. */
  constructor(filter: MessageFilter<I, O> = { filter: (message) => message as unknown as O }) {
    super();
    if (typeof filter !== 'object' || filter === null || typeof filter.filter !== 'function') {
      throw new TypeError(`Filter: Expected an object with a method filter() but received ${shown(filter)}`);
    }
    if (filter.flush !== undefined && typeof filter.flush !== 'function') {
      throw new TypeError(`Filter: Expected a method for flush but received ${shown(filter.flush)}`);
    }
    this.#filter = filter;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const filter = this.#filter;
    while (!inbox.ended) {
      while (inbox.ready) {
        const result = filter.filter(inbox.recv());
        if (result !== null && result !== undefined) outbox.send(result);
      }
      yield;
    }
    if (filter.flush === undefined) return;
    for (;;) {
      while (!outbox.open) yield;
      const rest = filter.flush();
      if (rest === null || rest === undefined) return;
      outbox.send(rest);
    }
  }
}
