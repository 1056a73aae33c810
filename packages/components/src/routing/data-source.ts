// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { isIterable, iterable, optionsObject } from '../options.js';

/** Options of {@link DataSource}. */
export interface DataSourceOptions<T> {
  /** What is sent. A list is copied and left as it is; another iterable is asked for each message as the one before was sent. */
  readonly messages: Iterable<T>;
}

/**
 * Sends the messages it was given, one after another, and ends.
 *
 * The messages belong to it from its first slice on: those of a list that are not sent, because it was stopped, are
 * disposed.
 *
 * `outbox`: the messages.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DataSource } from '@kamaelia/components/routing';
 *
 * await Pipeline(new DataSource(['hello', 'world']), (message) => console.log(message)).run();
 */
export class DataSource<T = unknown> extends Component {
  readonly outbox = this.out<T>('outbox');
  readonly #messages: Iterable<T>;

  /** Takes an object of options, or the messages themselves. */
  constructor(options: DataSourceOptions<T> | Iterable<T>) {
    super();
    const owner = 'DataSource';
    const given = isIterable(options) ? options : optionsObject(owner, options, ['messages']).messages;
    const messages = iterable(owner, 'messages', given);
    this.#messages = Array.isArray(messages) ? [...messages] : messages;
  }

  override *main(): Steps {
    const { outbox } = this;
    const messages = this.#messages;
    let sent = 0;
    let unsent: { readonly message: T } | undefined;
    try {
      for (const message of messages) {
        unsent = { message };
        while (!outbox.open) yield;
        unsent = undefined;
        sent++;
        outbox.send(message);
      }
    } finally {
      if (Array.isArray(messages)) messages.slice(sent).forEach(disposeMessage);
      else if (unsent !== undefined) disposeMessage(unsent.message);
    }
  }
}
