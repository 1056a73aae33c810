// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { sendToLinked } from './fan-out.js';

/**
 * Sends each message to two places, and each command too. The slower of the two holds back the producer; one that has
 * ended is left out. One that is to miss messages instead has a `Branch` of `@kamaelia/axon` before it.
 *
 * Both get the same object, to be read only. One that has to be disposed is cloned; without `clone()` it fails the graph
 * with a TypeError. The splitter ends with the stream of messages, or, where nothing is linked to `inbox`, with the one of
 * commands.
 *
 * `inbox`: messages of any kind.
 * `control`: commands, messages of any kind. They are read while an outbox is full, too.
 * `outbox`, `outbox2`: the messages.
 * `signal`, `signal2`: the commands. The field of `signal` is `signalBox`.
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
    while (!inbox.ended && !(control.ended && !inbox.linked && inbox.length === 0)) {
      while (control.ready) sendToLinked('TwoWaySplitter', signals, control.recv());
      while (inbox.ready) sendToLinked('TwoWaySplitter', outboxes, inbox.recv());
      yield;
    }
  }
}
