// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { isIterable, iterable, optionsObject, shown } from '../options.js';

/** What a {@link RangeFilter} takes: a list whose first item can be compared. */
export type Ranged = readonly [number | bigint | string, ...unknown[]];

/** The least and the greatest value of a range; both belong to it. */
export type Range<V = number> = readonly [low: V, high: V];

/** Options of {@link RangeFilter}. */
export interface RangeFilterOptions<V = number> {
  /** Ranges, in any order; they may overlap. */
  readonly ranges: Iterable<Range<V>>;
}

/**
 * Lets through the messages whose first item lies in one of some ranges, such as the pictures with certain numbers
 * behind a {@link TagWithSequenceNumber}. The others are disposed.
 *
 * `inbox`: lists whose item 0 is the value to look at.
 * `outbox`: those of them that are in range, as they came.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { RangeFilter, TagWithSequenceNumber } from '@kamaelia/components/routing';
 *
 * const letters = 'abcdefghij';
 * const some = new RangeFilter({ ranges: [[1, 2], [5, 7]] });
 * await Pipeline([...letters], new TagWithSequenceNumber(), some, (message) => console.log(message)).run();
 */
export class RangeFilter<T extends Ranged = readonly [number, ...unknown[]]> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #ranges: readonly Range<T[0]>[];

  /** Takes an object of options, or the ranges themselves. */
  constructor(options: RangeFilterOptions<T[0]> | Iterable<Range<T[0]>>) {
    super();
    const owner = 'RangeFilter';
    const given = isIterable(options) ? options : optionsObject(owner, options, ['ranges']).ranges;
    this.#ranges = [...iterable(owner, 'ranges', given)].map((range) => {
      const [low, high] = Array.isArray(range) ? (range as unknown as Range<T[0]>) : [];
      if (low !== undefined && high !== undefined && low <= high) return [low, high];
      throw new TypeError(`${owner}: Expected [low, high] with low <= high for a range but received ${shown(range)}`);
    });
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (this.#isInRange(message)) outbox.send(message);
        else disposeMessage(message);
      }
      yield;
    }
  }

  #isInRange(message: T): boolean {
    const value = (message as readonly [T[0]] | null | undefined)?.[0];
    if (value === undefined) return false;
    return this.#ranges.some(([low, high]) => value >= low && value <= high);
  }
}
