// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock, External, Inbox, Outbox } from '@kamaelia/axon';
import { ownBytes } from '../bytes.js';
import { OnceASecond } from '../once-a-second.js';
import { systemError } from '../system-error.js';
import { HostNames } from './host-names.js';
import type { ServerAddress } from './listener.js';
import { address, networkError } from './network-error.js';

/** Host and port of somebody who sends or receives datagrams. */
export type Address = readonly [host: string, port: number];

/** A datagram to be sent. */
export interface Letter {
  readonly data: Uint8Array;
  readonly to: Address;
}

/** Counters of everything that sends or receives datagrams. */
export interface DatagramStats {
  readonly received: number;
  /** Received while as many as `queue` waited for the outbox. */
  readonly dropped: number;
  readonly sent: number;
  /** Not sent: the system refused them, or their host is unknown. */
  readonly unsent: number;
}

/** What of a group a socket needs. */
export interface Membership {
  readonly group: string;
  /** Whether what the group is sent is received. */
  readonly join: boolean;
  /** Address of the interface. */
  readonly local: string;
  readonly ttl: number;
}

/** What a {@link DatagramFlow} works for. */
export interface DatagramOwner<I, O> {
  readonly inbox: Inbox<I> | undefined;
  readonly outbox: Outbox<O> | undefined;
  readonly external: External;
  readonly clock: Clock;
  readonly warn: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Where to listen. */
  readonly local: Address;
  readonly membership?: Membership | undefined;
  /** Datagrams that wait for the outbox at most. */
  readonly queue: number;
  /** Bytes that the system is asked to keep. */
  readonly receiveBuffer?: number | undefined;
  /** Whether a message may be taken. Default: always. */
  readonly mayTake?: (() => boolean) | undefined;
  /** What to send for a message. May throw for what is none. */
  readonly letter: (message: I) => Letter;
  /** The message for what was received. */
  readonly message: (data: Uint8Array, from: Address) => O;
}

const MOST_BEING_SENT = 64;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** The largest datagram of IPv4: 65535 bytes without the headers of IP and UDP. */
export const LARGEST_DATAGRAM = 65_507;

/**
 * Datagrams between a UDP socket and the boxes of a component. Both directions are bounded: what the system is slow to
 * send leaves messages in the inbox; what nobody takes from the outbox is dropped above a limit, and counted, for the
 * sender of a datagram cannot be made to wait.
 */
export class DatagramFlow<I, O> {
  /** A message that could not be sent because it was none, or an end of the socket. */
  error: unknown;
  readonly #owner: DatagramOwner<I, O>;
  readonly #socket: Socket;
  readonly #names: HostNames;
  readonly #seldom = { dropped: new OnceASecond(), unsent: new OnceASecond() };
  #arrived: O[] = [];
  #arrivedBytes: number[] = [];
  #waitingBytes = 0;
  /** Its host is being looked up. */
  #rest: Letter | undefined;
  #beingSent = 0;
  #received = 0;
  #dropped = 0;
  #sent = 0;
  #unsent = 0;
  #bound = false;
  #closed = false;

