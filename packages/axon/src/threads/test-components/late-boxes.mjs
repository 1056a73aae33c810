// SPDX-License-Identifier: Apache-2.0
import { Component, link, unlink } from '@kamaelia/axon';

class Adder extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv() + 100);
      yield;
    }
  }
}

/** Makes boxes, a part and links while it runs: each message goes through the part and is sent on with 100 more. */
export default class LateBoxes extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');

  *main() {
    const toPart = this.out('to part');
    const fromPart = this.in('from part');
    const adder = this.add(new Adder());
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        const links = [link(toPart, adder.inbox), link(adder.outbox, fromPart)];
        toPart.send(this.inbox.recv());
        while (!fromPart.ready) yield;
        this.outbox.send(fromPart.recv());
        for (const made of links) unlink(made);
      }
      yield;
    }
    adder.stop();
    link(toPart, adder.inbox);
    toPart.close();
  }
}
