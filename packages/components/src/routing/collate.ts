// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { owningList } from '../messages.js';
import { optionsObject, wholeNumber } from '../options.js';

/** Options of {@link Collate}. */
export interface CollateOptions {
  /** Messages it gathers at most, 1 to 2^31; one more fails the graph with a RangeError. Default 65536. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 65_536;

/**
 * Gathers a whole stream and sends it as one list when it has ended.
 *
 * `inbox`: messages of any kind.
 * `outbox`: one list of them, in their order; an empty one for an empty stream. Where messages have to be disposed,
 * disposing the list does that.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Collate } from '@kamaelia/components/routing';
 *
 * await Pipeline(['one', 'two', 'three'], new Collate(), (words) => console.log(words.join(' '))).run();
 */
export class Collate<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T[]>('outbox');
  readonly #limit: number;

  constructor(options: CollateOptions = {}) {
    super();
    const { limit = DEFAULT_LIMIT } = optionsObject('Collate', options, ['limit']);
    this.#limit = wholeNumber('Collate', 'limit', limit, 1, 2 ** 31);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let gathered: T[] = [];
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          gathered.push(inbox.recv());
          if (gathered.length > this.#limit) {
            throw new RangeError(`Collate: Expected at most ${this.#limit} messages (option limit) but received more`);
          }
        }
        yield;
      }
      while (!outbox.open) yield;
      const list = owningList(gathered);
      gathered = [];
      outbox.send(list);
    } finally {
      gathered.forEach(disposeMessage);
    }
  }
}
