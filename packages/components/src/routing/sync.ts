// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { optionsObject, wholeNumber } from '../options.js';

/** Options of {@link Sync}. */
export interface SyncOptions {
  /** Messages that make one, 1 to 2^31. Default 2. */
  readonly n?: number;
}

/**
 * Waits for `n` messages and sends the first of them, again and again: the others say only that they have come, and are
 * disposed. Fewer than `n` at the end of the stream send nothing.
 *
 * `inbox`, `outbox`: messages of any kind. Several producers may be linked to `inbox`, and it is their messages together
 * that count.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { OneShot } from '@kamaelia/components/rate';
 * import { Sync } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   { a: new OneShot('ready\n'), b: new OneShot('ready\n'), both: new Sync({ n: 2 }), screen: new ConsoleEchoer() },
 *   ({ a, b, both, screen }) => [
 *     link(a.outbox, both.inbox),
 *     link(b.outbox, both.inbox),
 *     link(both.outbox, screen.inbox),
 *   ],
 * ).run();
 */
export class Sync<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #n: number;

  /** Takes an object of options, or `n` itself. */
  constructor(options: SyncOptions | number = {}) {
    super();
    const { n = 2 } = typeof options === 'number' ? { n: options } : optionsObject('Sync', options, ['n']);
    this.#n = wholeNumber('Sync', 'n', n, 1, 2 ** 31);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let first: { readonly message: T } | undefined;
    let count = 0;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          const message = inbox.recv();
          if (first === undefined) first = { message };
          else disposeMessage(message);
          if (++count < this.#n) continue;
          outbox.send(first.message);
          first = undefined;
          count = 0;
        }
        yield;
      }
    } finally {
      disposeMessage(first?.message);
    }
  }
}
