// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, refuseSingleOwner, type Steps } from '@kamaelia/axon';
import { copyOf, messageToSend } from '../messages.js';

/** Options of {@link TriggeredSource}. */
export interface TriggeredSourceOptions<T> {
  /** What is sent, each time. */
  readonly msg: T;
}

/**
 * Sends the same message each time something arrives.
 *
 * `inbox`: messages of any kind, the triggers; they are disposed.
 * `outbox`: the message, to be read only. One that has to be disposed is cloned each time; without `clone()` it is
 * refused at construction.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Ticker } from '@kamaelia/components/rate';
 * import { TriggeredSource } from '@kamaelia/components/routing';
 *
 * const clock = new Ticker({ interval: { ms: 50 }, messages: [1, 2, 3] });
 * await Pipeline(clock, new TriggeredSource('fish'), (word) => console.log(word)).run();
 */
export class TriggeredSource<T = unknown> extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #message: T;

  /** A string is the message. */
  constructor(options: TriggeredSourceOptions<T> | (T & string)) {
    super();
    this.#message = messageToSend<T>('TriggeredSource', options);
    refuseSingleOwner('TriggeredSource', this.#message);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const message = this.#message;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          disposeMessage(inbox.recv());
          outbox.send(copyOf('TriggeredSource', message));
        }
        yield;
      }
    } finally {
      disposeMessage(message);
    }
  }
}
