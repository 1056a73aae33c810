// SPDX-License-Identifier: Apache-2.0
import { threadId } from 'node:worker_threads';
import { Component } from '@kamaelia/axon';

/** In the article's spelling: sends back each message with the number of its thread. */
export default class Article extends Component {
  *main() {
    for (;;) {
      while (this.dataReady('inbox')) this.send([this.recv('inbox'), threadId], 'outbox');
      if (this.dataReady('control')) {
        this.send(this.recv('control'), 'signal');
        return;
      }
      yield 1;
    }
  }
}
