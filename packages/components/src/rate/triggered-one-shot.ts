// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { messageToSend } from '../messages.js';
import type { OneShotOptions } from './one-shot.js';

/**
 * Waits for anything to arrive, then sends one message and ends. Without a trigger before the end of the stream nothing
 * is sent.
 *
 * `inbox`: messages of any kind; the first is the trigger, and they are disposed.
 * `outbox`: the message.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Ticker, TriggeredOneShot } from '@kamaelia/components/rate';
 *
 * const ticks = new Ticker({ interval: { ms: 20 } });
 * await Pipeline(ticks, new TriggeredOneShot('it ticks'), (message) => console.log(message)).run();
 */
export class TriggeredOneShot<T = unknown> extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #message: T;

  /** A string is the message. */
  constructor(options: OneShotOptions<T> | (T & string)) {
    super();
    this.#message = messageToSend<T>('TriggeredOneShot', options);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let sent = false;
    try {
      while (!inbox.ready) {
        if (inbox.ended) return;
        yield;
      }
      disposeMessage(inbox.recv());
      sent = true;
      outbox.send(this.#message);
    } finally {
      if (!sent) disposeMessage(this.#message);
    }
  }
}
