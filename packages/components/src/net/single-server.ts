// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { Component, type Duration, type External, type Steps } from '@kamaelia/axon';
import type { Sendable } from '../bytes.js';
import { OnceASecond } from '../once-a-second.js';
import { nonEmptyString, optionsObject, positiveUs, wholeNumber } from '../options.js';
import { systemError } from '../system-error.js';
import { checkedServerTLS, Listener, Listening, type ServerAddress, type ServerTLS } from './listener.js';
import { address } from './network-error.js';
import { SocketFlow } from './socket-flow.js';

/** Options of {@link SingleServer}. */
export interface SingleServerOptions {
  /** 0 to 65535, default 1601; 0 takes a free one, see {@link SingleServer.listening}. */
  readonly port?: number;
  /** Address to listen on, default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /**
   * A client that takes nothing of what waits for it for so long is let go, and one that does not close its side when
   * it was told the end. Default 60 s.
   */
  readonly idle?: Duration;
  /** Serves by TLS, with this key and certificate. A handshake may take 10 s. Default: plain TCP. */
  readonly tls?: ServerTLS;
}

/** Counters of a {@link SingleServer}. */
export interface SingleServerStats {
  /** Clients served, the present one included. */
  readonly clients: number;
  /** Connections closed at once because there was a client already. */
  readonly refused: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const DEFAULT_PORT = 1601;
const DEFAULT_IDLE_US = 60_000_000;
// The client, those that are being refused, and those that shake hands.
const MOST_CONNECTIONS = 128;

/**
 * Serves one client at a time: what arrives at `inbox` goes to the client, what it sends comes from `outbox`.
 *
 * - While there is no client, messages wait in the inbox (and its producer, when that is full); the next client gets
 *   them. It does not hear what earlier clients were sent.
 * - A second connection at the same time is closed at once, counted and logged.
 * - A client that leaves is normal: it is logged, what was already handed to its connection is lost, and the next one
 *   may connect. A client that closes only its sending side has left too.
 * - A slow client makes the producer wait: at most 64 KiB and what the system buffers are on their way to it. One
 *   that takes nothing for `idle` while bytes wait for it is let go.
 * - When its inbox has ended, it tells the client so behind the last byte, and ends when the client has closed its side
 *   too; until then it goes on receiving. What the system still has for a slow client nobody can see, so it waits for
 *   up to `idle`. Without a client it waits for one as long as there is something to send. With nothing linked to its
 *   inbox it runs until it is stopped.
 *
 * A port that is in use ends the graph with a `NetworkError`.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: `Uint8Array`s as they arrive, each with a buffer of its own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ReadFileAdaptor } from '@kamaelia/components/file';
 * import { SingleServer, TCPClient } from '@kamaelia/components/net';
 *
 * Pipeline(new ReadFileAdaptor('testcard.drc'), new SingleServer({ port: 16010 })).activate();
 *
 * let bytes = 0;
 * await Pipeline(new TCPClient({ host: '127.0.0.1', port: 16010 }), (chunk) => {
 *   bytes += chunk.length;
 * }).run();
 * console.log(`${bytes} bytes`);
 */
export class SingleServer extends Component {
  // Of role control, so that a full outbox does not keep bytes from the client; see SocketFlow.
  readonly inbox = this.in<Sendable>('inbox', { priority: 'control' });
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #host: string;
  readonly #port: number;
  readonly #idleUs: number;
  readonly #external: External = this.external();
  readonly #refused = new Set<Socket>();
  readonly #listening = new Listening();
  readonly #tls: ServerTLS | undefined;
  #flow: SocketFlow | undefined;
  #peer = '';
  #lingerUntilUs = Number.POSITIVE_INFINITY;
  #clients = 0;
  #refusals = 0;
  readonly #seldom = { refusal: new OnceASecond(), trouble: new OnceASecond() };
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(options: SingleServerOptions = {}) {
    super();
    const owner = 'SingleServer';
    const {
      port = DEFAULT_PORT,
      host = '127.0.0.1',
      idle,
      tls,
    } = optionsObject(owner, options, ['port', 'host', 'idle', 'tls']);
    this.#port = wholeNumber(owner, 'port', port, 0, 65_535);
    this.#host = nonEmptyString(owner, 'host', host);
    this.#idleUs = idle === undefined ? DEFAULT_IDLE_US : positiveUs(owner, 'idle', idle);
    this.#tls = checkedServerTLS(owner, tls);
  }

