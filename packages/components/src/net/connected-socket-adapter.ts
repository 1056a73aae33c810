// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Component, type Duration, type External, Step, type Steps } from '@kamaelia/axon';
import type { Sendable } from '../bytes.js';
import { optionsObject, positiveUs, shown } from '../options.js';
import { address, type NetworkError, networkError } from './network-error.js';
import { SocketFlow } from './socket-flow.js';

/** Options of {@link ConnectedSocketAdapter}. */
export interface ConnectedSocketAdapterOptions {
  /**
   * The connection is let go when the other side takes nothing of what waits for it for so long, or, with nobody to
   * listen to it, does not close its side when it was told the end. Default 60 s.
   */
  readonly idle?: Duration;
  /** The connection is let go when nothing was exchanged for so long. Default: never. */
  readonly inactive?: Duration;
}

/** One end of a connection. */
export interface EndPoint {
  readonly host: string;
  readonly port: number;
}

/** Counters of a {@link ConnectedSocketAdapter}. */
export interface ConnectedSocketAdapterStats {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const DEFAULT_IDLE_US = 60_000_000;

/**
 * A component around a connected socket, or another duplex stream: what arrives at `inbox` goes to the other side, what
 * it sends comes from `outbox`. Made by `TCPServer` for each client.
 *
 * - The two directions end by themselves: when the other side has ended, `outbox` ends behind the last byte, and the
 *   inbox is still written; when the inbox has ended, the other side is told so behind the last byte, and is still
 *   listened to. The component ends with the connection, or `idle` after its own end when nobody listens any more.
 * - Back-pressure crosses the network: a full outbox makes the other side wait, one that does not read leaves messages
 *   in the inbox. At most 64 KiB and what the system buffers are on their way to it. One that takes nothing for `idle`
 *   while bytes wait for it is let go, with a warning.
 * - The socket belongs to the component, which closes it whatever ends it. One that never runs is to be disposed.
 * - A connection that is lost is no failure, since others may go on: it ends the component, and {@link lost} says why.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: `Uint8Array`s as they arrive, each with a buffer of its own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ConnectedSocketAdapter, SingleServer } from '@kamaelia/components/net';
 * import { connect } from 'node:net';
 *
 * const server = new SingleServer({ port: 0 });
 * Pipeline(['hello\n'], server).activate();
 * const { host, port } = await server.listening;
 * const socket = connect({ host, port, allowHalfOpen: true });
 * await Pipeline(new ConnectedSocketAdapter(socket), (bytes) => console.log(bytes.length)).run();
 */
export class ConnectedSocketAdapter extends Component {
  // Of priority control, so that a full outbox does not keep bytes from the socket; see Outgoing.
  readonly inbox = this.in<Sendable>('inbox', { capacity: 16, priority: 'control' });
  // Of role control, so that what is still to be said is said also when nobody listens to the answer.
  readonly outbox = this.out<Uint8Array>('outbox', { role: 'control' });
  readonly #socket: Duplex;
  readonly #idleUs: number;
  readonly #inactiveUs: number;
  readonly #external: External = this.external();
  #peer: EndPoint | undefined;
  #local: EndPoint | undefined;
  #flow: SocketFlow | undefined;
  #lost: NetworkError | undefined;
  #deaf = false;
  #told = false;
  #lingerUntilUs = Number.POSITIVE_INFINITY;
  #exchanged = 0;
  #exchangedUs = 0;
  #alarmUs = Number.NEGATIVE_INFINITY;

  /** The socket may still be connecting. */
  constructor(socket: Duplex, options: ConnectedSocketAdapterOptions = {}) {
    super();
    const owner = 'ConnectedSocketAdapter';
    const { write, pause } = (socket ?? {}) as Partial<Duplex>;
    if (typeof write !== 'function' || typeof pause !== 'function') {
      throw new TypeError(`${owner}: Expected a socket or another duplex stream but received ${shown(socket)}`);
    }
    const { idle, inactive } = optionsObject(owner, options, ['idle', 'inactive']);
    this.#socket = socket;
    this.#idleUs = idle === undefined ? DEFAULT_IDLE_US : positiveUs(owner, 'idle', idle);
    this.#inactiveUs = inactive === undefined ? Number.POSITIVE_INFINITY : positiveUs(owner, 'inactive', inactive);
    this.#noteAddresses();
    // It may fail before the component runs, which then finds it so.
    socket.on('error', () => {});
  }

  /** The other side; undefined for a stream that has no address, or is not connected yet. */
  get peer(): EndPoint | undefined {
    this.#noteAddresses();
    return this.#peer;
  }

