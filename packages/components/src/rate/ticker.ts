// SPDX-License-Identifier: Apache-2.0
import { Component, type Duration, disposeMessage, type Steps } from '@kamaelia/axon';
import { iterable, optionsObject, positiveUs } from '../options.js';

/** Options of {@link Ticker}. */
export interface TickerOptions<T = number> {
  /** Time from one message to the next, above 0: `{ ms: 40 }`. */
  readonly interval: Duration;
  /**
   * What is sent, one at each tick; the ticker ends after the last. They belong to the ticker, which asks for each as
   * it has sent the one before. Default: 0, 1, 2 and so on for ever.
   */
  readonly messages?: Iterable<T>;
}

/**
 * Sends a message at regular times: the first at once, each further one at its deadline on the runtime's clock, so the
 * ticks do not drift.
 *
 * While its outbox is full it waits with its message; the ticks it misses meanwhile are left out, and it falls back into
 * its rhythm.
 *
 * `outbox`: the numbers of the messages from 0, or those given.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Ticker } from '@kamaelia/components/rate';
 *
 * const words = ['To', 'strive,', 'to', 'seek,', 'to', 'find,'];
 * await Pipeline(new Ticker({ interval: { ms: 50 }, messages: words }), (word) => console.log(word)).run();
 */
export class Ticker<T = number> extends Component {
  readonly outbox = this.out<T>('outbox');
  readonly #intervalUs: number;
  readonly #messages: Iterable<T>;

  constructor(options: TickerOptions<T>) {
    super();
    const owner = new.target.name;
    // Without messages the type parameter is what the numbers have.
    const { interval, messages = numbers() as Iterable<T> } = optionsObject(owner, options, ['interval', 'messages']);
    this.#intervalUs = positiveUs(owner, 'interval', interval);
    this.#messages = iterable(owner, 'messages', messages);
  }

  override *main(): Steps {
    const { outbox } = this;
    const intervalUs = this.#intervalUs;
    const begunUs = this.clock.now();
    let tick = 0;
    let unsent: { readonly message: T } | undefined;
    try {
      for (const message of this.#messages) {
        unsent = { message };
        const dueUs = begunUs + tick * intervalUs;
        if (this.clock.now() < dueUs) yield* this.sleepUntil(dueUs);
        while (!outbox.open) yield;
        unsent = undefined;
        outbox.send(message);
        tick = Math.max(tick, Math.floor((this.clock.now() - begunUs) / intervalUs)) + 1;
      }
    } finally {
      if (unsent !== undefined) disposeMessage(unsent.message);
    }
  }
}

function* numbers(): Generator<number, void, undefined> {
  for (let n = 0; ; n++) yield n;
}
