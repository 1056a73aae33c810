// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { copyOf } from '../messages.js';
import { isIterable, iterable, optionsObject } from '../options.js';

/** Options of {@link ForwardIteratingChooser}. */
export interface ForwardIteratingChooserOptions<T> {
  /** The items, asked for one by one; there may be no end of them. Default none. */
  readonly items?: Iterable<T>;
}

/**
 * Steps through the items of any iterable as it is told, a generator without an end too. It begins by sending the first.
 *
 * `'NEXT'` sends the next item; where there is none it ends. `'SAME'` sends the present item again. Everything else is
 * ignored. It also ends when nobody can tell it anything any more; the iterable is then closed.
 *
 * `inbox`: `'NEXT'` and `'SAME'`; messages that are none are disposed.
 * `outbox`: items. Those that have to be disposed are sent as clones; one without `clone()` fails the graph.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ForwardIteratingChooser } from '@kamaelia/components/routing';
 *
 * function* files() {
 *   for (let n = 1; ; n++) yield `part-${n}.ts`;
 * }
 * await Pipeline(['NEXT', 'NEXT'], new ForwardIteratingChooser(files()), (name) => console.log(name)).run();
 */
export class ForwardIteratingChooser<T = unknown> extends Component {
  readonly inbox = this.in<'NEXT' | 'SAME'>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #items: Iterator<T>;
  /** The present item; absent before the first was asked for, and when there was none. */
  #current: { readonly item: T } | undefined;
  #begun = false;
  #ended = false;

  /** Takes an object of options, or the items themselves. */
  constructor(options: ForwardIteratingChooserOptions<T> | Iterable<T> = {}) {
    super();
    const owner = 'ForwardIteratingChooser';
    const given = isIterable(options) ? options : (optionsObject(owner, options, ['items']).items ?? []);
    this.#items = iterable(owner, 'items', given)[Symbol.iterator]();
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    try {
      while (!outbox.open) yield;
      this.#sendCurrent();
      while (!inbox.ended) {
        while (inbox.ready) {
          const command = inbox.recv();
          if (command === 'NEXT' && !this.gotoNext()) return;
          if (command === 'NEXT' || command === 'SAME') this.#sendCurrent();
          else disposeMessage(command);
        }
        yield;
      }
    } finally {
      disposeMessage(this.#current?.item);
      if (!this.#ended) this.#items.return?.();
    }
  }

  #sendCurrent(): void {
    this.#begin();
    if (this.#current !== undefined) this.outbox.send(copyOf('ForwardIteratingChooser', this.#current.item));
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#advance();
  }

  /** The present item, which belongs to the chooser. Throws a RangeError when there was none at all. */
  getCurrentChoice(): T {
    this.#begin();
    if (this.#current !== undefined) return this.#current.item;
    throw new RangeError(`${this.path}: Expected an item to choose but received an empty list of items`);
  }

  /** Moves one item on. False, and the last item stays the present one, when there is none. */
  gotoNext(): boolean {
    this.#begin();
    return this.#advance();
  }

  #advance(): boolean {
    if (this.#ended) return false;
    const { done, value } = this.#items.next();
    if (done === true) {
      this.#ended = true;
      return false;
    }
    disposeMessage(this.#current?.item);
    this.#current = { item: value };
    return true;
  }
}
