// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends 1 to `count` from a plain function. Shared words: `words[0]` counts what was sent, `words[1]` is 1 after its end. */
export default class BlockingNumbers extends Component {
  outbox = this.out('outbox');
  #count;
  #words;

  constructor({ count = Number.POSITIVE_INFINITY, words }) {
    super();
    this.#count = count;
    this.#words = new Int32Array(words);
  }

  main() {
    try {
      for (let n = 1; n <= this.#count; n++) {
        this.outbox.send(n);
        Atomics.add(this.#words, 0, 1);
      }
    } finally {
      this.outbox.send('the end');
      Atomics.store(this.#words, 1, 1);
    }
  }
}
