// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';
import { FramePool } from '@kamaelia/media';

/** Sends `count` frames of a pool of its own in this thread, which has `maxFrames`, and waits for those it lacks. */
export default class FrameSource extends Component {
  outbox = this.out('outbox');
  #count;
  #maxFrames;

  constructor({ count, maxFrames }) {
    super();
    this.#count = count;
    this.#maxFrames = maxFrames;
  }

  *main() {
    const pool = new FramePool({ name: 'worker', maxFrames: this.#maxFrames, onWarning: () => {} });
    const layout = { format: 'I420', codedWidth: 16, codedHeight: 16 };
    const external = this.external();
    for (let pts = 0; pts < this.#count; pts++) {
      while (!this.outbox.open) yield;
      while (pool.current !== undefined && pool.current.used === this.#maxFrames) yield;
      this.outbox.send(pool.acquire(layout, { pts, timebase: { num: 1, den: 25 } }));
      pool.current.onFree ??= () => external.wake();
    }
  }
}
