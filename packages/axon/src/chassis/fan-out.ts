// SPDX-License-Identifier: Apache-2.0
import type { BoundedInbox } from '../bounded-inbox.js';
import { Component } from '../component.js';
import { disposeMessage, isDisposable } from '../dispose.js';
import type { Inbox, InboxOptions } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import { Step, type Steps } from '../steps.js';

interface Cloneable {
  clone(): unknown;
}

function isCloneable(message: unknown): message is Cloneable {
  return typeof message === 'object' && message !== null && typeof (message as Partial<Cloneable>).clone === 'function';
}

/**
 * Refuses a message that can have one owner only: it has `Symbol.dispose` and no `clone()`, so if several receivers had
 * it, the first that is done with it would take it from the others.
 */
export function refuseSingleOwner(owner: string, message: unknown): void {
  if (!isDisposable(message) || isCloneable(message)) return;
  const name = (message as object).constructor?.name ?? 'an object';
  throw new TypeError(
    `${owner}: Expected a message that several receivers can have but received ${name}, which has Symbol.dispose and no clone()`,
  );
}

/** {@link refuseSingleOwner} for a message that was received: what is refused is disposed of. */
export function ownedByMany<T>(owner: string, message: T): T {
  try {
    refuseSingleOwner(owner, message);
  } catch (error) {
    disposeMessage(message);
    throw error;
  }
  return message;
}

/**
 * Sends a message to every outbox: a clone each where it must be disposed of, the original to the last; else the same
 * object to all, which none of them may change. With no outbox it is dropped.
 */
export function sendToAll(outboxes: readonly Outbox[], message: unknown): void {
  const last = outboxes.length - 1;
  if (last < 0) {
    disposeMessage(message);
    return;
  }
  const copied = last > 0 && isDisposable(message) && isCloneable(message);
  try {
    for (let i = 0; i < last; i++) (outboxes[i] as Outbox).send(copied ? message.clone() : message);
  } catch (error) {
    // Nobody else has it yet.
    if (copied) disposeMessage(message);
    throw error;
  }
  (outboxes[last] as Outbox).send(message);
}

/** What happens to a receiver that is slower than what is sent to all. */
export type SubscriberPolicy = 'block' | 'drop-oldest' | 'drop-newest' | 'disconnect';

/** How one of several receivers is served. */
export interface BranchOptions {
  /**
   * `'block'`, the default: senders wait for it. `'drop-oldest'`, `'drop-newest'`: it misses messages, which are
   * counted in `lost`. `'disconnect'`: it ends, with a warning, behind what it has. But for `'block'` it never holds up
   * anybody else.
   */
  readonly policy?: SubscriberPolicy;
  /** Messages that may wait for it, default 64. */
  readonly capacity?: number;
  /** Bytes that may wait for it. */
  readonly maxBytes?: number;
}

const LOSSY: Readonly<Record<SubscriberPolicy, InboxOptions['lossy']>> = {
  block: undefined,
  'drop-oldest': 'oldest',
  'drop-newest': 'newest',
  disconnect: 'newest',
};

/**
 * A queue with a policy of its own before one of several receivers of the same messages, so that a slow one holds up
 * nobody else. `Tee` and `SubscribeTo` have it built in.
 *
 * `feed`: messages of any kind. `outbox`: those of them that were not dropped, in order.
 *
 * @example
 * import { Branch, Graphline, link, Pipeline } from '@kamaelia/axon';
 *
 * const parts = {
 *   source: Pipeline([1, 2, 3]),
 *   queue: new Branch({ policy: 'drop-oldest', capacity: 1 }),
 *   sink: Pipeline((n) => console.log(n)),
 * };
 * await Graphline(parts, ({ source, queue, sink }) => [
 *   link(source.outbox, queue.feed),
 *   link(queue.outbox, sink.inbox),
 * ]).run();
 */
export class Branch<T = unknown> extends Component {
  readonly outbox: Outbox<T> = this.out<T>('outbox');
  /** What is sent to it. */
  readonly feed: Inbox<T>;

  constructor({ policy = 'block', capacity, maxBytes = Number.POSITIVE_INFINITY }: BranchOptions = {}) {
    super();
    if (!Object.hasOwn(LOSSY, policy)) {
      const known = Object.keys(LOSSY).join(', ');
      throw new TypeError(`${this.constructor.name}: Expected ${known} for policy but received ${String(policy)}`);
    }
    const lossy = LOSSY[policy];
    this.feed = this.in<T>('feed', {
      ...(capacity === undefined ? {} : { capacity }),
      maxBytes,
      ...(lossy === undefined ? {} : { lossy }),
    });
    if (policy === 'disconnect') this.#bounded.onLoss = () => this.#disconnect();
  }

  /** Messages that it missed. */
  get lost(): number {
    return this.feed.lost;
  }

  override *main(): Steps {
    const { feed, outbox } = this;
    const bounded = this.#bounded;
    bounded.through = outbox;
    try {
      while (!feed.ended) {
        while (feed.ready) outbox.send(feed.recv());
        yield Step.parked;
      }
    } finally {
      bounded.through = undefined;
    }
  }

  get #bounded(): BoundedInbox<T> {
    return this.feed as BoundedInbox<T>;
  }

  #disconnect(): void {
    if (this.lost > 1) return;
    this.log('warn', 'is too slow and gets no more');
    this.stop();
  }
}
