// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Outbox } from '@kamaelia/axon';
import { Incoming } from '../flow/incoming.js';
import { Outgoing, type OutgoingOwner } from '../flow/outgoing.js';

/** What a {@link SocketFlow} works for. */
export interface FlowOwner extends Omit<OutgoingOwner, 'waitsOutside'> {
  readonly outbox: Outbox<Uint8Array>;
}

/**
 * Moves bytes between a connected socket (or another duplex stream) and the boxes of a component, with back-pressure
 * in both directions: a full outbox pauses the socket, a full socket leaves messages in the inbox. The directions are
 * independent; see {@link Outgoing} for how.
 */
export class SocketFlow {
  readonly socket: Duplex;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;

  /** The socket must be connected; it belongs to the flow from now on. */
  constructor(socket: Duplex, owner: FlowOwner) {
    this.socket = socket;
    const { external, outbox } = owner;
    this.#incoming = new Incoming(socket, outbox, () => external.wake());
    this.#outgoing = new Outgoing(socket, {
      ...owner,
      // Blocked in both directions it waits for the other side, not for its neighbours.
      waitsOutside: () => !outbox.open && outbox.linked,
    });
    const { setNoDelay, setKeepAlive } = socket as Partial<Socket>;
    setNoDelay?.call(socket, true);
    // Finds out within half a minute that the other machine has vanished.
    setKeepAlive?.call(socket, true, 15_000);
    this.pump();
  }

  get bytesIn(): number {
    return this.#incoming.bytes;
  }

  get bytesOut(): number {
    return this.#outgoing.bytes;
  }

  /** Bytes that the operating system has of those that went out. */
  get bytesTaken(): number {
    return this.#outgoing.taken;
  }

  /** Bytes that arrived and were not sent on yet. */
  get bytesWaiting(): number {
    return this.#incoming.waiting;
  }

  /** The other side has ended, or the connection is gone; nothing more will arrive. */
  get remoteEnded(): boolean {
    return this.#incoming.ended;
  }

  /** A message that could not be sent (a TypeError), or why the connection was lost. */
  get error(): unknown {
    return this.#outgoing.error ?? this.#incoming.error;
  }

  /** Everything that arrived has been sent on. */
  get delivered(): boolean {
    return this.#incoming.delivered;
  }

  /** The socket has everything that was taken from the inbox, or the connection is gone. */
  get written(): boolean {
    return this.#outgoing.written;
  }

  /** The operating system has everything that was taken from the inbox, or the connection is gone. */
  get flushed(): boolean {
    return this.#outgoing.flushed;
  }

  /** The connection takes nothing more. */
  get gone(): boolean {
    return this.#outgoing.gone;
  }

  /** True after {@link end}. */
  get ending(): boolean {
    return this.#outgoing.ending;
  }

  /** The other side has been told the end. */
  get finished(): boolean {
    return this.#outgoing.finished;
  }

  /** Moves what can be moved in both directions. */
  pump(): void {
    this.#incoming.pump();
    this.#outgoing.pump();
  }

  /** Tells the other side that nothing more will come, behind what was written; it may still send. */
  end(): void {
    this.#outgoing.end();
  }

  /** Takes nothing more from the other side, as though it had ended. */
  finish(): void {
    this.#incoming.finish();
  }

  /** Frees the socket and everything that waits for it; what was not sent is lost. */
  close(): void {
    this.#incoming.close();
    this.#outgoing.close();
    this.socket.destroy();
  }
}
