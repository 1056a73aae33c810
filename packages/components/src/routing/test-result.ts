// SPDX-License-Identifier: Apache-2.0
import { AssertionError } from 'node:assert';
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { shown } from '../options.js';

/**
 * Fails the graph with an `AssertionError` when it receives something that is not true: `false`, `0`, `''`, `null` and
 * the like. For tests, behind a {@link Comparator} for example.
 *
 * `inbox`: messages of any kind; they are disposed.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { TestResult } from '@kamaelia/components/routing';
 *
 * await Pipeline([1 < 2, 'text'], new TestResult()).run();
 * await Pipeline([1 > 2], new TestResult()).run().catch((error) => console.log(error.message));
 */
export class TestResult extends Component {
  readonly inbox = this.in<unknown>('inbox');

  override *main(): Steps {
    const { inbox } = this;
    for (let count = 1; !inbox.ended; yield) {
      for (; inbox.ready; count++) {
        const message = inbox.recv();
        if (!message) {
          throw new AssertionError({
            message: `Expected a true value for message ${count} but received ${shown(message)}`,
            actual: message,
            expected: true,
            operator: 'TestResult',
          });
        }
        disposeMessage(message);
      }
    }
  }
}
