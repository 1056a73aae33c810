// SPDX-License-Identifier: Apache-2.0
import { Component, type Outbox, type Steps } from '@kamaelia/axon';
import { isIterable, iterable, nonEmptyString, optionsObject } from '../options.js';
import { sendToLinked } from './fan-out.js';

/** Options of {@link Fanout}. */
export interface FanoutOptions<N extends string = string> {
  /** Names of the outboxes: at least one, each different. */
  readonly boxnames: Iterable<N>;
}

/**
 * Sends each message to several places, each with an outbox of its own name. The slowest of them holds back the
 * producer; one that has ended is left out. One that is to miss messages instead has a `Branch` of `@kamaelia/axon` before it.
 *
 * All get the same object, to be read only. One that has to be disposed is cloned; without `clone()` it fails the graph
 * with a TypeError.
 *
 * `inbox`: messages of any kind. The outboxes are in `outboxes`, by name.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { DataSource, Fanout, nullSink } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   {
 *     source: new DataSource(['one\n', 'two\n']),
 *     split: new Fanout(['toConsole', 'toNowhere']),
 *     console: new ConsoleEchoer(),
 *     nowhere: new nullSink(),
 *   },
 *   ({ source, split, console, nowhere }) => [
 *     link(source.outbox, split.inbox),
 *     link(split.outboxes.toConsole, console.inbox),
 *     link(split.outboxes.toNowhere, nowhere.inbox),
 *   ],
 * ).run();
 */
export class Fanout<T = unknown, const N extends string = string> extends Component {
  readonly inbox = this.in<T>('inbox');
  /** The outboxes, by their names. */
  readonly outboxes: Readonly<Record<N, Outbox<T>>>;

  /** Takes an object of options, or the names themselves. */
  constructor(options: FanoutOptions<N> | Iterable<N>) {
    super();
    const owner = 'Fanout';
    const given = isIterable(options) ? options : optionsObject(owner, options, ['boxnames']).boxnames;
    const outboxes: [string, Outbox<T>][] = [];
    for (const name of iterable(owner, 'boxnames', given)) {
      outboxes.push([name, this.out<T>(nonEmptyString(owner, 'boxnames', name))]);
    }
    if (outboxes.length === 0)
      throw new RangeError(`${owner}: Expected at least one name for boxnames but received none`);
    this.outboxes = Object.freeze(Object.fromEntries(outboxes)) as Readonly<Record<N, Outbox<T>>>;
  }

  override *main(): Steps {
    const { inbox } = this;
    const outboxes = Object.values<Outbox<T>>(this.outboxes);
    while (!inbox.ended) {
      while (inbox.ready) sendToLinked('Fanout', outboxes, inbox.recv());
      yield;
    }
  }
}
