// SPDX-License-Identifier: Apache-2.0
import { Step } from '@kamaelia/axon';
import Echo from './echo.mjs';

/** Sends on what it receives, but for `'fail'`, which it throws, and `'exit'`, at which its thread ends. */
export default class FailsOn extends Echo {
  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (message === 'fail') throw new Error('failed as told');
        if (message === 'exit') {
          // What it has sent is on its way first.
          yield Step.again;
          process.exit(1);
        }
        outbox.send(message);
      }
      yield;
    }
  }
}
