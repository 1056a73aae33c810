// SPDX-License-Identifier: Apache-2.0
// The article's echoer as it stands there, in JavaScript: boxes by name, and a `yield 1` for the others.
//
//   node article-echoer.mjs < FILE
import { Component, Pipeline } from '@kamaelia/axon';

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

// Like the article's it never ends by itself: the program does, when nothing is left that could come.
Pipeline(process.stdin, new ConsoleEchoer()).activate();
