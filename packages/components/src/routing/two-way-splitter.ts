// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { sendToLinked } from './fan-out.js';

/**
 * Sends each message to two places, and each command too. The slower of the two holds back the producer; one that has
 * ended is left out.
 *
 * It ends with the stream at `inbox`, or, where nothing is linked to that, with the one at `control`.
 *
 * `inbox`: messages for `outbox` and `outbox2`; `control`: messages for `signal` and `signal2`.
 * `outbox`, `outbox2`, `signal` (the field `signalBox`), `signal2`: the messages. Both places get the same object, to be read only. One that has to
 * be disposed is cloned; without `clone()` it fails the graph with a TypeError.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { DataSource, TwoWaySplitter } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   {
 *     source: new DataSource(['one\n', 'two\n']),
 *     split: new TwoWaySplitter(),
 *     a: new ConsoleEchoer({ tag: 'a: ' }),
 *     b: new ConsoleEchoer({ tag: 'b: ' }),
 *   },
 *   ({ source, split, a, b }) => [
 *     link(source.outbox, split.inbox),
 *     link(split.outbox, a.inbox),
 *     link(split.outbox2, b.inbox),
 *   ],
 * ).run();
 */
export class TwoWaySplitter<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly control = this.in<unknown>('control');
  readonly outbox = this.out<T>('outbox');
  readonly outbox2 = this.out<T>('outbox2');
  readonly signalBox = this.out<unknown>('signal');
  readonly signal2 = this.out<unknown>('signal2', { role: 'control' });

  override *main(): Steps {
    const { inbox, control } = this;
    const outboxes = [this.outbox, this.outbox2];
    const signals = [this.signalBox, this.signal2];
    while (!inbox.ended && !(control.ended && !inbox.linked)) {
      while (control.ready) sendToLinked('TwoWaySplitter', signals, control.recv());
      while (inbox.ready) sendToLinked('TwoWaySplitter', outboxes, inbox.recv());
      yield;
    }
  }
}
