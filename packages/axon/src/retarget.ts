// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox } from './bounded-inbox.js';
import { RetargetError } from './errors.js';
import type { Inbox } from './inbox.js';
import { connect, endOfStream, finalInbox, type Link, type MessageOf, refuseSink, sourcesOf, unlink } from './link.js';
import type { Outbox } from './outbox.js';

/** Options of {@link retarget}. */
export interface RetargetOptions {
  /**
   * What was sent over the link and not taken yet. `'move'`, the default: it waits at the new destination from now on, in
   * order and before what is sent next. `'stay'`: the old one still takes it.
   */
  readonly waiting?: 'move' | 'stay';
}

/** Destination of a link of messages `T`. */
export type DestinationOf<T, D extends Inbox | Outbox> = [T] extends [MessageOf<D>] ? D : Inbox<T>;

/**
 * Leads a link to another box between two messages, while the graph runs: no message is lost, sent twice or
 * overtaken by one that was sent after it. Returns the new link; the old one is of no use any more.
 *
 * Either everything moves or, where that cannot be done, nothing does and an error says why: `RetargetError` when the new
 * destination has not the room (an empty one takes what waits in one of at most its own capacity), when its component has
 * ended, or when others send to the old one too, so that nobody knows whose messages wait there (give all their links, or
 * `waiting: 'stay'`); `LinkCycleError` when boxes would pass messages round. As with {@link unlink}, the old destination
 * does not end by it. Of a message type that does not fit, it is a compile error.
 *
 * @example
 * import { Graphline, link, Pipeline, retarget } from '@kamaelia/axon';
 * import { TestSink, TestSource } from '@kamaelia/axon/testing';
 *
 * const [source, left, right] = [new TestSource(), new TestSink(), new TestSink()];
 * left.hold();
 * let made;
 * const graph = Graphline({ source, left, right }, () => [(made = link(source.outbox, left.inbox))]).activate();
 * source.input.send(1, 2);
 * await new Promise((resolve) => setTimeout(resolve, 10));
 * retarget(made, right.inbox);
 * source.input.send(3);
 * source.input.close();
 * left.stop();
 * await graph.done;
 * console.log(left.messages, right.messages); // [] [ 1, 2, 3 ]
 */
export function retarget<T, D extends Inbox | Outbox>(
  made: Link<T>,
  sink: DestinationOf<T, D>,
  options?: RetargetOptions,
): Link<T>;
/** The same for several links that lead to one box, such as all that lead there. */
export function retarget<T, D extends Inbox | Outbox>(
  made: readonly Link<T>[],
  sink: DestinationOf<T, D>,
  options?: RetargetOptions,
): Link<T>[];
export function retarget(
  made: Link | readonly Link[],
  sink: unknown,
  { waiting = 'move' }: RetargetOptions = {},
): Link | Link[] {
  if (waiting !== 'move' && waiting !== 'stay') {
    throw new TypeError(`retarget: Expected move or stay for waiting but received ${String(waiting)}`);
  }
  const several = Array.isArray(made);
  const links = (several ? made : [made]) as readonly Link[];
  const [first] = links;
  for (const one of links) {
    if (one?.source?.to === undefined || one.source.to !== one.sink) {
      throw new TypeError(`retarget: Expected a link that is in place but received ${describe(one)}`);
    }
    if (one.sink !== first?.sink) {
      throw new TypeError(`retarget: Expected links that lead to one box but received ${describe(one)} too`);
    }
  }
  if (first === undefined) return [];
  const sources = links.map(({ source }) => source);
  const results = planMove(sources, first.sink, sink as Inbox | Outbox, waiting)();
  return several ? results : (results[0] as Link);
}

function describe(made: Partial<Link> | undefined): string {
  if (made?.source?.path === undefined || made.sink?.path === undefined) return String(made);
  return `the one of ${made.source.path()} to ${made.sink.path()}`;
}

/**
 * @internal Checks whether `sources`, which lead to `from`, can lead to `to` instead; the result does it, and gives the
 * links. Several such plans are one change when all have been made before the first is carried out.
 */
export function planMove(
  sources: readonly (Inbox | Outbox)[],
  from: Inbox | Outbox,
  to: Inbox | Outbox,
  waiting: 'move' | 'stay' = 'move',
): () => Link[] {
  for (const source of sources) refuseSink('retarget', source, to);
  const [before, after] = [finalInbox(from), finalInbox(to)];
  if (after?.closed) throw new RetargetError(from.path(), to.path(), `${after.task.path()} has ended`);
  const move = waiting === 'move' && before !== undefined && before !== after;
  if (move) refuseToLose(sources, from, to, before, after);
  return () => {
    for (const source of sources) unlink({ source, sink: from });
    const messages = move ? before.takeAll() : [];
    // In front of everything that comes over the new links.
    for (const message of messages) (after as Inbox).push(message);
    // Its last message is gone, which is news to who waits for its end.
    if (messages.length > 0 && before?.eos === true) {
      before.eos = false;
      endOfStream(before);
    }
    return sources.map((source) => connect(source, to));
  };
}

function refuseToLose(
  sources: readonly (Inbox | Outbox)[],
  from: Inbox | Outbox,
  to: Inbox | Outbox,
  before: Inbox,
  after: Inbox | undefined,
): void {
  const messages = before.peekAll();
  if (messages.length === 0) return;
  const count = `${messages.length} waiting message${messages.length === 1 ? '' : 's'}`;
  const moved = new Set(sources.flatMap((source) => sourcesOf(source)));
  const other = sourcesOf(before).find((writer) => !moved.has(writer));
  if (other !== undefined) {
    throw new RetargetError(from.path(), to.path(), `${count} may be of ${other.path()} as well`);
  }
  if (after === undefined)
    throw new RetargetError(from.path(), to.path(), `it leads nowhere, and ${count} would be lost`);
  if (after.fits(messages) || takesOver(before, after)) return;
  const held = after.count === 0 ? '' : ` and holds ${after.count}`;
  throw new RetargetError(
    from.path(),
    to.path(),
    `it has no room for ${count}: ${after.path()} takes ${after.capacity}${held}`,
  );
}

/**
 * An inbox holds up to what one input message of its producer made above its capacity; that is so at an empty one of the
 * same capacity, too.
 */
function takesOver(before: Inbox, after: Inbox): boolean {
  const plain = !(after instanceof BoundedInbox) && !after.strict;
  return plain && after.count === 0 && before.capacity <= after.capacity;
}
