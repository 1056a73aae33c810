// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends 1 to `count` as there is room. `sent`: shared word that counts what it sent. */
export default class Numbers extends Component {
  outbox = this.out('outbox');
  #count;
  #sent;

  constructor({ count = Number.POSITIVE_INFINITY, sent } = {}) {
    super();
    this.#count = count;
    this.#sent = sent && new Int32Array(sent);
  }

  *main() {
    for (let n = 1; n <= this.#count; n++) {
      while (!this.outbox.open) yield;
      this.outbox.send(n);
      if (this.#sent) Atomics.add(this.#sent, 0, 1);
    }
  }
}
