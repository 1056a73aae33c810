// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends one message, waits until `words[0]` is not 0, sends `count` more and counts these in `words[1]`. */
export default class OnSignal extends Component {
  outbox = this.out('outbox');
  #words;
  #count;

  constructor({ words, count }) {
    super();
    this.#words = new Int32Array(words);
    this.#count = count;
  }

  main() {
    this.outbox.send(0);
    Atomics.wait(this.#words, 0, 0);
    for (let n = 1; n <= this.#count; n++) {
      this.outbox.send(n);
      Atomics.add(this.#words, 1, 1);
      Atomics.notify(this.#words, 1);
    }
  }
}
