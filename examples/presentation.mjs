// SPDX-License-Identifier: Apache-2.0
// The article's presentation tool as a graph: four buttons tell a chooser, which knows the slides, and the chooser tells
// what shows them. The buttons are the keys f, l, n and p, each with Enter; slides are text files.
//
//   node presentation.mjs SLIDE ...
import { readFile } from 'node:fs/promises';
import { Component, Graphline, link, Pipeline } from '@kamaelia/axon';
import { ConsoleEchoer, ConsoleReader } from '@kamaelia/components/console';
import { Chooser } from '@kamaelia/components/routing';

class Keyboard extends Component {
  inbox = this.in('inbox');
  first = this.out('first');
  last = this.out('last');
  next = this.out('next');
  previous = this.out('previous');
  *main() {
    const { inbox, first, last, next, previous } = this;
    const buttons = { f: first, l: last, n: next, p: previous };
    while (!inbox.ended) {
      while (inbox.ready) buttons[inbox.recv().trim()]?.send('pressed');
      yield;
    }
  }
}

const button = (command) => Pipeline(() => command);
const show = Pipeline((file) => readFile(file, 'utf8'), new ConsoleEchoer());

await Graphline(
  {
    reader: new ConsoleReader({ prompt: '' }),
    keyboard: new Keyboard(),
    first: button('FIRST'),
    last: button('LAST'),
    next: button('NEXT'),
    previous: button('PREV'),
    chooser: new Chooser({ items: process.argv.slice(2) }),
    show,
  },
  ({ reader, keyboard, first, last, next, previous, chooser, show }) => [
    link(reader.outbox, keyboard.inbox),
    link(keyboard.first, first.inbox),
    link(keyboard.last, last.inbox),
    link(keyboard.next, next.inbox),
    link(keyboard.previous, previous.inbox),
    link(first.outbox, chooser.inbox),
    link(last.outbox, chooser.inbox),
    link(next.outbox, chooser.inbox),
    link(previous.outbox, chooser.inbox),
    link(chooser.outbox, show.inbox),
  ],
).run();
