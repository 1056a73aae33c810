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
const CATCH_UP_US = 250_000;

/**
 * Sends messages on at a steady rate: the player's clock, and its buffer against the network's ups and downs.
 *
 * It first waits until `buffer` messages are there (or the stream has ended), then sends one every
 * `1 / messagesPerSecond` seconds by the runtime's clock, against deadlines, so the rate does not drift: no message is
 * sent before its time, and no more than `messagesPerSecond` in any second. It never sends faster to make up for time
 * in which there was nothing to send or its outbox was full.
 *
 * A timer that rings late, because the program was busy, does not move the deadlines: what was due meanwhile follows at
 * once. That may be the messages of a quarter of a second (or one, if that is longer), in addition to those of the
 * second that follows; what it was later than that is not made up for.
 *
 * Nothing is lost: when the stream ends, what is left is sent at the same rate, and when the buffer is full the
 * producer waits.
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
  readonly #catchUpUs: number;
  readonly #buffer: number;

  /** Takes an object of options, or the original's arguments `(messagesPerSecond, buffer)`. */
  constructor(options: MessageRateLimitOptions | number, buffer?: number) {
    super();
    const owner = 'MessageRateLimit';
    const given =
      typeof options === 'number'
        ? { messagesPerSecond: options, buffer }
        : optionsObject(owner, options, ['messagesPerSecond', 'buffer']);
    this.#intervalUs = 1e6 / positiveNumber(owner, 'messagesPerSecond', given.messagesPerSecond);
    // A slow rhythm is kept by the same rule: a timer that is late by less than an interval does not move it.
    this.#catchUpUs = Math.max(CATCH_UP_US, this.#intervalUs);
    this.#buffer = wholeNumber(owner, 'buffer', given.buffer ?? DEFAULT_BUFFER, 0, LARGEST_BUFFER);
    this.inbox = this.in<T>('inbox', { capacity: Math.max(2, this.#buffer) });
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    // Without a producer there is nothing more to gather; the end of the stream wakes this too.
    while (inbox.length < this.#buffer && inbox.linked) yield;
    let dueUs = this.clock.now();
    while (!inbox.ended) {
      if (!inbox.ready) {
        const sinceUs = Math.max(this.clock.now(), dueUs);
        while (!inbox.ready && !inbox.ended) yield;
        // Late for want of a message or of room: by so much the rhythm begins later.
        dueUs += Math.max(0, this.clock.now() - sinceUs);
        continue;
      }
      const nowUs = this.clock.now();
      if (nowUs < dueUs) {
        yield* this.sleepUntil(dueUs);
        // The outbox may have other producers, who filled it meanwhile.
        continue;
      }
      // Late by a timer: those that are due follow at once, but not any number of them.
      dueUs = Math.max(dueUs, nowUs - this.#catchUpUs);
      outbox.send(inbox.recv());
      dueUs += this.#intervalUs;
    }
  }
}
