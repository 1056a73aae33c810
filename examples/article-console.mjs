// SPDX-License-Identifier: Apache-2.0
// The article's reader and echoer as they stand there: the one in a thread, because it blocks, the other by name of its boxes
// and with a `yield 1` for the others. The components of the house for this are in console-echo.mjs.
//
//   node article-console.mjs
import { Component, Pipeline } from '@kamaelia/axon';
import { threaded } from '@kamaelia/axon/threads';

class ConsoleEchoer extends Component {
  *main() {
    while (true) {
      while (this.dataReady('inbox')) {
        const data = this.recv('inbox');
        process.stdout.write(String(data));
      }
      yield 1;
    }
  }
}

const reader = threaded(new URL('article-console-reader.mjs', import.meta.url), {}, { ports: { in: [] } });
// Like the article's, the echoer never ends by itself: the program does, when nothing is left that could come.
Pipeline(reader, new ConsoleEchoer()).activate();
