// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Clock, External, Inbox, Outbox } from '@kamaelia/axon';
import { bytesOf, ownBytes, type Sendable } from '../bytes.js';

// What waits between the socket and a full outbox before the other side is made to wait.
const MOST_ARRIVED_BYTES = 256 * 1024;
// Larger messages are written in parts, so that a slow receiver's progress can be seen.
const LARGEST_WRITE = 64 * 1024;

/** What a {@link SocketFlow} works for. */
export interface FlowOwner {
  readonly name: string;
  readonly inbox: Inbox<Sendable>;
  readonly outbox: Outbox<Uint8Array>;
  readonly external: External;
  readonly clock: Clock;
  /** Called when the other side has taken nothing of what waits for it for `idleUs`. */
  readonly onIdle?: () => void;
  readonly idleUs?: number;
}

/**
 * Moves bytes between a connected socket and the boxes of a component, with back-pressure in both directions: a full
 * outbox pauses the socket, a full socket leaves messages in the inbox.
 *
 * The directions are independent. A component whose outbox is full has no slices, so what arrives in its inbox (of
 * role `control`, which wakes it all the same) is written to the socket from the socket's own events too.
 */
export class SocketFlow {
  readonly socket: Socket;
  bytesIn = 0;
  bytesOut = 0;
  /** The other side has ended, or the connection is gone; nothing more will arrive. */
  remoteEnded = false;
  /** Why the connection was lost, or a message that could not be sent. */
  error: unknown;
  readonly #owner: FlowOwner;
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  /** The rest of the message that is being written. */
  #rest: Uint8Array | undefined;
  #room = true;
  #unconfirmed = 0;
  #ending = false;
  #held = false;
  #progressUs: number;
  #stopAlarm: (() => void) | undefined;

  /** The socket must be connected; it belongs to the flow from now on. */
  constructor(socket: Socket, owner: FlowOwner) {
    this.socket = socket;
    this.#owner = owner;
    this.#progressUs = owner.clock.now();
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onEnd);
    socket.setNoDelay(true);
    // Finds out within half a minute that the other machine has vanished.
    socket.setKeepAlive(true, 15_000);
    // It may have failed between its connection and now.
    if (socket.destroyed) this.#onError(socket.errored ?? undefined);
    this.pump();
  }

  /** Everything that arrived has been sent on. */
  get delivered(): boolean {
    return this.#arrived.length === 0;
  }

  /** The operating system has everything that was taken from the inbox, or the connection is gone. */
  get flushed(): boolean {
    return this.socket.destroyed || (this.#unconfirmed === 0 && this.#rest === undefined);
  }

  /** Moves what can be moved in both directions. */
  pump(): void {
    const { outbox } = this.#owner;
    let moved = 0;
    while (moved < this.#arrived.length && outbox.open) outbox.send(this.#arrived[moved++] as Uint8Array);
    if (moved > 0) {
      for (const chunk of this.#arrived.splice(0, moved)) this.#arrivedBytes -= chunk.length;
    }
    if (this.socket.isPaused() && this.#arrivedBytes < MOST_ARRIVED_BYTES / 2) this.socket.resume();
    this.#write();
  }

  /** Tells the other side that nothing more will come, behind what was written; it may still send. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#rest = undefined;
    this.#hold(false);
    this.socket.end();
  }

  /** True after {@link end}. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Frees the socket and everything that waits for it; what was not sent is lost. */
  close(): void {
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onEnd);
    // The error listener stays: a socket may still fail while it closes, which is of no interest but must be heard.
    this.#ending = true;
    this.#room = false;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#stopAlarm?.();
    this.#stopAlarm = undefined;
    this.#hold(false);
    socket.destroy();
  }

  #write(): void {
    const { inbox } = this.#owner;
    while (this.#room && !this.#ending && !this.socket.destroyed) {
      if (this.#rest === undefined) {
        if (inbox.length === 0) break;
        this.#rest = this.#bytesOf(inbox.recv());
        if (this.#rest === undefined) continue;
      }
      const part = this.#rest.length > LARGEST_WRITE ? this.#rest.subarray(0, LARGEST_WRITE) : this.#rest;
      this.#rest = part === this.#rest ? undefined : this.#rest.subarray(LARGEST_WRITE);
      if (this.#unconfirmed++ === 0) this.#progressUs = this.#owner.clock.now();
      this.bytesOut += part.length;
      this.#room = this.socket.write(part, this.#onWritten);
    }
    // A component that is blocked in both directions waits for the other side, not for its neighbours.
    this.#hold(!this.#room && !this.#ending && !this.#owner.outbox.open && this.#owner.outbox.linked);
    if (this.#unconfirmed > 0) this.#watch();
  }

  /** Undefined for an empty message, which nobody would notice, and for one that is none. */
  #bytesOf(message: Sendable): Uint8Array | undefined {
    try {
      const bytes = bytesOf(this.#owner.name, message);
      return bytes.length === 0 ? undefined : bytes;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    this.error = error;
    this.#ending = true;
    this.#onEnd();
  }

  #hold(wanted: boolean): void {
    if (this.#held === wanted) return;
    this.#held = wanted;
    if (wanted) this.#owner.external.hold();
    else this.#owner.external.release();
  }

  // ---- idle limit ----

  #watch(): void {
    const { clock, idleUs, onIdle } = this.#owner;
    if (idleUs === undefined || onIdle === undefined || this.#stopAlarm !== undefined) return;
    this.#stopAlarm = clock.alarm(this.#progressUs + idleUs, () => {
      this.#stopAlarm = undefined;
      if (this.#unconfirmed === 0) return;
      if (clock.now() - this.#progressUs >= idleUs) onIdle();
      else this.#watch();
    });
  }

  // ---- events of the socket ----

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytesIn += chunk.length;
    this.#arrivedBytes += chunk.length;
    this.#arrived.push(ownBytes(chunk));
    if (this.#arrivedBytes >= MOST_ARRIVED_BYTES) this.socket.pause();
    this.#owner.external.wake();
  };

  readonly #onDrain = (): void => {
    this.#room = true;
    this.#write();
    this.#owner.external.wake();
  };

  readonly #onWritten = (): void => {
    this.#unconfirmed--;
    this.#progressUs = this.#owner.clock.now();
    if (this.#unconfirmed === 0) {
      this.#stopAlarm?.();
      this.#stopAlarm = undefined;
      this.#owner.external.wake();
    }
  };

  readonly #onEnd = (): void => {
    if (this.remoteEnded) return;
    this.remoteEnded = true;
    this.#hold(false);
    this.#owner.external.wake();
  };

  readonly #onError = (error: unknown): void => {
    // Behind the other side's end it would only say that what we still sent was not wanted.
    if (!this.remoteEnded) this.error ??= error;
    this.#onEnd();
  };
}