  /** This side. */
  get local(): EndPoint | undefined {
    this.#noteAddresses();
    return this.#local;
  }

  /** What it has done so far. */
  get stats(): ConnectedSocketAdapterStats {
    return { bytesIn: this.#flow?.bytesIn ?? 0, bytesOut: this.#flow?.bytesOut ?? 0 };
  }

  /** Why the connection was lost; undefined while it is not, and when it ended in order. */
  get lost(): NetworkError | undefined {
    return this.#lost;
  }

  /**
   * Takes nothing more from the other side, as though it had ended: `outbox` ends, and what is still to be said is
   * said. For servers that are to end.
   */
  finish(): void {
    this.#deaf = true;
    this.#external.wake();
  }

  /** Closes the socket of a component that is not wanted. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  override *main(): Steps {
    const { inbox, outbox, clock } = this;
    const flow = new SocketFlow(this.#socket, {
      name: 'ConnectedSocketAdapter',
      inbox,
      outbox,
      external: this.#external,
      clock,
      idleUs: this.#idleUs,
      onIdle: () => this.#letGo(`took nothing for ${this.#idleUs / 1000} ms (option idle)`),
    });
    this.#flow = flow;
    this.#exchangedUs = clock.now();
    try {
      while (!this.#isOver(flow)) yield Step.parked;
      if (flow.error !== undefined) this.#lose(flow.error);
    } finally {
      flow.close();
    }
  }

  /** A socket knows them only from its connection to its end. */
  #noteAddresses(): void {
    const { remoteAddress, remotePort, localAddress, localPort } = this.#socket as Partial<Socket>;
    this.#peer ??= endPoint(remoteAddress, remotePort);
    this.#local ??= endPoint(localAddress, localPort);
  }

  #isOver(flow: SocketFlow): boolean {
    const { inbox, outbox } = this;
    flow.pump();
    if (flow.error instanceof TypeError) throw flow.error;
    const heard = this.#deaf || this.stopping || (flow.remoteEnded && flow.delivered);
    if (heard && !this.#told) {
      this.#told = true;
      outbox.close();
    }
    // With nothing linked to the inbox there is nothing to say; whether the other side has is waited for.
    const silent = inbox.ended || (!inbox.linked && inbox.length === 0 && (heard || outbox.cancelled));
    if (silent && flow.written) flow.end();
    if (heard && (flow.gone || (flow.finished && flow.remoteEnded))) return true;
    // What the system still has for a slow one nobody can see, and to close the connection now would lose that.
    if (flow.ending && flow.flushed && !outbox.linked && this.#lingerUntilUs === Number.POSITIVE_INFINITY) {
      this.#lingerUntilUs = this.clock.now() + this.#idleUs;
    }
    return this.#isLate(flow);
  }

  /** Whether it waited long enough: for the other side's end, or for anything at all. */
  #isLate(flow: SocketFlow): boolean {
    const nowUs = this.clock.now();
    if (nowUs >= this.#lingerUntilUs) return true;
    const exchanged = flow.bytesIn + flow.bytesOut;
    if (exchanged !== this.#exchanged) {
      this.#exchanged = exchanged;
      this.#exchangedUs = nowUs;
    }
    const inactiveUntilUs = this.#exchangedUs + this.#inactiveUs;
    if (nowUs >= inactiveUntilUs) {
      this.#letGo(`exchanged nothing for ${this.#inactiveUs / 1000} ms (option inactive)`);
      return true;
    }
    const nextUs = Math.min(this.#lingerUntilUs, inactiveUntilUs);
    // One alarm at a time, not one for each slice: an early one looks again and sets the next.
    if (nextUs < Number.POSITIVE_INFINITY && (this.#alarmUs <= nowUs || nextUs < this.#alarmUs)) {
      this.#alarmUs = nextUs;
      this.wakeAt(nextUs);
    }
    return false;
  }

  #letGo(why: string): void {
    this.log('warn', `${this.#other} ${why} and is let go`);
    this.#socket.destroy();
  }

  #lose(cause: unknown): void {
    const { host, port } = this.peer ?? { host: 'unknown', port: 0 };
    this.#lost = networkError('lost the connection to', host, port, cause);
    this.log('info', this.#lost.message);
  }

  get #other(): string {
    return this.peer === undefined ? 'the other side' : address(this.peer.host, this.peer.port);
  }
}

function endPoint(host: string | undefined, port: number | undefined): EndPoint | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}
