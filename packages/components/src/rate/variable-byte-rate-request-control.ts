// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { type RequestControlOptions, RequestSchedule } from './request-schedule.js';

/**
 * A {@link ByteRate_RequestControl} whose rate can be changed while it runs. The size of a chunk stays as it was given,
 * so another rate changes how often it asks.
 *
 * A new rate holds from the instant it arrives, without a jump: the part of the present interval that has passed counts
 * at the old rate, the rest at the new one. The same rate again changes nothing.
 *
 * It ends when the reader does, or when the source of rates has ended; without such a source it is a
 * `ByteRate_RequestControl`.
 *
 * `inbox`: the new rate in items a second, a finite number above 0; anything else fails the graph with a TypeError or
 * RangeError. It is read even while the reader takes no more requests.
 * `outbox`: numbers of items, at least 1.
 *
 * @example
 * import { Component, Pipeline } from '@kamaelia/axon';
 * import { Ticker, VariableByteRate_RequestControl } from '@kamaelia/components/rate';
 *
 * class Reader extends Component {
 *   inbox = this.in('inbox');
 *   *main() {
 *     let position = 0;
 *     while (position < 1000 && !this.inbox.ended) {
 *       while (this.inbox.ready) position += this.inbox.recv();
 *       console.log(`read up to byte ${position}`);
 *       yield;
 *     }
 *   }
 * }
 * const rates = new Ticker({ interval: { ms: 20 }, messages: [10_000, 20_000, 40_000, 80_000] });
 * await Pipeline(rates, new VariableByteRate_RequestControl({ rate: 5000, chunksize: 100 }), new Reader()).run();
 */
export class VariableByteRate_RequestControl extends Component {
  readonly inbox = this.in<number>('inbox', { priority: 'control' });
  readonly outbox = this.out<number>('outbox');
  readonly #schedule: RequestSchedule;
  /** Alarms that have not rung, the earliest last. */
  readonly #alarmsUs: number[] = [];

  constructor(options: RequestControlOptions = {}) {
    super();
    this.#schedule = new RequestSchedule('VariableByteRate_RequestControl', options);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const schedule = this.#schedule;
    schedule.begin(this.clock.now());
    while (!inbox.ended) {
      const nowUs = this.clock.now();
      while (inbox.ready) schedule.changeRate(inbox.recv(), nowUs);
      schedule.reach(nowUs);
      while (schedule.waiting && outbox.open) outbox.send(schedule.take());
      if (!schedule.waiting) this.#wakeBy(schedule.nextUs, nowUs);
      yield;
    }
  }

  /** An alarm cannot be taken back, so an earlier one is made to do; this is looked at again when it rings. */
  #wakeBy(dueUs: number, nowUs: number): void {
    const alarmsUs = this.#alarmsUs;
    while ((alarmsUs.at(-1) ?? Number.POSITIVE_INFINITY) <= nowUs) alarmsUs.pop();
    if ((alarmsUs.at(-1) ?? Number.POSITIVE_INFINITY) <= dueUs) return;
    alarmsUs.push(dueUs);
    this.wakeAt(dueUs);
  }
}
