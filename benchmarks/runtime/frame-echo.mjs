// SPDX-License-Identifier: Apache-2.0
// The threaded component of worker-frame.bench.mjs.
import { Component } from '@kamaelia/axon';
import '@kamaelia/media';

/** Sends each frame back. */
export default class FrameEcho extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');

  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv());
      yield;
    }
  }
}
