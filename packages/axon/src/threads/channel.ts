// SPDX-License-Identifier: Apache-2.0
import { type MessagePort, receiveMessageOnPort, type Transferable } from 'node:worker_threads';

/** Which of the two threads looks at a channel. */
export type Side = 0 | 1;
/** The thread of the graph. */
export const MAIN: Side = 0;
/** The worker. */
export const WORKER: Side = 1;

// What a thread is doing, as far as the other one has to know in order to wake it.
/** It will look at its bell once more before it sleeps. */
const AWAKE = 0;
/** It is in `Atomics.wait`. */
const BLOCKED = 1;
/** It is in its event loop, or on the way there. */
const LOOP = 2;

// Words of the shared memory. Those that both threads are busy with lie in cache lines of their own.
const STOP = 0;
const RESTED_AT = 1;
/** The main thread wants to be woken when the worker rests. */
const REST_WANTED = 2;
/** The worker is to wait in its event loop instead of blocking. */
const TO_LOOP = 3;
const FIRST_OF_SIDE = [16, 64] as const;
const STATE = 0;
const BELL = 1;
const ROOM_WANTED = 2;
/** Records that this side has written. */
const HEAD = 16;
/** Records that this side has read. */
const TAIL = 32;
const FIRST_LINK = 112;
const WORDS_PER_LINK = 8;

/** A record is 8 numbers: one that says what it is, and up to 7 of a descriptor. */
const CELLS = 8;
const RECORD_BYTES = CELLS * 8;
/** Records of one direction. A sender with more to say waits until some are read. */
const RECORDS = 256;
/** Largest descriptor that goes into a record. */
export const MOST_NUMBERS = CELLS - 1;

// What a record says of its link.
/** The next payload of the port is a message. */
export const MESSAGE = 0;
/** The sender has ended. */
export const END = 1;
/** The receiver is gone. */
export const CANCEL = 2;
/** From here on: a codec's number. */
export const FIRST_CODEC = 8;
const KINDS = 2 ** 20;
const BY_PORT = MOST_NUMBERS + 1;

/** What a channel is made of; it can be posted. `links` counts those from each side. */
export interface ChannelMemory {
  readonly shared: SharedArrayBuffer;
  readonly links: readonly [number, number];
}

/** Memory for a channel with so many links from the main thread and from the worker. */
export function allocateChannel(links: readonly [number, number]): ChannelMemory {
  return { shared: new SharedArrayBuffer(firstRecord(links) + 2 * RECORDS * RECORD_BYTES), links };
}

function firstRecord([fromMain, fromWorker]: readonly [number, number]): number {
  const words = FIRST_LINK + (fromMain + fromWorker) * WORDS_PER_LINK;
  return Math.ceil((words * 4) / RECORD_BYTES) * RECORD_BYTES;
}

function numbersAt(cells: Float64Array, at: number, count: number): number[] {
  const numbers = new Array<number>(count);
  for (let i = 0; i < count; i++) numbers[i] = cells[at + i] as number;
  return numbers;
}

/** Called for each record. `content`: the payload, or the numbers of a short descriptor. */
export type RecordVisitor = (link: number, kind: number, content: unknown) => void;

/**
 * Two rings of records in shared memory, one for each direction, and a port beside them for what has to be cloned. The
 * rings give the order; a port message is posted once for a batch, or empty to wake a thread that is in its event loop.
 */
export class Channel {
  readonly words: Int32Array;
  readonly #port: MessagePort;
  readonly #own: number;
  readonly #other: number;
  readonly #fromMain: number;
  readonly #written: Float64Array;
  readonly #read: Float64Array;
  readonly #onNote: (note: object) => void;
  #head = 0;
  #published = 0;
  #tail = 0;
  #payloads: unknown[] = [];
  #transfer: Transferable[] = [];
  /** Batches of payloads that have come and are not used up. */
  #batches: unknown[][] = [];
  #inBatch = 0;
  #bell = 0;
  #rings = 0;

