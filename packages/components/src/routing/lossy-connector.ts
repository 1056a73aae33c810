// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Passes messages on while their destination has room, and drops them while it has none: a consumer that is too slow
 * misses messages instead of holding up the producer. For live sources. How much waits for the consumer is up to its
 * inbox (`capacity`).
 *
 * `inbox`, `outbox`: messages of any kind. What is dropped is disposed, and counted in `dropped`.
 *
 * @example
 * import { Component, Pipeline } from '@kamaelia/axon';
 * import { Ticker } from '@kamaelia/components/rate';
 * import { LossyConnector } from '@kamaelia/components/routing';
 *
 * class Slow extends Component {
 *   inbox = this.in('inbox', { capacity: 1 });
 *   *main() {
 *     while (!this.inbox.ended) {
 *       yield* this.sleep({ ms: 25 });
 *       while (this.inbox.ready) console.log(`tick ${this.inbox.recv()}`);
 *       yield;
 *     }
 *   }
 * }
 * const ticks = new Ticker({ interval: { ms: 10 }, messages: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
 * const lossy = new LossyConnector();
 * await Pipeline(ticks, lossy, new Slow()).run();
 * console.log(`${lossy.dropped} ticks missed`);
 */
export class LossyConnector<T = unknown> extends Component {
  // A control inbox, so that it is read while the outbox is full.
  readonly inbox = this.in<T>('inbox', { priority: 'control' });
  readonly outbox = this.out<T>('outbox');
  #dropped = 0;

  /** Messages dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (outbox.open) {
          outbox.send(message);
        } else {
          this.#dropped++;
          disposeMessage(message);
        }
      }
      yield;
    }
  }
}
