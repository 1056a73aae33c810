// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';

/**
 * Passes every message on as it is: an echo behind a server, or a place holder for a component that does something.
 *
 * `inbox`, `outbox`: messages of any kind.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { PassThrough } from '@kamaelia/components/routing';
 *
 * await Pipeline(['one', 'two'], new PassThrough(), (line) => console.log(line)).run();
 */
export class PassThrough<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv());
      yield;
    }
  }
}
