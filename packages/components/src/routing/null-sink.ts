// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Takes every message at once and disposes it: for an outbox that nobody wants while its component is to go on. (What is
 * sent to an outbox without a link is disposed too.)
 *
 * `inbox`: messages of any kind.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { nullSink, PureTransformer } from '@kamaelia/components/routing';
 *
 * let count = 0;
 * await Pipeline(['one', 'two'], new PureTransformer(() => ++count), new nullSink()).run();
 * console.log(`${count} messages`);
 */
export class nullSink extends Component {
  readonly inbox = this.in<unknown>('inbox');

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      inbox.takeAll().forEach(disposeMessage);
      yield;
    }
  }
}
