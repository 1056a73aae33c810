// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox, bytesOf, mediaUsOf } from '../bounded-inbox.js';
import type { Inbox } from '../inbox.js';
import { closeInbox } from '../link.js';
import type { Channel, Side } from './channel.js';
import { CAPACITY, CLAIMED, NEEDED, SETTLED, TAKEN, WAITING } from './link-words.js';
import type { MessageCodec } from './message-codecs.js';
import { UsedValues } from './shared-values.js';

/** Stands in an inbox for a message that is in the other thread. */
const LENT: object = Object.freeze({});

/** The same in an inbox that is bounded in bytes or media time: as large as the message it stands for. */
class LentMeasured {
  readonly byteLength: number;
  readonly duration: number;
  readonly timebase = { num: 1, den: 1_000_000 };

  constructor(message: unknown) {
    this.byteLength = bytesOf(message);
    this.duration = mediaUsOf(message);
  }
}

/** Whether it does not only stand for one. */
function isMessage(message: unknown): boolean {
  return message !== LENT && !(message instanceof LentMeasured);
}

/** Messages of a lossy inbox that may be in the other thread; those that wait here can still be dropped. */
const LOSSY_WINDOW = 1;

/** A message that is on its way, encoded. */
interface UnderWay {
  /** Number of the message on its link. */
  readonly at: number;
  readonly codec: MessageCodec;
  readonly descriptor: unknown;
  readonly used: readonly (number | object)[];
}

/** How a {@link Lender} is used. */
export interface LenderOptions {
  /** Bytes are given up by who sends them; see `PortOptions.owned`. */
  readonly owned: boolean;
  /** The inbox has its own bound, instead of that of the one at the other end of the link. */
  readonly bounds: boolean;
}

/**
 * The sending end of a link between two threads: an inbox whose messages go to the other thread, but count here until
 * they were taken there. So the bound of this inbox is the bound of the whole link, and nothing queues anywhere else.
 */
export class Lender {
  readonly inbox: Inbox;
  /** Bytes are given up by who sends them; see `PortOptions.owned`. */
  readonly owned: boolean;
  /** Its end was told to the other side. */
  endTold = false;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #bounds: boolean;
  readonly #bounded: boolean;
  readonly #lossy: boolean;
  /** Messages sent; counts modulo 2^32, as all totals here do. */
  #sent = 0;
  #settled = 0;
  /** First places of the inbox whose messages are in the other thread. */
  #lent = 0;
  /** Messages that were lent when the inbox was emptied. */
  #forgotten = 0;
  /** Messages lent that the other side has not been shown yet. */
  #unseen = 0;
  /** The other side has ended. */
  #over = false;
  #underWay: UnderWay[] = [];

