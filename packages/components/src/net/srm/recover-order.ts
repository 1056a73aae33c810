// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Inbox, type Outbox, type Steps } from '@kamaelia/axon';
import { OnceASecond } from '../../once-a-second.js';
import { optionsObject, shown, wholeNumber } from '../../options.js';
import type { Tagged } from './simple-frame.js';

/** Options of {@link RecoverOrder}. */
export interface RecoverOrderOptions {
  /** Messages that are kept to be put in order, 1 to 65536. Default 30. */
  readonly bufsize?: number;
  /** Where the numbers begin again at 0, 2 to 2⁵² - 1. Default 2³². */
  readonly modulo?: number;
}

/** Counters of a {@link RecoverOrder}. */
export interface RecoverOrderStats {
  /** Dropped, for they had come before. */
  readonly duplicates: number;
  /** Sent on out of order, for they came behind more than `bufsize` later ones. */
  readonly late: number;
  /** Dropped, for their number is none below `modulo`. */
  readonly damaged: number;
}

interface Kept<T> {
  readonly message: Tagged<T>;
  /** Its number, counted on where the numbers begin again. */
  readonly place: number;
}

const DEFAULT_BUFFER = 30;
const DEFAULT_MODULO = 2 ** 32;

/**
 * Puts numbered messages in order, and drops those that came twice.
 *
 * It keeps `bufsize` messages; with each that comes then, the one with the lowest number goes on. Numbers begin again
 * at `modulo`: one is early or late by whichever of both is less far from those that are kept. One that comes too late
 * is sent on all the same, out of order, and counted. At the end of the stream it sends on what it has.
 *
 * `inbox`, `outbox`: `[number, message]`, the number whole and from 0 to below `modulo`, the message of any kind.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { RecoverOrder } from '@kamaelia/components/net';
 *
 * const mixed = [[2, 'two'], [1, 'one'], [2, 'two'], [3, 'three']];
 * await Pipeline(mixed, new RecoverOrder(), ([n, word]) => console.log(n, word)).run();
 */
export class RecoverOrder<T = unknown> extends Component {
  readonly inbox: Inbox<Tagged<T>> = this.in<Tagged<T>>('inbox');
  readonly outbox: Outbox<Tagged<T>> = this.out<Tagged<T>>('outbox');
  readonly #size: number;
  readonly #modulo: number;
  readonly #seldom = new OnceASecond();
  /** By place. */
  readonly #kept: Kept<T>[] = [];
  /** Places of those sent last, as many as are kept: a message that comes again later is taken for a late one. */
  readonly #sent = new Set<number>();
  #sentTo = Number.NEGATIVE_INFINITY;
  #duplicates = 0;
  #late = 0;
  #damaged = 0;

  constructor(options: RecoverOrderOptions = {}) {
    super();
    const owner = 'RecoverOrder';
    const { bufsize = DEFAULT_BUFFER, modulo = DEFAULT_MODULO } = optionsObject(owner, options, ['bufsize', 'modulo']);
    this.#size = wholeNumber(owner, 'bufsize', bufsize, 1, 65_536);
    this.#modulo = wholeNumber(owner, 'modulo', modulo, 2, 2 ** 52 - 1);
  }

  /** What it has done so far. */
  get stats(): RecoverOrderStats {
    return { duplicates: this.#duplicates, late: this.#late, damaged: this.#damaged };
  }

  override *main(): Steps {
    const { inbox } = this;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          this.#keep(inbox.recv());
          if (this.#kept.length >= this.#size) this.#sendFirst();
        }
        yield;
      }
      while (this.#kept.length > 0) {
        while (!this.outbox.open) yield;
        this.#sendFirst();
      }
    } finally {
      for (const { message } of this.#kept) disposeMessage(message[1]);
      this.#kept.length = 0;
    }
  }

  #keep(message: Tagged<T>): void {
    if (!Array.isArray(message) || message.length !== 2 || typeof message[0] !== 'number') {
      throw new TypeError(`RecoverOrder: Expected [number, message] but received ${shown(message)}`);
    }
    const [number] = message;
    if (!Number.isInteger(number) || number < 0 || number >= this.#modulo) {
      this.#damaged++;
      this.#drop(message, `a message is dropped: Expected a number below ${this.#modulo} but received ${number}`);
      return;
    }
    const place = this.#placeOf(number);
    const kept = this.#kept;
    const at = this.#behind(place);
    if (kept[at - 1]?.place === place || this.#sent.has(place)) {
      this.#duplicates++;
      disposeMessage(message[1]);
      return;
    }
    kept.splice(at, 0, { message, place });
  }

  /** Index of the first kept message that belongs behind this place. */
  #behind(place: number): number {
    const kept = this.#kept;
    let low = 0;
    let high = kept.length;
    // Most come in order.
    if (high === 0 || (kept[high - 1] as Kept<T>).place <= place) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[middle] as Kept<T>).place <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where the number stands among all that have come, by the nearest way from the middle of those that are kept. */
  #placeOf(number: number): number {
    const modulo = this.#modulo;
    const middle = this.#kept[this.#kept.length >> 1]?.place ?? this.#sentTo;
    if (middle === Number.NEGATIVE_INFINITY) return number;
    const half = Math.floor(modulo / 2);
    const ahead = (((number - middle + half) % modulo) + modulo) % modulo;
    return middle + ahead - half;
  }

  #sendFirst(): void {
    const { message, place } = this.#kept.shift() as Kept<T>;
    if (place < this.#sentTo) this.#late++;
    else this.#sentTo = place;
    this.#sent.add(place);
    if (this.#sent.size > this.#size) {
      const [oldest] = this.#sent;
      this.#sent.delete(oldest as number);
    }
    this.outbox.send(message);
  }

  #drop(message: Tagged<T>, why: string): void {
    disposeMessage(message[1]);
    if (this.#seldom.isDue(this.clock.now())) this.log('warn', why, { damaged: this.#damaged });
  }
}