  /** Where it listens; undefined before that. */
  get address(): ServerAddress | undefined {
    return this.#listening.address;
  }

  /** Resolves when it listens. Rejects when it was stopped or failed before that; the failure itself is `done`'s. */
  get listening(): Promise<ServerAddress> {
    return this.#listening.promise(this.signal, () => this.path);
  }

  /** What it has done so far. */
  get stats(): SingleServerStats {
    return {
      clients: this.#clients,
      refused: this.#refusals,
      bytesIn: this.#bytesIn + (this.#flow?.bytesIn ?? 0),
      bytesOut: this.#bytesOut + (this.#flow?.bytesOut ?? 0),
    };
  }

  override *main(): Steps {
    const listener = new Listener({
      host: this.#host,
      port: this.#port,
      tls: this.#tls,
      maxConnections: MOST_CONNECTIONS,
      onClient: (socket, peer) => this.#accept(socket, peer),
      onRefused: (peer) => this.#tellRefused(peer),
      onTrouble: (text) => {
        if (this.#seldom.trouble.isDue(this.clock.now())) this.log('warn', text);
      },
    });
    try {
      const where = yield* this.until(listener.open());
      this.log('info', `listening on ${address(where.host, where.port)}`, { ...where });
      this.#listening.tell(where);
      for (;;) {
        if (this.#flow !== undefined) this.#serve(this.#flow);
        if (this.#flow === undefined && this.inbox.ended) return;
        yield;
      }
    } finally {
      this.#flow?.close();
      for (const socket of this.#refused) socket.destroy();
      // Whoever waited for the end may use the port at once.
      yield listener.close();
    }
  }

  #accept(socket: Socket, peer: string): void {
    if (this.#flow !== undefined || this.inbox.ended) {
      this.#refuse(socket, peer);
      return;
    }
    this.#clients++;
    this.#peer = peer;
    this.log('info', `client ${peer} connected`);
    const flow = new SocketFlow(socket, {
      name: 'SingleServer',
      inbox: this.inbox,
      outbox: this.outbox,
      external: this.#external,
      clock: this.clock,
      idleUs: this.#idleUs,
      onIdle: () => {
        const limit = `${this.#idleUs / 1000} ms (option idle)`;
        this.log('warn', `client ${peer} took nothing for ${limit} and is let go`);
        socket.destroy();
      },
    });
    this.#flow = flow;
    this.#external.wake();
  }

  #refuse(socket: Socket, peer: string): void {
    this.#refused.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#refused.delete(socket));
    socket.destroySoon();
    this.#tellRefused(peer);
  }

  /** Somebody who tries again and again is told about once a second. */
  #tellRefused(peer: string): void {
    this.#refusals++;
    if (!this.#seldom.refusal.isDue(this.clock.now())) return;
    const why = this.#flow === undefined ? 'everything was sent' : `${this.#peer} is being served`;
    this.log('warn', `connection from ${peer} closed: ${why}`, { refused: this.#refusals });
  }

  #serve(flow: SocketFlow): void {
    flow.pump();
    if (flow.error instanceof TypeError) throw flow.error;
    if (flow.remoteEnded) {
      if (!flow.delivered) return;
      // What was handed to the connection still goes out, to one that only closed its sending side.
      flow.end();
      if (flow.flushed) this.#clientLeft(flow);
      return;
    }
    if (this.inbox.ended && flow.written) flow.end();
    if (!flow.ending || !flow.flushed) return;
    if (this.#lingerUntilUs === Number.POSITIVE_INFINITY) {
      // A connection that is closed now would be reset by the client's next byte, and lose what it has not read yet.
      this.#lingerUntilUs = this.clock.now() + this.#idleUs;
      this.wakeAt(this.#lingerUntilUs);
    } else if (this.clock.now() >= this.#lingerUntilUs) {
      const limit = `${this.#idleUs / 1000} ms (option idle)`;
      this.log('warn', `client ${this.#peer} did not close its side for ${limit} and is let go`);
      this.#clientLeft(flow);
    }
  }

  #clientLeft(flow: SocketFlow): void {
    const { bytesIn, bytesOut, error } = flow;
    const how = error === undefined ? '' : `: ${systemError(error).text}`;
    this.log('info', `client ${this.#peer} left${how}`, { bytesIn, bytesOut });
    this.#bytesIn += bytesIn;
    this.#bytesOut += bytesOut;
    flow.close();
    this.#flow = undefined;
  }
}
