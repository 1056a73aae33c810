// SPDX-License-Identifier: Apache-2.0
import { Component, type Inbox, type Outbox, type Steps } from '@kamaelia/axon';
import { optionsObject, positiveNumber, wholeNumber } from '../options.js';

/** Options of {@link MessageRateLimit}. */
export interface MessageRateLimitOptions {
  /** Messages a second that are sent at most; above 0, may have a fraction (`30000 / 1001`). */
  readonly messagesPerSecond: number;
  /** Messages that are gathered before the first is sent, 0 to 65536, default 60. Also what it holds at most. */
  readonly buffer?: number;
}

const DEFAULT_BUFFER = 60;
const LARGEST_BUFFER = 65_536;

/**
 * Sends messages on at a steady rate: the player's clock, and its buffer against the network's ups and downs.
 *
 * It first waits until `buffer` messages are there (or the stream has ended), then sends one every
 * `1 / messagesPerSecond` seconds by the runtime's clock, against deadlines, so the rate does not drift. It never
 * sends faster to make up for time in which there was nothing to send or its outbox was full. Nothing is lost: when
 * the stream ends, what is left is sent at the same rate, and when the buffer is full the producer waits.
 *
 * `inbox`, `outbox`: messages of any kind, passed on as they are. With a buffer of frames their pool must have that
 * many to spare.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { MessageRateLimit } from '@kamaelia/components/rate';
 *
 * const ticks = ['one', 'two', 'three'];
 * await Pipeline(ticks, new MessageRateLimit({ messagesPerSecond: 10, buffer: 2 }), (tick) => console.log(tick)).run();
 */
export class MessageRateLimit<T = unknown> extends Component {
  readonly inbox: Inbox<T>;
  readonly outbox: Outbox<T> = this.out<T>('outbox');
  readonly #intervalUs: number;
  readonly #buffer: number;

  /** Takes an object of options, or the original's arguments `(messagesPerSecond, buffer)`. */
  constructor(options: MessageRateLimitOptions | number, buffer?: number) {
    super();
    const owner = 'MessageRateLimit';
    const given = typeof options === 'number' ? { messagesPerSecond: options, buffer } : optionsObject(owner, options);
    this.#intervalUs = 1e6 / positiveNumber(owner, 'messagesPerSecond', given.messagesPerSecond);
    this.#buffer = wholeNumber(owner, 'buffer', given.buffer ?? DEFAULT_BUFFER, 0, LARGEST_BUFFER);
    this.inbox = this.in<T>('inbox', { capacity: Math.max(2, this.#buffer) });
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    // Without a producer there is nothing more to gather; the end of the stream wakes this too.
    while (inbox.length < this.#buffer && inbox.linked) yield;
    let dueUs = this.clock.now();
    while (!inbox.ended) {
      let waited = false;
      while (!inbox.ended && !inbox.ready) {
        waited = true;
        yield;
      }
      if (inbox.ended) return;
      const nowUs = this.clock.now();
      if (nowUs < dueUs) {
        yield* this.sleepUntil(dueUs);
        // The outbox may have other producers, who filled it meanwhile.
        if (!inbox.ready) continue;
      } else if (waited || nowUs - dueUs > this.#intervalUs) {
        // Late for want of a message or of room: the rhythm begins anew. Late by a timer: the next one is on time.
        dueUs = nowUs;
      }
      outbox.send(inbox.recv());
      dueUs += this.#intervalUs;
    }
  }
}
