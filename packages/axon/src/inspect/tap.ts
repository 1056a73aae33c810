// SPDX-License-Identifier: Apache-2.0
import { Inbox } from '../inbox.js';
import { wiring } from '../topology.js';

/** A message on its way, without the message: a look must not become an owner. */
export interface MessageSummary {
  /** Microseconds of the runtime's clock. */
  readonly atUs: number;
  /** Place in the order of those seen, from 0. */
  readonly n: number;
  /** Name of its class, or what `typeof` says. */
  readonly kind: string;
  /** Bytes it has, if that can be told. */
  readonly bytes: number | null;
  /** Its beginning, at most 80 characters. */
  readonly text: string;
}

const LONGEST_TEXT = 80;

function summary(message: unknown, atUs: number, n: number): MessageSummary {
  const object = typeof message === 'object' && message !== null ? message : undefined;
  const kind = message === null ? 'null' : (object?.constructor?.name ?? typeof message);
  const { byteLength } = (object ?? {}) as { byteLength?: unknown };
  const bytes = typeof byteLength === 'number' ? byteLength : typeof message === 'string' ? message.length * 2 : null;
  return { atUs, n, kind, bytes, text: textOf(message, object, kind).slice(0, LONGEST_TEXT) };
}

function textOf(message: unknown, object: object | undefined, kind: string): string {
  if (object === undefined) return String(message);
  if (ArrayBuffer.isView(object)) return `${kind}(${object.byteLength} bytes)`;
  const { pts } = object as { pts?: unknown };
  if (pts !== undefined) return `${kind} pts ${String(pts)}`;
  try {
    return JSON.stringify(object) ?? kind;
  } catch {
    return kind;
  }
}

/**
 * Calls `look` with a summary of each message that comes to an inbox, until the function that it returns is called. The
 * messages stay whose they are. What `look` throws is not caught: it becomes the sender's failure.
 *
 * @example
 * import { Pipeline, tap } from '@kamaelia/axon';
 *
 * const upper = Pipeline((text) => text.toUpperCase());
 * const line = Pipeline(['one', 'two'], upper, (text) => console.log(text));
 * tap(upper.inbox, ({ n, text }) => console.log(`message ${n}: ${text}`));
 * await line.run();
 */
export function tap<T>(inbox: Inbox<T>, look: (summary: MessageSummary) => void): () => void {
  requireInbox('tap', inbox);
  let seen = 0;
  // Where messages wait: those of a chassis' inbox do so in a part's.
  let end = inbox as unknown as Inbox;
  while (end.to !== undefined) end = end.to;
  const { push } = end;
  const tapped = (message: unknown): void => {
    look(summary(message, end.task.scheduler?.clock.now() ?? 0, seen++));
    push.call(end, message);
  };
  end.push = tapped;
  wiring.epoch++;
  return () => {
    // A later tap may lie upon this one; then this one stays, and looks no more.
    if (end.push === tapped) end.push = push;
    else look = () => {};
  };
}

function requireInbox(owner: string, inbox: unknown): void {
  if (!(inbox instanceof Inbox)) throw new TypeError(`${owner}: Expected an inbox but received ${String(inbox)}`);
}

/** The last messages that came to an inbox; see {@link trace}. */
export interface Trace {
  /** Oldest first. */
  readonly messages: readonly MessageSummary[];
  /** Looks no more; the messages stay. */
  stop(): void;
}

/** Keeps summaries of the last `count` messages that come to an inbox, default 32. */
export function trace<T>(inbox: Inbox<T>, count = 32): Trace {
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`trace: Expected a whole number above 0 for count but received ${String(count)}`);
  }
  requireInbox('trace', inbox);
  const messages: MessageSummary[] = [];
  const stop = tap(inbox, (seen) => {
    if (messages.length === count) messages.shift();
    messages.push(seen);
  });
  return { messages, stop };
}
