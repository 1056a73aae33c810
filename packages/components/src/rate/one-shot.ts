// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { messageToSend } from '../messages.js';

/** Options of {@link OneShot} and {@link TriggeredOneShot}. */
export interface OneShotOptions<T> {
  /** What is sent, once. It belongs to the component from its first slice on. */
  readonly msg: T;
}

/**
 * Sends one message and ends.
 *
 * `outbox`: the message.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { OneShot } from '@kamaelia/components/rate';
 *
 * await Pipeline(new OneShot('a request for the server'), (message) => console.log(message)).run();
 */
export class OneShot<T = unknown> extends Component {
  readonly outbox = this.out<T>('outbox');
  readonly #message: T;

  /** A string is the message. */
  constructor(options: OneShotOptions<T> | (T & string)) {
    super();
    this.#message = messageToSend<T>('OneShot', options);
  }

  override *main(): Steps {
    const { outbox } = this;
    let sent = false;
    try {
      while (!outbox.open) yield;
      sent = true;
      outbox.send(this.#message);
    } finally {
      if (!sent) disposeMessage(this.#message);
    }
  }
}
