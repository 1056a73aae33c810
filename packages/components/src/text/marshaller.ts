// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { shown } from '../options.js';

/** How a {@link Marshaller} writes messages, and a {@link DeMarshaller} reads them: one object may do both. */
export interface Marshalling<T, S extends string | Uint8Array = string> {
  /** Writes a message. */
  marshall(message: T): S;
  /** Reads what `marshall` wrote; throws when it cannot. */
  demarshall(written: S): T;
}

/**
 * Writes each message as text or bytes, for a network or a file. A message of the stream becomes a message of the stream:
 * where they are not kept apart, as in a TCP connection, `marshall` has to add what tells them apart (see the example).
 *
 * `inbox`: what `marshall` takes; it is disposed once it is written. What `marshall` throws fails the graph.
 * `outbox`: what `marshall` gives.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DeMarshaller, LineSplit, Marshaller } from '@kamaelia/components/text';
 *
 * const json = {
 *   marshall: (message) => `${JSON.stringify(message)}\n`,
 *   demarshall: (line) => JSON.parse(line),
 * };
 * const messages = [{ title: 'News', channel: 1 }, { title: 'Weather', channel: 2 }];
 * // Between these two there could be a TCP connection.
 * const sender = new Marshaller(json);
 * await Pipeline(messages, sender, new LineSplit(), new DeMarshaller(json), (message) => console.log(message)).run();
 */
export class Marshaller<T = unknown, S extends string | Uint8Array = string> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<S>('outbox');
  readonly #marshalling: Pick<Marshalling<T, S>, 'marshall'>;

  /** @param marshalling An object with `marshall()`. */
  constructor(marshalling: Pick<Marshalling<T, S>, 'marshall'>) {
    super();
    if (typeof marshalling?.marshall !== 'function') {
      throw new TypeError(
        `Marshaller: Expected an object with a function marshall() but received ${shown(marshalling)}`,
      );
    }
    this.#marshalling = marshalling;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const marshalling = this.#marshalling;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        try {
          outbox.send(marshalling.marshall(message));
        } finally {
          disposeMessage(message);
        }
      }
      yield;
    }
  }
}
