// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from './dispose.js';
import { BoxAlreadyLinkedError, EndedOutboxError, LinkCycleError } from './errors.js';
import { NONE, withOne, withoutOne } from './few.js';
import { Inbox } from './inbox.js';
import { CANCELLED, Outbox, UNLINKED } from './outbox.js';
import type { Task } from './task.js';
import { topologyChanged, wiring } from './topology.js';

/** Type of the messages of an inbox or outbox. */
export type MessageOf<P> = P extends Inbox<infer T> ? T : P extends Outbox<infer U> ? U : never;

declare const carries: unique symbol;

/**
 * A link made by {@link link}; {@link unlink} takes it away again, {@link retarget} leads it elsewhere. `T` is the type of
 * its messages; `never` where that is not known.
 */
export interface Link<T = never> {
  readonly source: Inbox | Outbox;
  readonly sink: Inbox | Outbox;
  readonly [carries]?: (message: T) => void;
}

/**
 * Links an outbox to an inbox, or passes a box of a chassis on: inbox to a child's inbox, child's outbox to outbox.
 * A message type that does not fit is a compile error at the second argument.
 *
 * Chains of boxes are resolved here, so delivery is always one hop. Throws {@link BoxAlreadyLinkedError} when the
 * source has a destination already and {@link LinkCycleError} when boxes would pass messages round for ever.
 */
export function link<S extends Inbox | Outbox, D extends Inbox | Outbox>(
  source: S,
  sink: [MessageOf<S>] extends [MessageOf<D>] ? D : Inbox<MessageOf<S>>,
): Link<MessageOf<S>> {
  return connect(source as unknown as Inbox | Outbox, sink as unknown as Inbox | Outbox) as Link<MessageOf<S>>;
}

/** @internal {@link link} for boxes whose types were checked, or cannot be. */
export function connect(source: Inbox | Outbox, sink: Inbox | Outbox): Link {
  if (!(source instanceof Outbox) && !(source instanceof Inbox)) throw notABox('link', 'source', source);
  refuseSink('link', source, sink);
  if (source.to !== undefined) throw new BoxAlreadyLinkedError(source.path(), source.to.path(), sink.path());
  const writers = sourcesOf(source);
  // A relay that nothing fed stood for itself as the writer; from now on its feeder does.
  if (sink instanceof Outbox && sink.from.length === 0) {
    detach(sink);
    // Its own component may send there as well. Replaced and not asked for: a test in send() would cost every message.
    sink.send = sendBesideParts;
    sink.sendAll = sendAllBesideParts;
  }
  source.to = sink as Inbox & Outbox;
  sink.from = withOne(sink.from, source as Inbox & Outbox) as typeof sink.from & readonly Outbox[];
  const target = finalInbox(sink);
  for (const writer of writers) {
    detach(writer);
    if (target !== undefined) attach(writer, target);
  }
  if (source instanceof Inbox && target !== undefined) {
    for (const message of source.takeAll()) target.push(message);
    if (source.eos && target.producers.length === 0) endOfStream(target);
  }
  topologyChanged();
  return { source, sink };
}

/**
 * Takes a link away. Messages already delivered stay where they are; the inbox does not end by it. Unlinking twice
 * is ignored.
 */
export function unlink({ source, sink }: Link): void {
  if (source.to !== sink) return;
  const writers = sourcesOf(source);
  source.to = undefined;
  sink.from = withoutOne(sink.from, source as Inbox & Outbox) as typeof sink.from & readonly Outbox[];
  for (const writer of writers) {
    detach(writer);
    const target = finalInbox(source);
    if (target !== undefined) attach(writer, target);
  }
  if (sink instanceof Outbox && sink.from.length === 0) keepOpen(sink);
  topologyChanged();
}

/** @internal Makes a relay a writer of its own, so that what is behind it does not end with those who feed it. */
export function keepOpen(relay: Outbox): void {
  const target = finalInbox(relay);
  if (target !== undefined && relay.sink === UNLINKED) attach(relay, target);
}

function sendBesideParts(this: Outbox, message: unknown): void {
  if (!this.closed) keepOpen(this);
  Outbox.prototype.send.call(this, message);
}

function sendAllBesideParts(this: Outbox, messages: readonly unknown[]): void {
  if (!this.closed) keepOpen(this);
  Outbox.prototype.sendAll.call(this, messages);
}

function notABox(owner: string, role: string, value: unknown): TypeError {
  return new TypeError(`${owner}: Expected an Inbox or Outbox for ${role} but received ${String(value)}`);
}

/** @internal Throws where `sink` is no box that `source` can lead to. */
export function refuseSink(owner: string, source: Inbox | Outbox, sink: Inbox | Outbox): void {
  if (!(sink instanceof Outbox) && !(sink instanceof Inbox)) throw notABox(owner, 'sink', sink);
  if (source instanceof Inbox && sink instanceof Outbox) {
    throw new TypeError(
      `${owner}: Expected an inbox to be passed on to an inbox but received the outbox ${sink.path()} for ${source.path()}`,
    );
  }
  const chain = [source.path()];
  for (let box: Inbox | Outbox | undefined = sink; box !== undefined; box = box.to) {
    chain.push(box.path());
    if (box === source) throw new LinkCycleError(chain);
  }
}

