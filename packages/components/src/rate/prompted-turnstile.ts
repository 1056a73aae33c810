// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Holds messages back and lets one through for each request. Requests for which there is no message yet are
 * remembered, and used up as messages come; an {@link OnDemandLimit} forgets them.
 *
 * When the stream has ended and everything is through, the next request ends the turnstile, so whoever asks for one more
 * learns that there is none. Without anybody who asks it ends too.
 *
 * `inbox`: messages of any kind; the queue, 64 long, after which their producer waits.
 * `next`: messages of any kind, each a request for one message; they are disposed. At most 64 wait.
 * `outbox`: the messages, in the order in which they came.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { CheapAndCheerfulClock, PromptedTurnstile } from '@kamaelia/components/rate';
 * import { DataSource } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   {
 *     script: new DataSource(['To be,\n', 'or not to be:\n', 'that is the question.\n']),
 *     gate: new PromptedTurnstile(),
 *     clock: new CheapAndCheerfulClock({ interval: { ms: 50 } }),
 *     screen: new ConsoleEchoer(),
 *   },
 *   ({ script, gate, clock, screen }) => [
 *     link(script.outbox, gate.inbox),
 *     link(clock.outbox, gate.next),
 *     link(gate.outbox, screen.inbox),
 *   ],
 * ).run();
 */
export class PromptedTurnstile<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly next = this.in<unknown>('next');
  readonly outbox = this.out<T>('outbox');

  override *main(): Steps {
    const { inbox, next, outbox } = this;
    for (;;) {
      while (inbox.ready && next.ready) {
        disposeMessage(next.recv());
        outbox.send(inbox.recv());
      }
      if (next.ended || (inbox.ended && (next.length > 0 || !next.linked))) return;
      yield;
    }
  }
}
