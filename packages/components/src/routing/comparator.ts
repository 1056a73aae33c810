// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';

/**
 * Compares two streams, message by message. It waits until there is one of each, so the faster stream is held back.
 *
 * Equal are bytes with the same values, and anything else as `util.isDeepStrictEqual` has it (0 and -0 are equal too). A
 * subclass may define `combine` to do something else with the pairs.
 *
 * It ends with the shorter stream; what the other has more is not compared.
 *
 * `inA`, `inB`: messages of any kind; they are disposed, unless `combine` gives one of them.
 * `outbox`: true or false for each pair, or what `combine` gives.
 *
 * @example
 * import { Graphline, link } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 * import { Comparator, DataSource } from '@kamaelia/components/routing';
 *
 * await Graphline(
 *   { a: new DataSource([1, 2, 3]), b: new DataSource([1, 5, 3]), compare: new Comparator(), screen: new ConsoleEchoer() },
 *   ({ a, b, compare, screen }) => [
 *     link(a.outbox, compare.inA),
 *     link(b.outbox, compare.inB),
 *     link(compare.outbox, screen.inbox),
 *   ],
 * ).run();
 */
export class Comparator<A = unknown, B = A, R = boolean> extends Component {
  readonly inA = this.in<A>('inA');
  readonly inB = this.in<B>('inB');
  readonly outbox = this.out<R>('outbox');

  /** What is sent for a pair. */
  combine(a: A, b: B): R {
    return isEqual(a, b) as R;
  }

  override *main(): Steps {
    const { inA, inB, outbox } = this;
    while (!inA.ended && !inB.ended) {
      while (inA.ready && inB.ready) {
        const a = inA.recv();
        const b = inB.recv();
        const result: unknown = this.combine(a, b);
        if (result !== a) disposeMessage(a);
        if (result !== b) disposeMessage(b);
        outbox.send(result as R);
      }
      yield;
    }
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // A Buffer is as good as any other Uint8Array.
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return isDeepStrictEqual(a, b);
}