/** @internal The outboxes at the beginning of every chain that leads to `box`. */
export function sourcesOf(box: Inbox | Outbox, found: Outbox[] = []): Outbox[] {
  // A relay may be a writer of its own beside those who feed it.
  if (box instanceof Outbox && (box.from.length === 0 || box.linked)) found.push(box);
  for (const feeder of box.from) sourcesOf(feeder, found);
  return found;
}

/** @internal Where messages that come to `box` wait; undefined where they are dropped. */
export function finalInbox(box: Inbox | Outbox): Inbox | undefined {
  let last = box;
  while (last.to !== undefined) last = last.to;
  return last instanceof Inbox ? last : undefined;
}

// attach and detach are the only places that change `producers`, and with it the writers' `blocked`.

/** Makes `outbox` deliver into `inbox`. */
function attach(outbox: Outbox, inbox: Inbox): void {
  if (outbox.closed) {
    if (inbox.producers.length === 0) endOfStream(inbox);
    return;
  }
  if (inbox.closed) {
    cancel(outbox);
    return;
  }
  outbox.sink = inbox;
  outbox.gone = false;
  // Of a plain link both lists are the same.
  const alone = inbox.producers.length === 0 && inbox.from.length === 1 && inbox.from[0] === outbox;
  inbox.producers = alone ? (inbox.from as readonly Outbox[]) : withOne(inbox.producers, outbox);
  inbox.eos = false;
  if (inbox.full) inbox.hold(outbox.task);
}

/** Makes `outbox` deliver nowhere. */
function detach(outbox: Outbox): void {
  const { sink } = outbox;
  outbox.sink = UNLINKED;
  if (sink === UNLINKED || sink === CANCELLED) return;
  sink.producers = withoutOne(sink.producers, outbox);
  if (sink.full) sink.release(outbox.task);
}

/** @internal The sender has ended: end of stream, in order behind its last message. */
export function closeOutbox(outbox: Outbox): void {
  if (outbox.closed) return;
  outbox.closed = true;
  const { sink } = outbox;
  if (sink === UNLINKED || sink === CANCELLED) return;
  detach(outbox);
  if (sink.producers.length === 0) endOfStream(sink);
}

/** @internal The component has ended: whoever still sends for it is told so. */
export function endOutbox(outbox: Outbox): void {
  closeOutbox(outbox);
  // Replaced and not asked for: a test in send() would cost every message.
  outbox.send = refuseOne;
  outbox.sendAll = refuseAll;
}

function refuseOne(this: Outbox, message: unknown): void {
  disposeMessage(message);
  throw new EndedOutboxError(this.path());
}

function refuseAll(this: Outbox, messages: readonly unknown[]): void {
  for (const message of messages) disposeMessage(message);
  throw new EndedOutboxError(this.path());
}

/** @internal The receiver has ended: what waits is disposed, and its producers learn that nobody listens. */
export function closeInbox(inbox: Inbox): void {
  if (inbox.closed) return;
  inbox.discard();
  disconnectProducers(inbox);
}

/** @internal Main has ended but not its parts: closes what main alone used, and not what is passed on from and to parts. */
export function closeBoxesOfMain(task: Task): void {
  for (const outbox of task.outs) if (outbox.from.length === 0) closeOutbox(outbox);
  for (const inbox of task.ins) if (inbox.to === undefined) closeInbox(inbox);
}

/** @internal Tells every producer of the inbox that nobody listens any more; what waits stays to be drained. */
export function disconnectProducers(inbox: Inbox): void {
  const { producers } = inbox;
  inbox.producers = NONE;
  for (const outbox of producers) {
    if (inbox.full) inbox.release(outbox.task);
    cancel(outbox);
  }
}

/** @internal Tells some of the producers of the inbox that nobody listens to them any more. */
export function disconnect(outboxes: readonly Outbox[]): void {
  for (const outbox of outboxes) {
    detach(outbox);
    cancel(outbox);
  }
}

/** @internal */
export function endOfStream(inbox: Inbox): void {
  if (inbox.eos) return;
  inbox.eos = true;
  notify(inbox.task);
}

function cancel(outbox: Outbox): void {
  wiring.epoch++;
  outbox.sink = CANCELLED;
  outbox.gone = true;
  const { task } = outbox;
  const data = task.outs.filter((o) => !o.control);
  const nobodyListens = data.some((o) => o.gone) && data.every((o) => o.gone || o.sink === UNLINKED);
  if (nobodyListens && !outbox.control) requestStop(task);
  else notify(task);
}

function notify(task: Task): void {
  if (task.scheduler === undefined) task.notified = true;
  else task.scheduler.notify(task);
}

function requestStop(task: Task): void {
  if (task.scheduler === undefined) task.stopRequested = true;
  else task.scheduler.requestStop(task);
}
