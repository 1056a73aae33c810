// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends on what it receives. `capacity`: the bound of its inbox. `taken`: shared word that counts what it took. */
export default class Echo extends Component {
  #taken;

  constructor({ capacity = 64, taken } = {}) {
    super();
    this.inbox = this.in('inbox', { capacity });
    this.outbox = this.out('outbox');
    this.#taken = taken && new Int32Array(taken);
  }

  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        outbox.send(inbox.recv());
        if (this.#taken) Atomics.add(this.#taken, 0, 1);
      }
      yield;
    }
  }
}
