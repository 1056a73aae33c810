// SPDX-License-Identifier: Apache-2.0
import type { Transferable } from 'node:worker_threads';
import { disposeMessage } from '../dispose.js';
import { CANCEL, type Channel, END, FIRST_CODEC, MESSAGE, MOST_NUMBERS, type RecordVisitor } from './channel.js';
import { firstUnclonable, refusal, toClonable } from './clonable.js';
import type { Delivery } from './delivery.js';
import type { Lender } from './lender.js';
import { codecFor, codecNamed, type MessageCodec } from './message-codecs.js';
import { GivenValues, TakenValues, type ValueNote } from './shared-values.js';

/** Notes of a crossing to the one in the other thread. */
export type CrossingNote = ValueNote | { readonly codec: readonly [number, string] };

/** How a {@link Crossing} is used. */
export interface CrossingOptions {
  /** The other thread cannot vanish, so it answers for what it was sent. */
  readonly otherIsSafe: boolean;
  /** Whether the end of one link, from either side, is told by itself. */
  readonly tellsEnds: () => boolean;
}

/** One thread's end of all links between two threads. The same on both sides. */
export class Crossing {
  readonly #channel: Channel;
  readonly #lenders: readonly Lender[];
  readonly #deliveries: readonly Delivery[];
  readonly #options: CrossingOptions;
  readonly #codecNumbers = new Map<MessageCodec, number>();
  readonly #codecNames: string[] = [];
  /** Codecs of the other side's numbers, as far as they were looked up. */
  readonly #codecs: (MessageCodec | undefined)[] = [];
  readonly #given: GivenValues;
  readonly #taken: TakenValues;
  #toForget: ValueNote[] = [];
  /** For each payload that is not flushed yet, the inbox it comes from. */
  #payloadsFrom: string[] = [];

  constructor(channel: Channel, lenders: readonly Lender[], deliveries: readonly Delivery[], options: CrossingOptions) {
    this.#channel = channel;
    this.#lenders = lenders;
    this.#deliveries = deliveries;
    this.#options = options;
    this.#given = new GivenValues(channel, !options.otherIsSafe);
    this.#taken = new TakenValues(channel);
  }

  // ---- sending ----

