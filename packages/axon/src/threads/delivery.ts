// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox } from '../bounded-inbox.js';
import { disposeMessage } from '../dispose.js';
import type { Inbox } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import { DONE } from '../task.js';
import type { Channel, Side } from './channel.js';
import { CAPACITY, CLAIMED, NEEDED, SETTLED, TAKEN, WAITING } from './link-words.js';
import { claimMessage, relinquish } from './message-codecs.js';

/**
 * The receiving end of a link between two threads: an outbox that sends on what comes from the other thread, and tells
 * the sender how many of its messages wait no more in the inbox behind it.
 */
export class Delivery {
  readonly outbox: Outbox;
  /** That nobody listens any more was told to the other side. */
  cancelTold = false;
  protected readonly words: Int32Array;
  protected readonly at: number;
  protected readonly channel: Channel;
  /** Messages delivered; modulo 2^32, as all totals here. */
  #arrived = 0;
  #settled = 0;
  #capacity = 0;

  /** `from` is the side of the sender. */
  constructor(outbox: Outbox, channel: Channel, from: Side, link: number) {
    this.outbox = outbox;
    this.channel = channel;
    this.words = channel.words;
    this.at = channel.wordsOf(from, link);
    this.#publishCapacity();
  }

  /** This thread is responsible for the next message, whatever becomes of it. */
  protected claim(count: number): void {
    Atomics.add(this.words, this.at + CLAIMED, count);
  }

  /** The next message cannot be decoded here: whether it is this thread that disposes of it. */
  answersForUndecodable(): boolean {
    this.claim(1);
    return true;
  }

  /** Sends a message on. */
  deliver(message: unknown): void {
    this.#arrived = (this.#arrived + 1) | 0;
    this.claim(1);
    claimMessage(message);
    Atomics.add(this.words, this.at + TAKEN, 1);
    this.outbox.send(message);
  }

  /** Reckons what waits no more, and wakes the sender if it waits for that. */
  update(): void {
    const settled = (this.#arrived - this.#waiting()) | 0;
    const capacityChanged = this.#publishCapacity();
    if (((settled - this.#settled) | 0) > 0) this.settle(settled);
    if (capacityChanged) this.channel.wake();
  }

  #publishCapacity(): boolean {
    const { capacity } = this.outbox.sink;
    if (capacity === this.#capacity) return false;
    this.#capacity = capacity;
    Atomics.store(this.words, this.at + CAPACITY, capacity);
    return true;
  }

  /** Messages that count against the sender's bound. Those of other senders to the same inbox cannot be told apart. */
  #waiting(): number {
    const { sink, linked } = this.outbox;
    if (!linked || (sink instanceof BoundedInbox && sink.lossy)) return 0;
    return sink.full ? Math.max(sink.count, sink.capacity) : sink.count;
  }

  /** Publishes the total of messages that wait no more. */
  protected settle(settled: number): void {
    this.#settled = settled;
    Atomics.store(this.words, this.at + SETTLED, settled);
    const { words, at } = this;
    if (Atomics.load(words, at + WAITING) === 0) return;
    if (((settled - Atomics.load(words, at + NEEDED)) | 0) < 0) return;
    Atomics.store(words, at + WAITING, 0);
    this.channel.wake();
  }
}

/**
 * The same for an inbox that only this link fills: a message is settled and claimed at the moment in which the component
 * takes it. So it is known of each message who is responsible for it, even when the thread is ended in the middle; and what
 * the component has not taken at its end is the sender's again.
 */
export class ExactDelivery extends Delivery {
  readonly #inbox: Inbox;
  #taken = 0;
  /** From the next message on they are left to the sender. */
  #left = false;

  constructor(outbox: Outbox, inbox: Inbox, channel: Channel, from: Side, link: number) {
    super(outbox, channel, from, link);
    this.#inbox = inbox;
    const methods = Object.getPrototypeOf(inbox) as Inbox;
    // Looked up at each call: noteReceivers() may replace them later.
    inbox.recv = () => {
      if (inbox.count > 0) this.#take(1);
      const message = methods.recv.call(inbox);
      claimMessage(message);
      return message;
    };
    inbox.takeAll = () => {
      if (inbox.closed && inbox.task.state === DONE) {
        this.#left = true;
        return methods.takeAll.call(inbox).filter((message) => !relinquish(message));
      }
      if (inbox.closed) this.claim(inbox.count);
      else this.#take(inbox.count);
      const messages = methods.takeAll.call(inbox);
      for (const message of messages) claimMessage(message);
      return messages;
    };
  }

  override deliver(message: unknown): void {
    const { outbox } = this;
    if (this.#left) {
      if (!relinquish(message)) disposeMessage(message);
      return;
    }
    const elsewhere = outbox.sink !== this.#inbox;
    if (outbox.cancelled) this.claim(1);
    else if (elsewhere) this.#take(1);
    if (elsewhere) claimMessage(message);
    outbox.send(message);
  }

  #take(count: number): void {
    if (count === 0) return;
    this.#taken = (this.#taken + count) | 0;
    this.claim(count);
    Atomics.store(this.words, this.at + TAKEN, this.#taken);
    this.settle(this.#taken);
  }

  override answersForUndecodable(): boolean {
    // Those before it may still be taken; claims are counted in order.
    this.#left = true;
    return false;
  }

  /** Taking says everything. */
  override update(): void {}
}
