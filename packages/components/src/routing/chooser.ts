// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, refuseSingleOwner, type Steps } from '@kamaelia/axon';
import { copyOf } from '../messages.js';
import { isIterable, iterable, optionsObject, trueOrFalse } from '../options.js';

/** What a {@link Chooser} understands. */
export type ChooserCommand = 'NEXT' | 'PREV' | 'FIRST' | 'LAST' | 'SAME';

/** Options of {@link Chooser}. */
export interface ChooserOptions<T> {
  /** The items to choose from, copied into a list. Default none. */
  readonly items?: Iterable<T>;
  /** Goes on with the first item behind the last, and with the last before the first. Default false. */
  readonly loop?: boolean;
}

/**
 * Steps through a list of items, forwards and backwards, as it is told. It begins by sending the first.
 *
 * `'NEXT'` and `'PREV'` move one item on or back and send that; where there is none they send nothing, unless `loop` is
 * set. `'FIRST'` and `'LAST'` go there and send. `'SAME'`, and whatever it does not know, sends the present item again.
 * An empty list sends nothing at all.
 *
 * It ends when nobody can tell it anything any more.
 *
 * `inbox`: commands; messages that are none are disposed.
 * `outbox`: items. Those that have to be disposed are sent as clones; one without `clone()` is refused at construction.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Chooser } from '@kamaelia/components/routing';
 *
 * const slides = new Chooser({ items: ['one.png', 'two.png', 'three.png'] });
 * await Pipeline(['NEXT', 'NEXT', 'PREV'], slides, (name) => console.log(name)).run();
 */
export class Chooser<T = unknown> extends Component {
  readonly inbox = this.in<ChooserCommand>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #items: readonly T[];
  readonly #loop: boolean;
  #index = 0;

  /** Takes an object of options, or the original's arguments `(items, loop)`. */
  constructor(options: ChooserOptions<T> | Iterable<T> = {}, loop?: boolean) {
    super();
    const owner = 'Chooser';
    const given = isIterable(options) ? { items: options, loop } : optionsObject(owner, options, ['items', 'loop']);
    this.#items = [...iterable(owner, 'items', given.items ?? [])];
    this.#loop = trueOrFalse(owner, 'loop', given.loop ?? false);
    for (const item of this.#items) refuseSingleOwner(owner, item);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    try {
      while (!outbox.open) yield;
      this.#sendCurrent();
      while (!inbox.ended) {
        while (inbox.ready) if (this.#obey(inbox.recv())) this.#sendCurrent();
        yield;
      }
    } finally {
      this.#items.forEach(disposeMessage);
    }
  }

  /** Moves as it is told; true if the item is to be sent. */
  #obey(command: ChooserCommand): boolean {
    if (command === 'NEXT') return this.gotoNext();
    if (command === 'PREV') return this.gotoPrev();
    if (command === 'FIRST') return this.gotoFirst();
    if (command === 'LAST') return this.gotoLast();
    disposeMessage(command);
    return true;
  }

  #sendCurrent(): void {
    if (this.#items.length > 0) this.outbox.send(copyOf('Chooser', this.getCurrentChoice()));
  }

  /** The present item, which belongs to the chooser. Throws a RangeError when there are no items. */
  getCurrentChoice(): T {
    if (this.#items.length === 0) {
      throw new RangeError(`${this.path}: Expected an item to choose but received an empty list of items`);
    }
    return this.#items[this.#index] as T;
  }

  /** Moves one item on. False, and nothing moves, when there is none. */
  gotoNext(): boolean {
    return this.#goto(this.#index + 1);
  }

  /** Moves one item back. False, and nothing moves, when there is none. */
  gotoPrev(): boolean {
    return this.#goto(this.#index - 1);
  }

  /** Goes to the first item. False when there are no items. */
  gotoFirst(): boolean {
    return this.#goto(0);
  }

  /** Goes to the last item. False when there are no items. */
  gotoLast(): boolean {
    return this.#goto(this.#items.length - 1);
  }

  #goto(index: number): boolean {
    const { length } = this.#items;
    const inside = this.#loop && length > 0 ? (index + length) % length : index;
    if (inside < 0 || inside >= length) return false;
    this.#index = inside;
    return true;
  }
}