  /** Something waits that could not be sent yet. */
  get waiting(): boolean {
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) if ((lenders[link] as Lender).waiting > 0) return true;
    return false;
  }

  /** Messages that the other side has taken; changes with each, though it may repeat after 2^32. */
  get taken(): number {
    return this.#lenders.reduce((sum, lender) => (sum + lender.taken) | 0, 0);
  }

  /** Sends everything that waits and tells of links that have ended or were cancelled. */
  forward(): void {
    const channel = this.#channel;
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) {
      const lender = lenders[link] as Lender;
      while (lender.waiting > 0 && channel.hasRoom()) this.#send(link, lender, lender.lend());
    }
    if (this.#options.tellsEnds()) this.#tellEnds();
    this.#flush();
    this.#watch();
  }

  #tellEnds(): void {
    const channel = this.#channel;
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) {
      const lender = lenders[link] as Lender;
      if (!lender.ended || lender.endTold || !channel.hasRoom()) continue;
      lender.endTold = true;
      channel.put(link, END);
    }
    const deliveries = this.#deliveries;
    for (let link = 0; link < deliveries.length; link++) {
      const delivery = deliveries[link] as Delivery;
      if (!delivery.outbox.cancelled || delivery.cancelTold || !channel.hasRoom()) continue;
      delivery.cancelTold = true;
      channel.put(link, CANCEL);
    }
  }

  #send(link: number, lender: Lender, message: unknown): void {
    const codec = codecFor(message);
    const { name } = lender.inbox;
    try {
      if (codec === undefined) this.#sendCloned(link, lender, message);
      else this.#sendEncoded(link, lender, codec, message);
    } catch (error) {
      disposeMessage(message);
      throw about(name, error);
    }
  }

  #sendCloned(link: number, lender: Lender, message: unknown): void {
    const transfer: Transferable[] = [];
    const payload = toClonable(message, lender.owned, transfer);
    this.#channel.putByPort(link, MESSAGE, payload, transfer);
    this.#payloadsFrom.push(lender.inbox.name);
    // The graph outlives its threads, so it keeps what a thread may not come to; a moved message there is only once.
    if (!this.#options.otherIsSafe && transfer.length === 0) lender.keep(message);
  }

  #sendEncoded(link: number, lender: Lender, codec: MessageCodec, message: unknown): void {
    const descriptor = codec.encode(message, this.#given);
    lender.remember(codec, descriptor, this.#given.takeUsed());
    const kind = this.#numberOf(codec);
    if (isShort(descriptor)) {
      this.#channel.put(link, kind, descriptor);
    } else {
      this.#channel.putByPort(link, kind, descriptor, []);
      this.#payloadsFrom.push(lender.inbox.name);
    }
  }

  #numberOf(codec: MessageCodec): number {
    let number = this.#codecNumbers.get(codec);
    if (number === undefined) {
      number = FIRST_CODEC + this.#codecNumbers.size;
      this.#codecNumbers.set(codec, number);
      this.#channel.note({ codec: [number, codec.name] } satisfies CrossingNote);
    }
    return number;
  }

  #flush(): void {
    const from = this.#payloadsFrom;
    if (from.length > 0) this.#payloadsFrom = [];
    const { payloads } = this.#channel;
    try {
      this.#channel.flush();
    } catch (error) {
      this.#channel.unput();
      for (const lender of this.#lenders) lender.dropUnseen();
      const found = firstUnclonable(payloads);
      throw about(from[found?.index ?? 0] ?? '', found === undefined ? error : refusal(found.why));
    }
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) {
      const lender = lenders[link] as Lender;
      lender.noteSeen();
      if (this.#options.otherIsSafe) lender.forgetUnderWay();
    }
  }

  /** Whoever waits for room is told when there is some; what came while that was arranged is taken at once. */
  #watch(): void {
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) {
      const lender = lenders[link] as Lender;
      while (!lender.watch()) lender.settle();
    }
  }

  // ---- receiving ----

  readonly #visit: RecordVisitor = (link, kind, content) => {
    const delivery = this.#deliveries[link];
    if (kind === CANCEL) this.#lenders[link]?.cancel();
    else if (delivery === undefined) return;
    else if (kind === END) delivery.outbox.close();
    else delivery.deliver(kind === MESSAGE ? content : this.#decode(delivery, kind, content));
  };

  /** Delivers everything that has come, and drops what the other side has taken. */
  receive(): void {
    // Whatever refers to these values was sent before they were collected, so it is among what is visited now.
    const forgotten = this.#toForget;
    if (forgotten.length > 0) this.#toForget = [];
    this.#channel.receive(this.#visit);
    for (const note of forgotten) this.#taken.note(note);
    const lenders = this.#lenders;
    for (let link = 0; link < lenders.length; link++) (lenders[link] as Lender).settle();
    this.#watch();
    this.update();
  }

  /** Tells the other side what was taken here. */
  update(): void {
    const deliveries = this.#deliveries;
    for (let link = 0; link < deliveries.length; link++) (deliveries[link] as Delivery).update();
  }

  #decode(delivery: Delivery, kind: number, descriptor: unknown): unknown {
    const codec = this.#codecOf(kind);
    if (codec === undefined) {
      const name = JSON.stringify(this.#codecNames[kind] ?? kind);
      const wanted = `Expected the message codec ${name} in both threads but it is registered in the other one only`;
      throw about(delivery.outbox.name, new TypeError(wanted));
    }
    try {
      return codec.decode(descriptor, this.#taken);
    } catch (error) {
      if (delivery.answersForUndecodable()) codec.dispose(descriptor, this.#taken);
      throw about(delivery.outbox.name, error);
    }
  }

  #codecOf(kind: number): MessageCodec | undefined {
    const known = this.#codecs[kind];
    if (known !== undefined) return known;
    // Its name was posted before it was used, but perhaps nobody has looked into the port since.
    if (this.#codecNames[kind] === undefined) this.#channel.pump();
    const codec = codecNamed(this.#codecNames[kind] ?? '');
    this.#codecs[kind] = codec;
    return codec;
  }

  /** Takes a note of the other side's crossing. */
  note(note: CrossingNote): void {
    if ('codec' in note) this.#codecNames[note.codec[0]] = note.codec[1];
    else if ('forget' in note) this.#toForget.push(note);
    else this.#taken.note(note);
  }

  /** Takes back what was sent and never taken. The other side must not take anything any more. */
  dispose(): void {
    for (const lender of this.#lenders) lender.takeBack();
  }

  /** How much of what was sent the other side has taken and not let go of, by those codecs that know. */
  get held(): number {
    let held = 0;
    for (const codec of this.#codecNumbers.keys()) held += codec.held?.(this.#given) ?? 0;
    return held;
  }

  /** The other thread has ended: gives back what it {@link held}. */
  abandon(): void {
    for (const codec of this.#codecNumbers.keys()) codec.abandon?.(this.#given);
  }
}

/** Says of an error to which box it belongs. */
function about(box: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  return new TypeError(`${box}: ${cause.message}`, { cause });
}

function isShort(descriptor: unknown): descriptor is number[] {
  if (!Array.isArray(descriptor) || descriptor.length > MOST_NUMBERS) return false;
  for (let i = 0; i < descriptor.length; i++) if (typeof descriptor[i] !== 'number') return false;
  return true;
}
