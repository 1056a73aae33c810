// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';
import '@kamaelia/media';

/** Takes one frame and a clone of it, counts it in `taken` by its pts, and ends with both in its hands. */
export default class FrameCareless extends Component {
  inbox = this.in('inbox', { capacity: 2 });
  #how;
  #taken;
  #hands = [];

  constructor({ how, taken }) {
    super();
    this.#how = how;
    this.#taken = new Int32Array(taken);
  }

  *main() {
    while (!this.inbox.ready && !this.inbox.ended) yield;
    if (this.inbox.ended) return;
    const frame = this.inbox.recv();
    this.#hands.push(frame, frame.clone());
    Atomics.add(this.#taken, frame.pts, 1);
    if (this.#how === 'throws') throw new Error('failed with a frame in its hands');
    if (this.#how === 'exits') process.exit(1);
    while (this.#how === 'spins');
  }
}
