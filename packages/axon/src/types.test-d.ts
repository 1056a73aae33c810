// SPDX-License-Identifier: Apache-2.0
// Compiled, never run: each line under @ts-expect-error must be a compile error, every other line must not.
import { Readable, type Writable } from 'node:stream';
import {
  Component,
  Graphline,
  type Inbox,
  type Link,
  link,
  type Outbox,
  Pipeline,
  retarget,
  type Steps,
  swap,
} from './index.js';
import { drive } from './testing/index.js';

declare class Numbers extends Component {
  readonly outbox: Outbox<number>;
}
declare class Show extends Component {
  readonly inbox: Inbox<number>;
  readonly outbox: Outbox<string>;
}
declare class Print extends Component {
  readonly inbox: Inbox<string>;
}
declare class Anything extends Component {
  readonly inbox: Inbox<unknown>;
  readonly outbox: Outbox<number | string>;
}
declare class PassOn<T = unknown> extends Component {
  readonly inbox: Inbox<T>;
  readonly outbox: Outbox<T>;
}
class Article extends Component {
  override *main(): Steps {
    yield 1;
  }
}

// A right order.
Pipeline(new Numbers(), new Show(), new Print());
Pipeline(new Numbers(), new Show(), new Anything());
Pipeline(new Numbers(), new Article(), new Print());

// What passes messages of any kind on fits between any two.
Pipeline(new Numbers(), new PassOn(), new Show());
Pipeline(new Numbers(), new PassOn(), new PassOn(), (n: number) => n + 1, new Show());
Pipeline(new Numbers(), new PassOn(), (m) => (typeof m === 'string' ? m.length : 0), new Show());
Pipeline(new Numbers(), new PassOn(), {} as WritableStream<number>);
Pipeline(
  new Numbers(),
  new PassOn<number>(),
  // @ts-expect-error takes string, receives number
  new Print(),
);
Pipeline(
  new PassOn(),
  // @ts-expect-error takes nothing
  new Numbers(),
);

// A wrong order is an error at the argument that does not fit.
Pipeline(
  new Numbers(),
  // @ts-expect-error takes string, receives number
  new Print(),
);
Pipeline(
  new Numbers(),
  new Show(),
  // @ts-expect-error takes number, receives string
  new Show(),
);
Pipeline(
  new Anything(),
  // @ts-expect-error takes number, may receive string
  new Show(),
);
Pipeline(
  new Numbers(),
  new Show(),
  (s: string) => s.length,
  (n: number) => n + 1,
  (n: number) => String(n),
  new Print() as Print & { readonly outbox: Outbox<string> },
  (s: string) => s,
  (s: string) => s,
  (s: string) => s,
  (s: string) => s,
  (s: string) => s,
  // @ts-expect-error the twelfth part takes number, receives string
  new Show(),
);

// A part without the box.
class Silent extends Component {
  readonly inbox = this.in<number>('inbox');
}
Pipeline(
  new Silent(),
  // @ts-expect-error the part before sends nothing
  new Anything(),
);
Pipeline(
  new Numbers(),
  // @ts-expect-error a source takes nothing
  new Numbers(),
);
Pipeline(new Numbers(), new Article(), new Show());

// Bridges.
Pipeline(
  [1, 2, 3],
  (n) => n.toFixed(2),
  async (s) => s.length,
  (n) => console.log(n + 1),
);
Pipeline([1, null], (n) => (n === null ? undefined : n), new Show());
Pipeline([1, 2], (n) => (n > 1 ? n : undefined), new Show());
Pipeline(
  [1, 2],
  (n) => (n > 1 ? n : undefined),
  // @ts-expect-error takes string, receives number
  new Print(),
);
Pipeline(
  [1, 2],
  (n) => n,
  // @ts-expect-error no such method of a number
  (n) => n.toUpperCase(),
);
Pipeline(Readable.from([1]), new Anything());
Pipeline(new Numbers(), {} as Writable);
Pipeline(new Numbers(), {} as WritableStream<number>);
Pipeline({} as ReadableStream<number>, new Show());
Pipeline(
  ['text'],
  // @ts-expect-error takes number, receives string
  new Show(),
);
Pipeline(
  [1],
  // @ts-expect-error the function takes string, receives number
  (s: string) => s,
);
Pipeline(
  new Numbers(),
  // @ts-expect-error the stream takes string, receives number
  {} as WritableStream<string>,
);

// A pipeline is a component with the boxes of its ends.
Pipeline(Pipeline(new Numbers(), new Show()), new Print());
Pipeline(
  Pipeline(new Numbers(), new Show()),
  // @ts-expect-error takes number, receives string
  new Show(),
);

// Links.
Graphline({ a: new Numbers(), b: new Show(), c: new Print() }, ({ a, b, c }) => [
  link(a.outbox, b.inbox),
  link(b.outbox, c.inbox),
]);
Graphline({ a: new Numbers(), c: new Print() }, ({ a, c }) => [
  // @ts-expect-error takes string, receives number
  link(a.outbox, c.inbox),
]);
Graphline({ a: new Numbers() }, ({ a }) => [
  // @ts-expect-error no such box
  link(a.outbox, a.inbox),
]);
Graphline({ b: new Show() }, ({ b }, self) => [
  link(self.in<number>('inbox'), b.inbox),
  link(b.outbox, self.out<string>('outbox')),
]);
link(new Numbers().outbox, new Anything().inbox);

// Sending and receiving.
new Numbers().outbox.send(1);
// @ts-expect-error an outbox of numbers
new Numbers().outbox.send('1');
// @ts-expect-error an inbox of numbers
new Show().inbox.recv() satisfies string;

// The testing kit.
const run = drive(new Show());
run.inbox.send(1);
run.outbox.messages satisfies readonly string[];
// @ts-expect-error takes number
run.inbox.send('1');

// A link is led only to boxes that take its messages; one whose messages are not known, to any.
const numbered = link(new Numbers().outbox, new Show().inbox);
retarget(numbered, new Show().inbox);
retarget(numbered, new Anything().inbox);
retarget([numbered, numbered], new Anything().inbox);
// @ts-expect-error takes string, receives number
retarget(numbered, new Print().inbox);
// @ts-expect-error takes string, receives number
retarget([numbered], new Print().inbox);
retarget({} as Link, new Print().inbox);

// What replaces a component has its boxes, takes its messages and sends no others.
declare class ShowAll extends Component {
  readonly inbox: Inbox<unknown>;
  readonly outbox: Outbox<'all'>;
}
swap(new Show(), new Show());
swap(new Show(), new ShowAll());
swap({} as Component, new Print());
// @ts-expect-error it may receive what it does not take
swap(new ShowAll(), new Show());
// @ts-expect-error it sends what the next one does not take
swap(new Show(), new Anything());
// @ts-expect-error it has no outbox
swap(new Show(), new Print());
