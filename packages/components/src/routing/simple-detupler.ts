// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { disposeAllBut } from '../messages.js';
import { OnceASecond } from '../once-a-second.js';
import { optionsObject, shown } from '../options.js';

/** Options of {@link SimpleDetupler}. */
export interface SimpleDetuplerOptions<K extends PropertyKey = PropertyKey> {
  /** Place in a list from 0, or name of a field. */
  readonly index: K;
}

/**
 * Takes one item out of each message: the data out of `[sender, data]`, say, or one field of an object. What
 * is left of the message is disposed, so the item must not need it.
 *
 * A message without such an item is dropped; `missing` counts them, and the log says so once a second at most.
 *
 * `inbox`: lists or objects.
 * `outbox`: the item `index` of each.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SimpleDetupler } from '@kamaelia/components/routing';
 *
 * const packets = [[['192.0.2.1', 1600], 'hello'], [['192.0.2.7', 1600], 'world']];
 * await Pipeline(packets, new SimpleDetupler({ index: 1 }), (data) => console.log(data)).run();
 */
export class SimpleDetupler<T = unknown, K extends PropertyKey = PropertyKey> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<K extends keyof T ? T[K] : unknown>('outbox');
  readonly #index: PropertyKey;
  #missing = 0;
  readonly #logging = new OnceASecond();

  /** Takes an object of options, or the index itself. */
  constructor(options: SimpleDetuplerOptions<K> | (K & (number | string))) {
    super();
    const owner = 'SimpleDetupler';
    const index = typeof options === 'object' ? optionsObject(owner, options, ['index']).index : options;
    if (!(Number.isSafeInteger(index) && (index as number) >= 0) && (typeof index !== 'string' || index === '')) {
      throw new TypeError(`${owner}: Expected a whole number from 0 or a name for index but received ${shown(index)}`);
    }
    this.#index = index;
  }

  /** Messages that had no such item. */
  get missing(): number {
    return this.#missing;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const index = this.#index;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (typeof message !== 'object' || message === null || !(index in message)) {
          this.#miss(message);
          continue;
        }
        const item = (message as Record<PropertyKey, unknown>)[index];
        disposeAllBut(item, message);
        outbox.send(item as K extends keyof T ? T[K] : unknown);
      }
      yield;
    }
  }

  #miss(message: T): void {
    this.#missing++;
    if (this.#logging.isDue(this.clock.now())) {
      this.log('warn', `Expected messages with an item ${String(this.#index)} but received one without`, {
        missing: this.#missing,
      });
    }
    disposeMessage(message);
  }
}