  /** `side` is the one that sends. */
  constructor(inbox: Inbox, channel: Channel, side: Side, link: number, options: LenderOptions) {
    this.inbox = inbox;
    this.owned = options.owned;
    this.#bounds = options.bounds;
    this.#words = channel.words;
    this.#at = channel.wordsOf(side, link);
    this.#bounded = inbox instanceof BoundedInbox;
    this.#lossy = inbox instanceof BoundedInbox && inbox.lossy;
    if (!this.#bounds) this.#followCapacity();
    // A place for each message: a batch has none.
    inbox.pushAll = (messages) => {
      for (let i = 0; i < messages.length; i++) inbox.push(messages[i]);
    };
    const takeAll = inbox.takeAll;
    // Whoever takes everything back gets what is still here.
    inbox.takeAll = () => {
      const untaken = this.#over ? this.#untaken() : 0;
      const here = takeAll.call(inbox).slice(this.#lent - untaken);
      if (untaken > 0) here.splice(0, untaken, ...here.slice(0, untaken).filter(isMessage));
      this.#forgotten += this.#lent;
      this.#lent = 0;
      return here;
    };
  }

  /** Messages that may be lent now. */
  get waiting(): number {
    if (!this.#lossy) return this.inbox.count - this.#lent;
    return Math.min(this.inbox.count, LOSSY_WINDOW - ((this.#sent - this.#settled) | 0));
  }

  /** Messages that the component at the other end has got, also those not yet looked at here. */
  get taken(): number {
    return Atomics.load(this.#words, this.#at + TAKEN);
  }

  /** Every message was sent, and there will be no more. */
  get ended(): boolean {
    return this.inbox.eos && this.inbox.count === this.#lent;
  }

  /** The next message, which goes to the other thread. */
  lend(): unknown {
    this.#sent = (this.#sent + 1) | 0;
    const { inbox } = this;
    if (this.#lossy) return inbox.recv();
    this.#unseen++;
    return inbox.exchange(this.#lent++, (message) => (this.#bounded ? new LentMeasured(message) : LENT));
  }

  /** The other side gets a copy of the message lent last: if it ends before it takes that, whoever is next gets this one. */
  keep(message: unknown): void {
    if (this.#lent > 0) this.inbox.exchange(this.#lent - 1, () => message);
  }

  /** What was lent is seen by the other side from now on. */
  noteSeen(): void {
    this.#unseen = 0;
  }

  /** What was lent and is not seen by the other side cannot be sent: nobody is to get it again. */
  dropUnseen(): void {
    for (; this.#unseen > 0; this.#unseen--) this.inbox.exchange(this.#lent - this.#unseen, () => LENT);
  }

  /** How many of the messages lent the component there has not got. */
  #untaken(): number {
    return Math.min((this.#sent - this.taken) | 0, this.#lent);
  }

  /** The message lent last was encoded: if nobody takes it, somebody has to let go of what it owns. */
  remember(codec: MessageCodec, descriptor: unknown, used: readonly (number | object)[]): void {
    this.#underWay.push({ at: this.#sent, codec, descriptor, used });
  }

  /** The other side is told to look after everything that was sent: as a worker does, which may be gone the next moment. */
  forgetUnderWay(): void {
    if (this.#underWay.length > 0) this.#underWay = [];
  }

  /** Drops from the inbox what was taken on the other side since the last call. */
  settle(): void {
    if (!this.#bounds) this.#followCapacity();
    const settled = Atomics.load(this.#words, this.#at + SETTLED);
    let taken = (settled - this.#settled) | 0;
    if (taken === 0) return;
    this.#settled = settled;
    if (this.#underWay.length > 0) this.#dropClaimed();
    if (this.#lossy) return;
    const forgotten = Math.min(taken, this.#forgotten);
    this.#forgotten -= forgotten;
    taken = Math.min(taken - forgotten, this.#lent);
    this.#lent -= taken;
    while (taken-- > 0) this.inbox.recv();
  }

  #dropClaimed(): void {
    const claimed = Atomics.load(this.#words, this.#at + CLAIMED);
    const underWay = this.#underWay;
    while (underWay.length > 0 && (((underWay[0] as UnderWay).at - claimed) | 0) <= 0) underWay.shift();
  }

  #followCapacity(): void {
    const capacity = Atomics.load(this.#words, this.#at + CAPACITY);
    const { inbox } = this;
    if (capacity === inbox.capacity && inbox.eager) return;
    // The other side gives room in batches already, and only when its inbox was full: any room is to be used at once.
    inbox.eager = true;
    inbox.setCapacity(capacity);
  }

  /** Asks to be woken when there will be something to do after {@link settle}. False if there is already. */
  watch(): boolean {
    const needed = this.#needed();
    if (needed === undefined) return true;
    const words = this.#words;
    Atomics.store(words, this.#at + NEEDED, needed);
    Atomics.store(words, this.#at + WAITING, 1);
    return ((Atomics.load(words, this.#at + SETTLED) - needed) | 0) < 0;
  }

  #needed(): number | undefined {
    const { inbox } = this;
    // With room in the window there is nothing to wait for: whoever settled is going to send.
    if (this.#lossy) return inbox.count > 0 && this.waiting <= 0 ? (this.#sent - LOSSY_WINDOW + 1) | 0 : undefined;
    if (!inbox.full) return undefined;
    // An inbox that is full in bytes says itself, at each message, when that is over.
    const room = inbox.low < 0 ? 1 : inbox.count - inbox.low;
    return (this.#settled + room) | 0;
  }

  /** Nobody takes these messages any more: what waits is disposed of, and the senders learn of it. */
  cancel(): void {
    closeInbox(this.inbox);
  }

  /** Has again what was sent and not taken, for whoever is next. The other side must not take anything any more. */
  takeBack(): void {
    this.#over = true;
    this.#dropClaimed();
    const left = this.#underWay;
    this.#underWay = [];
    for (const { at, codec, descriptor, used } of left) {
      const values = new UsedValues(used);
      const place = this.#lent - ((this.#sent - at) | 0) - 1;
      const message = this.#lossy || place < 0 ? undefined : decoded(codec, descriptor, values);
      if (message === undefined) codec.dispose(descriptor, values);
      else this.inbox.exchange(place, () => message);
    }
  }
}

/** Undefined, and nothing done, if it cannot be decoded in this thread. */
function decoded(codec: MessageCodec, descriptor: unknown, values: UsedValues): unknown {
  try {
    return codec.decode(descriptor, values);
  } catch {
    return undefined;
  }
}
