// SPDX-License-Identifier: Apache-2.0
import { Component, Step } from '@kamaelia/axon';

class Detail {}

/**
 * Fails in the way `how` says at its first message; `before` messages are sent first. Shared word `busy`: it is 1 when
 * nothing but the end of its thread stops it.
 */
export default class Failing extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  #how;
  #before;
  #busy;

  constructor({ how, before = 0, busy = new SharedArrayBuffer(4) }) {
    super();
    if (how === 'constructor') throw new TypeError('Failing: Expected something else');
    this.#how = how;
    this.#before = before;
    this.#busy = new Int32Array(busy);
  }

  *main() {
    while (!this.inbox.ready) yield;
    for (let n = 0; n < this.#before; n++) this.outbox.send(n);
    yield* this[this.#how]();
  }

  *throws() {
    yield Step.again;
    throw Object.assign(new RangeError('broken', { cause: new Error('deeper') }), {
      code: 'BROKEN',
      at: 3,
      by: () => {},
    });
  }
  *throwsText() {
    yield Step.again;
    throw 'just text';
  }
  *exits() {
    yield Step.again;
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
    yield Step.again;
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  }
  *spins() {
    yield Step.again;
    for (;;) Atomics.store(this.#busy, 0, 1);
  }
  *ignoresStop() {
    try {
      Atomics.store(this.#busy, 0, 1);
      for (;;) yield;
    } finally {
      for (;;);
    }
  }
  *sendsFunction() {
    this.outbox.send({ call: () => {} });
    yield Step.again;
  }
  *sendsInstance() {
    this.outbox.send(new Detail());
    yield Step.again;
  }
}
