// SPDX-License-Identifier: Apache-2.0
import { threadId } from 'node:worker_threads';
import { Component } from '@kamaelia/axon';

const TOLD_TO_FAIL = 1;
const DONE = 3;

/**
 * Sends the number of its thread. With `words` it leaves a timer behind that waits until the first word is not 0: it fails
 * when that is 1, or stores 3 there.
 */
export default class Leaves extends Component {
  outbox = this.out('outbox');
  #words;

  constructor({ words } = {}) {
    super();
    this.#words = words;
  }

  *main() {
    if (this.#words !== undefined) {
      const words = new Int32Array(this.#words);
      const timer = setInterval(() => {
        const told = Atomics.load(words, 0);
        if (told === 0) return;
        clearInterval(timer);
        if (told === TOLD_TO_FAIL) throw new Error('a timer that nobody waits for');
        Atomics.store(words, 0, DONE);
      }, 1);
    }
    this.outbox.send(threadId);
  }
}