  constructor({ shared, links }: ChannelMemory, port: MessagePort, side: Side, onNote: (note: object) => void) {
    this.words = new Int32Array(shared, 0, firstRecord(links) / 4);
    this.#port = port;
    this.#onNote = onNote;
    this.#own = FIRST_OF_SIDE[side];
    this.#other = FIRST_OF_SIDE[side === MAIN ? WORKER : MAIN];
    [this.#fromMain] = links;
    const ring = (of: Side) =>
      new Float64Array(shared, firstRecord(links) + of * RECORDS * RECORD_BYTES, RECORDS * CELLS);
    this.#written = ring(side);
    this.#read = ring(side === MAIN ? WORKER : MAIN);
    Atomics.store(this.words, this.#own + STATE, LOOP);
  }

  /** Where the words of a link lie that leads away from `side`. */
  wordsOf(side: Side, link: number): number {
    return FIRST_LINK + (side === MAIN ? link : this.#fromMain + link) * WORDS_PER_LINK;
  }

  // ---- sending ----

  /** False while the ring is full; the other side then wakes this one when it has read some. */
  hasRoom(): boolean {
    if (this.#isFull()) {
      Atomics.store(this.words, this.#own + ROOM_WANTED, 1);
      return !this.#isFull();
    }
    return true;
  }

  #isFull(): boolean {
    return ((this.#head - Atomics.load(this.words, this.#other + TAIL)) | 0) >= RECORDS;
  }

  /** Adds a record, which the other side sees after {@link flush}. */
  put(link: number, kind: number, numbers: readonly number[] = []): void {
    this.#write((link * KINDS + kind) * (BY_PORT + 1) + numbers.length, numbers);
  }

  /** Adds a record whose content is cloned, or transferred, by the port. */
  putByPort(link: number, kind: number, payload: unknown, transfer: readonly Transferable[]): void {
    this.#payloads.push(payload);
    if (transfer.length > 0) this.#transfer.push(...transfer);
    this.#write((link * KINDS + kind) * (BY_PORT + 1) + BY_PORT, []);
  }

  #write(header: number, numbers: readonly number[]): void {
    const at = (this.#head & (RECORDS - 1)) * CELLS;
    const cells = this.#written;
    cells[at] = header;
    for (let i = 0; i < numbers.length; i++) cells[at + 1 + i] = numbers[i] as number;
    this.#head = (this.#head + 1) | 0;
  }

  /** What was added for the port since the last {@link flush}. */
  get payloads(): readonly unknown[] {
    return this.#payloads;
  }

  /** Shows the other side what was added, and wakes it. Throws, with nothing shown, for what cannot be cloned. */
  flush(): void {
    if (this.#head === this.#published) return;
    if (this.#payloads.length > 0) {
      const payloads = this.#payloads;
      const transfer = this.#transfer;
      this.#payloads = [];
      this.#transfer = [];
      // This message will wake it, so that no empty one is needed.
      Atomics.compareExchange(this.words, this.#other + STATE, LOOP, AWAKE);
      this.#port.postMessage(payloads, transfer);
    }
    this.#published = this.#head;
    Atomics.store(this.words, this.#own + HEAD, this.#head);
    this.wake();
  }

  /** Forgets what was added since the last {@link flush}. */
  unput(): void {
    this.#head = this.#published;
    this.#payloads = [];
    this.#transfer = [];
  }

  /** Has the other side look at everything again. */
  wake(): void {
    const { words } = this;
    this.#rings++;
    Atomics.add(words, this.#other + BELL, 1);
    const state = Atomics.exchange(words, this.#other + STATE, AWAKE);
    if (state === LOOP) this.#port.postMessage(0);
    else if (state === BLOCKED) Atomics.notify(words, this.#other + STATE);
  }

  /** Times that the other side was told to look. */
  get rings(): number {
    return this.#rings;
  }

  /** Something that is in no order with the records, except before those that are added after it. */
  note(note: object): void {
    this.#port.postMessage(note);
  }

  // ---- receiving ----

  /** What the port received goes here. */
  file(posted: unknown): void {
    if (Array.isArray(posted)) this.#batches.push(posted);
    else if (typeof posted === 'object' && posted !== null) this.#onNote(posted);
  }

  /** Takes what the port holds, without a turn of the event loop. */
  pump(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.file(next.message);
    }
  }

  /** Visits every record that has come, in order. */
  receive(visit: RecordVisitor): void {
    const { words } = this;
    const head = Atomics.load(words, this.#other + HEAD);
    if (head === this.#tail) return;
    const cells = this.#read;
    try {
      while (this.#tail !== head) {
        const at = (this.#tail & (RECORDS - 1)) * CELLS;
        this.#tail = (this.#tail + 1) | 0;
        const header = cells[at] as number;
        const count = header % (BY_PORT + 1);
        const what = (header - count) / (BY_PORT + 1);
        const kind = what % KINDS;
        let content: unknown;
        if (count === BY_PORT) content = this.#nextPayload();
        else if (count > 0) content = numbersAt(cells, at + 1, count);
        visit((what - kind) / KINDS, kind, content);
      }
    } finally {
      Atomics.store(words, this.#own + TAIL, this.#tail);
      if (Atomics.exchange(words, this.#other + ROOM_WANTED, 0) === 1) this.wake();
    }
  }

  #nextPayload(): unknown {
    if (this.#batches.length === 0) this.pump();
    const [batch] = this.#batches;
    if (batch === undefined) throw new Error('Channel: Expected a payload in the port but it was lost on the way');
    const payload = batch[this.#inBatch++];
    if (this.#inBatch === batch.length) {
      this.#batches.shift();
      this.#inBatch = 0;
    }
    return payload;
  }

  // ---- sleeping ----

  /** To be called before this side looks at anything. */
  beginLooking(): void {
    this.#bell = Atomics.load(this.words, this.#own + BELL);
  }

  /** This side is about to return to its event loop. False if it was woken since it {@link beginLooking}. */
  sleepInLoop(): boolean {
    Atomics.store(this.words, this.#own + STATE, LOOP);
    return !this.#rung();
  }

  /**
   * Blocks the thread until it is woken, true, or called to its event loop. For the worker only. There is no timeout: a
   * wait that has one takes the system half as long again.
   */
  sleepBlocked(): boolean {
    const { words } = this;
    const state = this.#own + STATE;
    Atomics.store(words, state, BLOCKED);
    if (!this.#rung() && Atomics.load(words, TO_LOOP) === 0) Atomics.wait(words, state, BLOCKED);
    Atomics.store(words, state, AWAKE);
    Atomics.store(words, TO_LOOP, 0);
    return this.#rung();
  }

  #rung(): boolean {
    return Atomics.load(this.words, this.#own + BELL) !== this.#bell;
  }

  /** Says that the worker can do nothing more before it is woken, and tells the main thread if that wants to know. */
  rest(): void {
    Atomics.store(this.words, RESTED_AT, this.#bell + 1);
    if (Atomics.exchange(this.words, REST_WANTED, 0) === 1) this.wake();
  }

  /** Whether the worker can do nothing more before it is woken; asked by the main thread. */
  get workerRests(): boolean {
    return Atomics.load(this.words, RESTED_AT) === Atomics.load(this.words, this.#other + BELL) + 1;
  }

  /** Has the worker wake the main thread when it rests. True if it rests already. */
  askForRest(): boolean {
    Atomics.store(this.words, REST_WANTED, 1);
    if (!this.workerRests) return false;
    Atomics.store(this.words, REST_WANTED, 0);
    return true;
  }

  /** Has a worker that rests wait in its event loop, for what the component may have started there. */
  callToLoop(): void {
    const { words } = this;
    const state = this.#other + STATE;
    Atomics.store(words, TO_LOOP, 1);
    if (Atomics.load(words, state) === BLOCKED) Atomics.notify(words, state);
  }

  // ---- stopping ----

  /** Asks the worker to stop, whatever it waits for. */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    this.wake();
    this.#port.postMessage(0);
  }

  /** Whether the worker is to stop. */
  get stopping(): boolean {
    return Atomics.load(this.words, STOP) === 1;
  }
}
