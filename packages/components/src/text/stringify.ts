// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { Utf8Input } from './utf8-input.js';

/**
 * Makes text of messages: text stays as it is, bytes are read as UTF-8 (a character may be cut between two messages),
 * and anything else becomes what `String(message)` gives.
 *
 * `inbox`: messages of any kind; they are disposed.
 * `outbox`: a string for each, which may be empty.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { Stringify } from '@kamaelia/components/text';
 *
 * await Pipeline(['text ', new TextEncoder().encode('bytes '), 42], new Stringify(), new ConsoleEchoer()).run();
 */
export class Stringify extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<string>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    const input = new Utf8Input();
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        try {
          outbox.send(message instanceof Uint8Array ? input.take(message) : String(message));
        } finally {
          disposeMessage(message);
        }
      }
      yield;
    }
    const rest = input.end();
    if (rest !== '') outbox.send(rest);
  }
}
