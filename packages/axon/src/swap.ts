// SPDX-License-Identifier: Apache-2.0
import { type Component, inboxOf, outboxOf, TASK } from './component.js';
import { BoxAlreadyLinkedError, RetargetError } from './errors.js';
import type { Graph } from './graph.js';
import type { Inbox } from './inbox.js';
import { closeOutbox, connect, endOfStream, finalInbox, type MessageOf, unlink } from './link.js';
import type { Outbox } from './outbox.js';
import { planMove } from './retarget.js';
import { DONE, NEW, type Task } from './task.js';
import { topologyChanged } from './topology.js';

type BoxesOf<C> = { [K in keyof C]: C[K] extends Inbox | Outbox ? K : never }[keyof C];
type Fits<Old, New> = Old extends Inbox
  ? New extends Inbox
    ? [MessageOf<Old>] extends [MessageOf<New>]
      ? New
      : { readonly 'it takes': MessageOf<New>; readonly 'but may receive': MessageOf<Old> }
    : Old
  : New extends Outbox
    ? [MessageOf<New>] extends [MessageOf<Old>]
      ? New
      : { readonly 'it sends': MessageOf<New>; readonly 'but the next one takes': MessageOf<Old> }
    : Old;
/** What can replace a component `C`: it has the same boxes, takes at least the same messages and sends no others. */
export type SuccessorOf<C, N> = { readonly [K in BoxesOf<C>]: Fits<C[K], K extends keyof N ? N[K] : never> };

/**
 * Replaces a part of a graph by a new component between two messages, while the graph runs: no message is lost, handled
 * twice or overtaken.
 *
 * What waits for `old` waits for `next` from now on, in order. `old` sees the end of its streams (a source is stopped at
 * its `yield`), so it still sends what it holds back; when it has ended, `next` begins, with its links, in its place and,
 * if that was given by hand, under its name. Resolves then. A component that does not end with its input is replaced at
 * once by `old.abort()`.
 *
 * Each linked box of `old` must be there in `next`, by name. Throws, and changes nothing: `UnknownBoxError` where it is
 * not; `RetargetError` where what waits has no room in it, or `old` is no part of a graph, has ended, or is replaced by what
 * it is in (`Seq`, `Carousel`, `group`). Message types that do not fit are a compile error.
 *
 * @example
 * import { Graphline, link, Pipeline, swap } from '@kamaelia/axon';
 * import { TestSink, TestSource } from '@kamaelia/axon/testing';
 *
 * const [source, sink] = [new TestSource(), new TestSink()];
 * const plain = Pipeline((n) => n);
 * const graph = Pipeline(source, plain, sink).activate();
 * source.input.send(1, 2);
 * await new Promise((resolve) => setTimeout(resolve, 10));
 * await swap(plain, Pipeline((n) => n * 100));
 * source.input.send(3);
 * source.input.close();
 * await graph.done;
 * console.log(sink.messages); // [ 1, 2, 300 ]
 */
export function swap<C extends Component, N extends Component>(old: C, next: N & SuccessorOf<C, N>): Promise<void> {
  const [from, to] = [old[TASK], (next as N)[TASK]];
  refuse(from, to);
  const parent = from.parent as Task;
  const fed = from.ins.filter((inbox) => inbox.from.length > 0);
  // Given by hand, or left by a link that is gone.
  const waiting = from.ins.filter((inbox) => inbox.from.length === 0 && (finalInbox(inbox) as Inbox).count > 0);
  const moves = [...fed, ...waiting].map((inbox) => planMove([...inbox.from], inbox, inboxOf(next, inbox.name)));
  const exits = from.outs.flatMap((outbox) => {
    if (outbox.to === undefined) return [];
    const successor = outboxOf(next, outbox.name);
    if (successor.to === undefined) return [{ outbox, successor, sink: outbox.to }];
    throw new BoxAlreadyLinkedError(successor.path(), successor.to.path(), outbox.to.path());
  });
  for (const move of moves) move();
  // Both lead there until the old one has ended, so that its end is none of the stream.
  for (const { successor, sink } of exits) connect(successor, sink);
  const unlinkOld = () => {
    for (const { outbox } of exits) {
      // Its end is one where the next one has been led elsewhere meanwhile.
      closeOutbox(outbox);
      const sink = outbox.to;
      if (sink !== undefined && sink.from.length > 1) unlink({ source: outbox, sink });
    }
  };
  to.parent = parent;
  to.name ??= givenName(from);
  const { graph } = parent;
  if (graph === undefined) {
    for (const { outbox, sink } of exits) unlink({ source: outbox, sink });
    from.parent = undefined;
    parent.children = [...parent.children].map((child) => (child === from ? to : child));
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    from.onEnd = () => {
      unlinkOld();
      takeOver(graph, from, to);
      resolve();
    };
    for (const inbox of fed) endOfStream(finalInbox(inbox) as Inbox);
    old.stop();
    from.successor = to;
    topologyChanged();
  });
}

function refuse(from: Task, to: Task): void {
  const refused = (why: string) => new RetargetError(from.path(), to.path(), why);
  const { parent } = from;
  if (parent === undefined) throw refused('the one to be replaced is no part of a graph');
  if (from.state === DONE) throw refused('the one to be replaced has ended');
  if (from.successor !== undefined) throw refused(`it is being replaced by ${from.successor.path()}`);
  if (from.state === NEW && parent.graph !== undefined) throw refused('the one to be replaced has not begun');
  if (from.onEnd !== undefined || parent.renews) throw refused(`${parent.path()} replaces its parts itself`);
  if (to.state !== NEW || to.graph !== undefined) throw refused('it is activated already');
  if (to.parent !== undefined) throw refused(`it belongs to ${to.parent.path()}`);
  for (let above: Task | undefined = from; above !== undefined; above = above.parent) {
    if (above === to) throw refused('it is the same, or has it in it');
  }
}

/** The name that it was given, but not the one that it got by its class. */
function givenName({ name, component }: Task): string | undefined {
  const kind = component.constructor.name;
  return name?.startsWith(`${kind}-`) && /^\d+$/.test(name.slice(kind.length + 1)) ? undefined : name;
}

/** `from` has ended, but its parent has not been told. */
function takeOver(graph: Graph, from: Task, to: Task): void {
  const parent = from.parent as Task;
  from.onEnd = undefined;
  from.successor = undefined;
  // It is forgotten: a graph may replace its parts for ever.
  from.late = true;
  parent.children = [...parent.children].flatMap((child) => (child === from ? [from, to] : [child]));
  graph.addLate(to);
}
