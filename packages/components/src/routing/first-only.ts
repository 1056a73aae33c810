// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Passes the first message on, which is then all of its stream. The other messages are taken and disposed, so that their
 * producer goes on.
 *
 * `inbox`, `outbox`: messages of any kind.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { FirstOnly, SimpleDetupler } from '@kamaelia/components/routing';
 *
 * const frames = [{ width: 720, height: 576 }, { width: 720, height: 576 }];
 * await Pipeline(frames, new FirstOnly(), new SimpleDetupler('width'), (width) => console.log(width)).run();
 */
export class FirstOnly<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ready) {
      if (inbox.ended) return;
      yield;
    }
    outbox.send(inbox.recv());
    outbox.close();
    while (!inbox.ended) {
      inbox.takeAll().forEach(disposeMessage);
      yield;
    }
  }
}
