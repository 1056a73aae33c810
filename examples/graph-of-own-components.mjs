// SPDX-License-Identifier: Apache-2.0
// Components of one's own in a graph: a source of numbers, a splitter with two outboxes, and a sink with two inboxes.
//
//   node graph-of-own-components.mjs
import { Component, Graphline, link } from '@kamaelia/axon';

class Numbers extends Component {
  outbox = this.out('outbox');
  *main() {
    for (let n = 1; n <= 6; n++) {
      // A source looks for room before each message; what it sends is never lost.
      while (!this.outbox.open) yield;
      this.outbox.send(n);
    }
  }
}

class EvenAndOdd extends Component {
  inbox = this.in('inbox');
  even = this.out('even');
  odd = this.out('odd');
  *main() {
    const { inbox, even, odd } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const n = inbox.recv();
        (n % 2 === 0 ? even : odd).send(n);
      }
      yield;
    }
  }
}

class Sums extends Component {
  even = this.in('even');
  odd = this.in('odd');
  *main() {
    const sums = { even: 0, odd: 0 };
    while (!this.even.ended || !this.odd.ended) {
      while (this.even.ready) sums.even += this.even.recv();
      while (this.odd.ready) sums.odd += this.odd.recv();
      yield;
    }
    console.log(`even ${sums.even}, odd ${sums.odd}`);
  }
}

await Graphline({ numbers: new Numbers(), split: new EvenAndOdd(), sums: new Sums() }, ({ numbers, split, sums }) => [
  link(numbers.outbox, split.inbox),
  link(split.even, sums.even),
  link(split.odd, sums.odd),
]).run();