  constructor(owner: DatagramOwner<I, O>) {
    this.#owner = owner;
    const [host] = owner.local;
    const family = isIPv6(host) ? 6 : 4;
    // Several members of a group on one machine listen at the same port.
    const { receiveBuffer: recvBufferSize } = owner;
    this.#socket = createSocket({
      type: `udp${family}`,
      reuseAddr: owner.membership?.join === true,
      ...(recvBufferSize === undefined ? {} : { recvBufferSize }),
    });
    this.#names = new HostNames(family, owner.clock, () => this.#goOn());
    if (owner.outbox !== undefined) this.#socket.on('message', this.#onMessage);
  }

  get stats(): DatagramStats {
    return { received: this.#received, dropped: this.#dropped, sent: this.#sent, unsent: this.#unsent };
  }

  /** Everything that was taken from the inbox is with the system, and everything received was sent on. */
  get quiet(): boolean {
    return this.#beingSent === 0 && this.#rest === undefined && this.#arrived.length === 0;
  }

  /** Rejects with a `NetworkError` when the port cannot be had, or the group not be joined. */
  open(): Promise<ServerAddress> {
    const { local, membership } = this.#owner;
    const [host, port] = local;
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(networkError('cannot listen on', host, port, error)));
      socket.bind({ address: host, port }, () => {
        if (this.#closed) return;
        try {
          if (membership !== undefined) enter(socket, membership);
        } catch (error) {
          reject(networkError(`cannot use the interface ${membership?.local} for the group`, host, port, error));
          return;
        }
        this.#bound = true;
        socket.removeAllListeners('error');
        socket.on('error', (error) => {
          this.error ??= networkError('lost the socket at', host, port, error);
          this.#owner.external.wake();
        });
        const bound = socket.address();
        resolve({ host: bound.address, port: bound.port });
      });
    });
  }

  /** Moves what can be moved in both directions. */
  pump(): void {
    const { outbox } = this.#owner;
    let moved = 0;
    while (outbox?.open === true && moved < this.#arrived.length) outbox.send(this.#arrived[moved++] as O);
    if (moved > 0) {
      this.#arrived.splice(0, moved);
      for (const bytes of this.#arrivedBytes.splice(0, moved)) this.#waitingBytes -= bytes;
    }
    this.#post();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived = [];
    this.#rest = undefined;
    this.#socket.off('message', this.#onMessage);
    this.#socket.close();
  }

  #post(): void {
    while (this.#bound && !this.#closed && this.error === undefined && this.#beingSent < MOST_BEING_SENT) {
      const letter = this.#rest ?? this.#next();
      this.#rest = undefined;
      if (letter === undefined) return;
      const [host, port] = letter.to;
      const found = this.#names.get(host);
      if (found === undefined) {
        this.#rest = letter;
        return;
      }
      if (typeof found === 'string') this.#send(letter.data, port, found);
      else this.#tellUnsent(host, port, found);
    }
  }

  #next(): Letter | undefined {
    const { inbox, letter, mayTake, external } = this.#owner;
    try {
      if (inbox === undefined || mayTake?.() === false || inbox.length === 0) return undefined;
      return letter(inbox.recv());
    } catch (error) {
      this.error = error;
      external.wake();
      return undefined;
    }
  }

  #send(data: Uint8Array, port: number, host: string): void {
    this.#beingSent++;
    this.#socket.send(data, port, host, (error) => {
      this.#beingSent--;
      if (error === null || error === undefined) this.#sent++;
      else this.#tellUnsent(host, port, error);
      this.#goOn();
    });
  }

  #tellUnsent(host: string, port: number, error: Error): void {
    this.#unsent++;
    const { clock, warn } = this.#owner;
    if (this.#closed || !this.#seldom.unsent.isDue(clock.now())) return;
    warn(`could not send to ${address(host, port)}: ${systemError(error).text}`, { unsent: this.#unsent });
  }

  /** A component whose outbox is full has no slices, and goes on sending all the same. */
  #goOn(): void {
    this.#post();
    this.#owner.external.wake();
  }

  readonly #onMessage = (data: Uint8Array, { address: host, port }: RemoteInfo): void => {
    this.#received++;
    const { clock, external, message, queue, warn } = this.#owner;
    if (this.#arrived.length >= queue || this.#waitingBytes + data.length > MOST_WAITING_BYTES) {
      this.#dropped++;
      if (this.#seldom.dropped.isDue(clock.now())) {
        warn(`nobody takes what is received: more than ${queue} datagrams (option queue) or 8 MiB wait`, {
          dropped: this.#dropped,
        });
      }
      return;
    }
    this.#waitingBytes += data.length;
    this.#arrivedBytes.push(data.length);
    this.#arrived.push(message(ownBytes(data), [host, port]));
    external.wake();
  };
}

function enter(socket: Socket, { group, join, local, ttl }: Membership): void {
  if (join) socket.addMembership(group, local);
  socket.setMulticastInterface(local);
  socket.setMulticastTTL(ttl);
}
