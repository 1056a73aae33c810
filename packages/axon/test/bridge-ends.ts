// SPDX-License-Identifier: Apache-2.0
// Components at either end of a bridge that the tests of bridges share.
import { Component, Pipeline, type Steps } from '../src/index.js';

/** Takes `count` messages and ends. */
export class TakeThenEnd extends Component {
  readonly inbox = this.in<unknown>('inbox', { capacity: 4 });
  readonly #count: number;
  constructor(count: number) {
    super();
    this.#count = count;
  }
  override *main(): Steps {
    for (let taken = 0; taken < this.#count; yield) {
      while (taken < this.#count && this.inbox.ready) {
        this.inbox.recv();
        taken++;
      }
    }
  }
}

/** Sends 0, 1, 2, ... without an end. */
export class Counter extends Component {
  readonly outbox = this.out<number>('outbox');
  sent = 0;
  closed = 0;
  override *main(): Steps {
    try {
      for (;;) {
        while (!this.outbox.open) yield;
        this.outbox.send(this.sent++);
      }
    } finally {
      this.closed++;
    }
  }
}

/** Sends 1 and 2, and fails. */
export function failing(): Component & { readonly outbox: never } {
  return Pipeline([1, 2, 3], (n) => {
    if (n === 3) throw new Error('three is too much');
    return n;
  }) as never;
}
