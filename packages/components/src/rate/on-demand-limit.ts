// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Holds messages back and lets one go for each `'NEXT'`. A request for which there is no message is forgotten; a
 * {@link PromptedTurnstile} remembers it.
 *
 * It ends when the last message of an ended stream has been let go, or when nobody can ask for more.
 *
 * `inbox`: messages of any kind; the queue, 64 long, after which their producer waits.
 * `slidecontrol`: `'NEXT'`; anything else is ignored and disposed. Requests wait while the outbox is full.
 * `outbox`: the messages, in the order in which they came.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { OnDemandLimit, Ticker } from '@kamaelia/components/rate';
 * import { DataSource } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   {
 *     slides: new DataSource(['first\n', 'second\n', 'third\n']),
 *     limit: new OnDemandLimit(),
 *     button: new Ticker({ interval: { ms: 50 }, messages: ['NEXT', 'NEXT', 'NEXT'] }),
 *     screen: new ConsoleEchoer(),
 *   },
 *   ({ slides, limit, button, screen }) => [
 *     link(slides.outbox, limit.inbox),
 *     link(button.outbox, limit.slidecontrol),
 *     link(limit.outbox, screen.inbox),
 *   ],
 * ).run();
 */
export class OnDemandLimit<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly slidecontrol = this.in<unknown>('slidecontrol');
  readonly outbox = this.out<T>('outbox');

  override *main(): Steps {
    const { inbox, slidecontrol, outbox } = this;
    while (!inbox.ended && !slidecontrol.ended) {
      while (slidecontrol.ready) {
        const request = slidecontrol.recv();
        if (request !== 'NEXT') disposeMessage(request);
        else if (inbox.length > 0) outbox.send(inbox.recv());
      }
      yield;
    }
  }
}
