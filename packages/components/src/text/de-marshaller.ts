// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { OnceASecond } from '../once-a-second.js';
import { shown } from '../options.js';
import type { Marshalling } from './marshaller.js';

/**
 * Reads messages that a {@link Marshaller} wrote. What `demarshall` throws for is dropped; `damaged` counts it, and the log
 * says so once a second at most.
 *
 * `inbox`: what was written, one whole message each.
 * `outbox`: what `demarshall` gives.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DeMarshaller } from '@kamaelia/components/text';
 *
 * const reader = new DeMarshaller({ demarshall: JSON.parse });
 * await Pipeline(['{"channel":1}', '{"chan', '{"channel":2}'], reader, (message) => console.log(message)).run();
 * console.log(`${reader.damaged} damaged`);
 */
export class DeMarshaller<T = unknown, S extends string | Uint8Array = string> extends Component {
  readonly inbox = this.in<S>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #marshalling: Pick<Marshalling<T, S>, 'demarshall'>;
  #damaged = 0;
  readonly #logging = new OnceASecond();

  /** @param marshalling An object with `demarshall()`. */
  constructor(marshalling: Pick<Marshalling<T, S>, 'demarshall'>) {
    super();
    if (typeof marshalling?.demarshall !== 'function') {
      throw new TypeError(
        `DeMarshaller: Expected an object with a function demarshall() but received ${shown(marshalling)}`,
      );
    }
    this.#marshalling = marshalling;
  }

  /** Messages that could not be read. */
  get damaged(): number {
    return this.#damaged;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const marshalling = this.#marshalling;
    while (!inbox.ended) {
      while (inbox.ready) {
        let message: T;
        try {
          message = marshalling.demarshall(inbox.recv());
        } catch (error) {
          this.#damage(error);
          continue;
        }
        outbox.send(message);
      }
      yield;
    }
  }

  #damage(error: unknown): void {
    this.#damaged++;
    if (!this.#logging.isDue(this.clock.now())) return;
    const why = error instanceof Error ? error.message : String(error);
    this.log('warn', `a message cannot be read: ${why}`, { damaged: this.#damaged });
  }
}
