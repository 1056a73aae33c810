// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends on what it receives from a plain function. `words[0]` is 1 when it has ended, 2 when that was by an error. */
export default class BlockingEcho extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  #words;

  constructor({ words } = {}) {
    super();
    this.#words = new Int32Array(words ?? new SharedArrayBuffer(4));
  }

  main() {
    try {
      for (;;) {
        const message = this.inbox.recvBlocking();
        if (message === undefined) break;
        this.outbox.send(message);
      }
      Atomics.store(this.#words, 0, 1);
    } catch (error) {
      Atomics.store(this.#words, 0, 2);
      throw error;
    }
  }
}
