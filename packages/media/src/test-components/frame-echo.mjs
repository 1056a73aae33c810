// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';
import '@kamaelia/media';

/** Sends frames on; with `write` it adds 1 to the first sample of an exclusive frame, with `close` it closes all of them. */
export default class FrameEcho extends Component {
  inbox = this.in('inbox', { capacity: 4 });
  outbox = this.out('outbox');
  #what;

  constructor({ what = 'send' } = {}) {
    super();
    this.#what = what;
  }

  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) this.#handle(inbox.recv(), outbox);
      yield;
    }
  }

  #handle(frame, outbox) {
    if (this.#what === 'close') {
      frame.close();
      return;
    }
    const next = this.#what === 'write' ? frame.exclusive() : frame;
    if (this.#what === 'write') next.planes[0].data[0]++;
    outbox.send(next);
  }
}
