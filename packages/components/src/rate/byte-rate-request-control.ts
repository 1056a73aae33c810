// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { type RequestControlOptions, RequestSchedule } from './request-schedule.js';

/**
 * Sets the pace of a reader by asking it for so many items at a time: `rate` items a second in chunks of `chunksize`, or
 * `chunkrate` times a second.
 *
 * The first request is made at once, each further one at its deadline on the runtime's clock, so the rate does not
 * drift. Requests are whole numbers; a fraction of a chunk is carried on to the next (`rate: 100, chunkrate: 3` asks
 * for 33, 33, 34 and so on). After a stall, whether of the machine or of whoever takes the requests, it makes up for
 * what was missed: chunk by chunk, or with `allowchunkaggregation` by one larger request.
 *
 * It ends when the reader does.
 *
 * `outbox`: numbers of items, at least 1.
 *
 * @example
 * import { Component, Pipeline } from '@kamaelia/axon';
 * import { ByteRate_RequestControl } from '@kamaelia/components/rate';
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
 * await Pipeline(new ByteRate_RequestControl({ rate: 10_000, chunksize: 320 }), new Reader()).run();
 */
export class ByteRate_RequestControl extends Component {
  readonly outbox = this.out<number>('outbox');
  readonly #schedule: RequestSchedule;

  constructor(options: RequestControlOptions = {}) {
    super();
    this.#schedule = new RequestSchedule('ByteRate_RequestControl', options);
  }

  override *main(): Steps {
    const { outbox } = this;
    const schedule = this.#schedule;
    schedule.begin(this.clock.now());
    for (;;) {
      schedule.reach(this.clock.now());
      while (schedule.waiting && outbox.open) outbox.send(schedule.take());
      if (schedule.waiting) yield;
      else yield* this.sleepUntil(schedule.nextUs);
    }
  }
}
