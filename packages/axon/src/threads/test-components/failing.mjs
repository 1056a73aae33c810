// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Component } from '@kamaelia/axon';

class Detail {}

/** Fails in the way `how` says at its first message; `before` messages are sent first. */
export default class Failing extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  #how;
  #before;

  constructor({ how, before = 0 }) {
    super();
    if (how === 'constructor') throw new TypeError('Failing: Expected something else');
    this.#how = how;
    this.#before = before;
  }

  *main() {
    while (!this.inbox.ready) yield;
    for (let n = 0; n < this.#before; n++) this.outbox.send(n);
    yield* this[this.#how]();
  }

  *throws() {
    yield;
    throw Object.assign(new RangeError('broken', { cause: new Error('deeper') }), {
      code: 'BROKEN',
      at: 3,
      by: () => {},
    });
  }
  *throwsText() {
    yield;
    throw 'just text';
  }
  *exits() {
    yield;
    process.exit(3);
  }
  *uncaught() {
    setImmediate(() => {
      throw new Error('from nowhere');
    });
    for (;;) yield* this.sleep({ ms: 1000 });
  }
  *rejects() {
    Promise.reject(new Error('unhandled'));
    for (;;) yield* this.sleep({ ms: 1000 });
  }
  *outOfMemory() {
    yield;
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  }
  *spins() {
    yield;
    for (;;);
  }
  *reads() {
    yield;
    readFileSync('/dev/stdin');
  }
  *ignoresStop() {
    try {
      for (;;) yield;
    } finally {
      for (;;);
    }
  }
  *sendsFunction() {
    this.outbox.send({ call: () => {} });
    yield;
  }
  *sendsInstance() {
    this.outbox.send(new Detail());
    yield;
  }
  *waits() {
    for (;;) yield;
  }
}
