// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { disposeAllBut } from '../messages.js';
import { shown } from '../options.js';

/**
 * Sends the greatest item of each list, by `>`; among equals the first. What is not greater than anything, as `NaN`, is
 * never chosen before something else.
 *
 * `inbox`: lists of numbers, text or other things that can be compared; an empty one, or no list, fails the graph.
 * `outbox`: the greatest item of each.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Max } from '@kamaelia/components/routing';
 *
 * await Pipeline([[1, 4, 2, 3], ['d', 'a'], ['xx', 'xxx']], new Max(), (greatest) => console.log(greatest)).run();
 */
export class Max<T = unknown> extends Component {
  readonly inbox = this.in<readonly T[]>('inbox');
  readonly outbox = this.out<T>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const items = inbox.recv();
        if (!Array.isArray(items))
          throw new TypeError(`Max: Expected a list for a message but received ${shown(items)}`);
        if (items.length === 0) throw new RangeError('Max: Expected a list with an item but received an empty one');
        const greatest = greatestOf(items);
        disposeAllBut(greatest, items);
        outbox.send(greatest);
      }
      yield;
    }
  }
}

function greatestOf<T>(items: readonly T[]): T {
  return items.reduce((greatest, item) => (item > greatest || Number.isNaN(greatest) ? item : greatest));
}
