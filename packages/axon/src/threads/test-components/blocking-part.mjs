// SPDX-License-Identifier: Apache-2.0
import { Component, Graphline } from '@kamaelia/axon';

class Blocks extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    this.inbox.recvBlocking();
    yield;
  }
}

/** A part that blocks would hold up the others in its thread. */
export default function blockingPart() {
  const part = new Blocks();
  return Graphline({ children: { part }, linkages: { '.inbox': 'part.inbox', 'part.outbox': '.outbox' } });
}
