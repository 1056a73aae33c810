// SPDX-License-Identifier: Apache-2.0
import type { Duration } from '@kamaelia/axon';
import { optionsObject } from '../options.js';
import { Ticker } from './ticker.js';

/** Options of {@link CheapAndCheerfulClock}. */
export interface CheapAndCheerfulClockOptions {
  /** Time from one message to the next, above 0: `{ ms: 3000 }`. */
  readonly interval: Duration;
}

/**
 * Sends `true` at once and then every `interval`, for ever, to wake whatever is linked to it. It keeps time as a
 * {@link Ticker} does: no drift, and no ticks in store for a consumer that was busy.
 *
 * `outbox`: `true`.
 *
 * @example
 * import { Component, Pipeline } from '@kamaelia/axon';
 * import { CheapAndCheerfulClock } from '@kamaelia/components/rate';
 *
 * class Memory extends Component {
 *   inbox = this.in('inbox');
 *   *main() {
 *     for (let looks = 0; looks < 3; looks++) {
 *       while (!this.inbox.ready) yield;
 *       this.inbox.recv();
 *       console.log(`${process.memoryUsage().rss} bytes`);
 *     }
 *   }
 * }
 * await Pipeline(new CheapAndCheerfulClock({ interval: { ms: 100 } }), new Memory()).run();
 */
export class CheapAndCheerfulClock extends Ticker<true> {
  constructor(options: CheapAndCheerfulClockOptions) {
    super({ interval: optionsObject('CheapAndCheerfulClock', options, ['interval']).interval, messages: forEver() });
  }
}

function* forEver(): Generator<true, void, undefined> {
  for (;;) yield true;
}
