// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Sends pairs: of every second message of `a` (so that it needs more of those), one of `b`. */
export default class Joiner extends Component {
  a = this.in('a');
  b = this.in('b');
  pairs = this.out('pairs');

  *main() {
    const { a, b, pairs } = this;
    while (!b.ended) {
      while (b.ready && a.ready) pairs.send([a.recv(), b.recv()]);
      yield;
    }
  }
}
