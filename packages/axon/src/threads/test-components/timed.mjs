// SPDX-License-Identifier: Apache-2.0
import { Component } from '@kamaelia/axon';

/** An async main that holds each message back for `ms`. */
export default class Timed extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  #ms;

  constructor({ ms }) {
    super();
    this.#ms = ms;
  }

  async main() {
    for (let message = await this.inbox.next(); message !== undefined; message = await this.inbox.next()) {
      await this.delay({ ms: this.#ms });
      await this.outbox.room();
      this.outbox.send(message);
    }
  }
}
