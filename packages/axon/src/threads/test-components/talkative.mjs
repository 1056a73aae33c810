// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** Logs each message, with a field that cannot be cloned for 'odd'. */
export default class Talkative extends Component {
  inbox = this.in('inbox');

  *main() {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        const message = this.inbox.recv();
        this.log('info', `heard ${message}`, message === 'odd' ? { call: () => {} } : { message });
      }
      yield;
    }
  }
}
