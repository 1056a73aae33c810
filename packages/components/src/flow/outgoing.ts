// SPDX-License-Identifier: Apache-2.0
import type { Writable } from 'node:stream';
import type { Clock, External, Inbox } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../bytes.js';

// Larger messages are written in parts, so that a slow receiver's progress can be seen.
const LARGEST_WRITE = 64 * 1024;
// How often it is looked whether a slow receiver has made progress, in each time that it may take nothing.
const LOOKS = 4;

/** What an {@link Outgoing} works for. */
export interface OutgoingOwner {
  /** Class of the component, for messages. */
  readonly name: string;
  readonly inbox: Inbox<Sendable>;
  readonly external: External;
  readonly clock: Clock;
  /** Called when the other side has taken nothing of what waits for it for `idleUs`, or up to a quarter longer. */
  readonly onIdle?: (() => void) | undefined;
  readonly idleUs?: number | undefined;
  /**
   * Whether the component now waits for the other side alone, and not for its neighbours; asked while the stream has
   * no room. It then counts as waiting for the world outside.
   */
  readonly waitsOutside?: (() => boolean) | undefined;
}

/**
 * Bytes on their way from an inbox to a stream of the world outside; a full stream leaves messages in the inbox. All that
 * waits and has room is written at once, by one system call if the stream can do so.
 *
 * No write has a callback, since nearly always the system takes the bytes at once, and a callback would be the most of what
 * such a write costs besides: what the stream still has, `writableLength` says.
 *
 * A component whose outbox is full has no slices, so what its inbox gets (of priority `control`, which wakes it all the
 * same) is written from the stream's own events too.
 */
export class Outgoing {
  /** Bytes handed to the stream. */
  bytes = 0;
  /** The first message that was none. */
  error: TypeError | undefined;
  readonly #stream: Writable;
  readonly #owner: OutgoingOwner;
  readonly #inbox: Inbox<Sendable>;
  /** The rest of the message that is being written. */
  #rest: Uint8Array | undefined;
  #room = true;
  #ending = false;
  #gone = false;
  #held = false;
  /** What the other side had taken, and when, when it was last looked whether it takes anything. */
  #taken = 0;
  #takenUs = 0;
  #stopAlarm: (() => void) | undefined;

  constructor(stream: Writable, owner: OutgoingOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#inbox = owner.inbox;
    stream.on('drain', this.#onDrain);
    stream.on('finish', this.#onFinish);
    stream.on('close', this.#onGone);
    stream.on('error', this.#onGone);
    if (stream.destroyed) this.#onGone();
  }

  /** The stream takes nothing more: the other side does not want it, or the connection is lost. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The stream has everything that was taken from the inbox, or is gone. */
  get written(): boolean {
    return this.#gone || this.#rest === undefined;
  }

  /** The operating system has everything that was taken from the inbox, or the stream is gone. */
  get flushed(): boolean {
    return this.#gone || (this.#rest === undefined && this.#stream.writableLength === 0);
  }

  /** Bytes that the operating system has. */
  get taken(): number {
    return this.bytes - this.#stream.writableLength;
  }

  /** True after {@link end}. */
  get ending(): boolean {
    return this.#ending;
  }

  /** The other side has been told the end. */
  get finished(): boolean {
    return this.#stream.writableFinished;
  }

  /** Writes what the stream has room for. */
  pump(): void {
    const waiting = this.#inbox.length;
    if (this.#room && !this.#ending && !this.#gone && (waiting > 0 || this.#rest !== undefined)) {
      const stream = this.#stream;
      // One message goes its own way, which is shorter.
      const together = waiting > 1;
      if (together) stream.cork();
      this.#write();
      if (together) stream.uncork();
      if (stream.writableLength > 0) this.#watch();
      else this.#room ||= stream.writable;
    }
    this.#hold(!this.#room && !this.#ending && !this.#gone && this.#owner.waitsOutside?.() === true);
  }

  /** Tells the other side that nothing more will come, behind what was written; it may still send. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#rest = undefined;
    this.#hold(false);
    this.#stream.end();
  }

  /** Writes nothing more. The stream itself is left to whoever destroys it. */
  close(): void {
    const stream = this.#stream;
    stream.off('drain', this.#onDrain);
    stream.off('finish', this.#onFinish);
    stream.off('close', this.#onGone);
    // The error listener stays, for errors that come of closing.
    this.#ending = true;
    this.#room = false;
    this.#rest = undefined;
    this.#stopWatching();
    this.#hold(false);
  }

  #write(): void {
    const inbox = this.#inbox;
    while (this.#room && !this.#ending) {
      if (this.#rest === undefined) {
        if (inbox.length === 0) return;
        this.#rest = this.#take();
        if (this.#rest === undefined) continue;
      }
      const part = this.#rest.length > LARGEST_WRITE ? this.#rest.subarray(0, LARGEST_WRITE) : this.#rest;
      this.#rest = part === this.#rest ? undefined : this.#rest.subarray(LARGEST_WRITE);
      this.bytes += part.length;
      this.#room = this.#stream.write(part);
    }
  }

  /** Undefined for an empty message, which nobody would notice, and for one that is none. */
  #take(): Uint8Array | undefined {
    try {
      const bytes = bytesOf(this.#owner.name, this.#inbox.recv());
      return bytes.length === 0 ? undefined : bytes;
    } catch (error) {
      this.error ??= error as TypeError;
      this.#ending = true;
      this.#owner.external.wake();
      return undefined;
    }
  }

  #hold(wanted: boolean): void {
    if (this.#held === wanted) return;
    this.#held = wanted;
    if (wanted) this.#owner.external.hold();
    else this.#owner.external.release();
  }

  // ---- idle limit ----

  #watch(): void {
    if (this.#stopAlarm !== undefined) return;
    this.#note(this.#owner.clock.now());
    this.#setAlarm(this.#takenUs);
  }

  #note(nowUs: number): void {
    this.#taken = this.taken;
    this.#takenUs = nowUs;
  }

  #setAlarm(nowUs: number): void {
    const { clock, idleUs, onIdle } = this.#owner;
    if (idleUs === undefined || onIdle === undefined) return;
    this.#stopAlarm = clock.alarm(Math.min(nowUs + idleUs / LOOKS, this.#takenUs + idleUs), () => {
      this.#stopAlarm = undefined;
      this.#look(idleUs, onIdle);
    });
  }

  #look(idleUs: number, onIdle: () => void): void {
    const { clock, external } = this.#owner;
    if (this.#gone) return;
    if (this.#stream.writableLength === 0) {
      // Of a stream that does not tell when it has finished this is the only news.
      if (this.#ending) external.wake();
      return;
    }
    const nowUs = clock.now();
    if (this.taken !== this.#taken) this.#note(nowUs);
    if (nowUs - this.#takenUs >= idleUs) onIdle();
    else this.#setAlarm(nowUs);
  }

  #stopWatching(): void {
    this.#stopAlarm?.();
    this.#stopAlarm = undefined;
  }

  // ---- events of the stream ----

  readonly #onDrain = (): void => {
    this.#room = true;
    this.pump();
    this.#owner.external.wake();
  };

  readonly #onFinish = (): void => this.#owner.external.wake();

  readonly #onGone = (): void => {
    if (this.#gone) return;
    this.#gone = true;
    this.#stopWatching();
    this.#hold(false);
    this.#owner.external.wake();
  };
}
