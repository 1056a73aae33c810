// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { Component, type Duration, type External, type Steps } from '@kamaelia/axon';
import { OnceASecond } from '../once-a-second.js';
import { nonEmptyString, optionsObject, positiveUs, wholeNumber } from '../options.js';
import { ConnectedSocketAdapter } from './connected-socket-adapter.js';
import { checkedServerTLS, Listener, Listening, type ServerAddress, type ServerTLS } from './listener.js';
import { address } from './network-error.js';

/** What every server with many clients lets its user decide. */
export interface ServerLimits {
  /** Address to listen on, default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Connections at once, those that still shake hands included; further ones are closed at once. Default 1024. */
  readonly maxConnections?: number;
  /** A client that takes nothing of what waits for it for so long is let go. Default 60 s. */
  readonly idle?: Duration;
  /** A client with which nothing was exchanged for so long is let go. Default an hour. */
  readonly inactive?: Duration;
  /** Serves by TLS, with this key and certificate. A handshake may take 10 s. Default: plain TCP. */
  readonly tls?: ServerTLS;
}

/** Options of {@link TCPServer}. */
export interface TCPServerOptions extends ServerLimits {
  /** 0 to 65535; 0 takes a free one, see {@link TCPServer.listening}. */
  readonly listenport: number;
}

/** Counters of a {@link TCPServer}. */
export interface TCPServerStats {
  /** Clients accepted so far. */
  readonly clients: number;
  /** Clients that are connected now. */
  readonly connected: number;
  /** Connections closed at once because there were `maxConnections`. */
  readonly refused: number;
}

const DEFAULT_CONNECTIONS = 1024;
const DEFAULT_IDLE: Duration = { ms: 60_000 };
const DEFAULT_INACTIVE: Duration = { ms: 3_600_000 };

type Limits = Required<Omit<ServerLimits, 'tls'>> & { readonly tls: ServerTLS | undefined };

/** @internal With everything that was not said. */
export function checkedLimits(owner: string, given: ServerLimits): Limits {
  const { host = '127.0.0.1', maxConnections = DEFAULT_CONNECTIONS } = given;
  const { idle = DEFAULT_IDLE, inactive = DEFAULT_INACTIVE, tls } = given;
  nonEmptyString(owner, 'host', host);
  wholeNumber(owner, 'maxConnections', maxConnections, 1, 1_000_000);
  positiveUs(owner, 'idle', idle);
  positiveUs(owner, 'inactive', inactive);
  return { host, maxConnections, idle, inactive, tls: checkedServerTLS(owner, tls) };
}

/**
 * Listens at a port, and sends a new `ConnectedSocketAdapter` for each client that connects. Whoever receives it owns
 * it: links it, and makes it a part of a graph (or disposes it, which closes the connection). `SimpleServer` does that
 * for a protocol.
 *
 * - A client waits while the outbox is full, and counts for `maxConnections`. A connection above that is closed at
 *   once, counted, and logged once a second.
 * - What is done with a slow client is said at `ConnectedSocketAdapter`; `idle` and `inactive` are its options.
 * - It runs until it is stopped, or nobody takes its clients. Those that it has sent go on.
 *
 * A port that is in use ends the graph with a `NetworkError`.
 *
 * `outbox`: `ConnectedSocketAdapter`s that were not activated.
 *
 * @example
 * import { Graphline, link, Pipeline } from '@kamaelia/axon';
 * import { TCPClient, TCPServer } from '@kamaelia/components/net';
 *
 * const server = new TCPServer(0);
 * const listening = Pipeline(server, (client) => {
 *   const echo = Pipeline((bytes) => bytes);
 *   Graphline({ client, echo }, () => [link(client.outbox, echo.inbox), link(echo.outbox, client.inbox)]).activate();
 * }).activate();
 * const { host, port } = await server.listening;
 * await Pipeline(['hello'], new TCPClient({ host, port }), (bytes) => console.log(bytes.length)).run();
 * listening.stop();
 */
export class TCPServer extends Component {
  readonly outbox = this.out<ConnectedSocketAdapter>('outbox');
  readonly #port: number;
  readonly #limits: Limits;
  readonly #external: External = this.external();
  readonly #listening = new Listening();
  readonly #seldom = { refusal: new OnceASecond(), trouble: new OnceASecond() };
  #accepted: ConnectedSocketAdapter[] = [];
  #clients = 0;
  #connected = 0;
  #refused = 0;

  /** A number is the `listenport`. */
  constructor(options: TCPServerOptions | number) {
    super();
    const owner = 'TCPServer';
    const given =
      typeof options === 'number'
        ? { listenport: options }
        : optionsObject(owner, options, ['listenport', 'host', 'maxConnections', 'idle', 'inactive', 'tls']);
    this.#port = wholeNumber(owner, 'listenport', given.listenport, 0, 65_535);
    this.#limits = checkedLimits(owner, given);
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
  get stats(): TCPServerStats {
    return { clients: this.#clients, connected: this.#connected, refused: this.#refused };
  }

  override *main(): Steps {
    const { outbox } = this;
    const listener = new Listener({
      ...this.#limits,
      port: this.#port,
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
        while (this.#accepted.length > 0 && outbox.open) outbox.send(this.#accepted.shift() as ConnectedSocketAdapter);
        yield;
      }
    } finally {
      for (const client of this.#accepted) client[Symbol.dispose]();
      this.#accepted = [];
      // Clients go on, so nobody waits for them.
      void listener.close();
    }
  }

  #accept(socket: Socket, peer: string): void {
    this.#clients++;
    this.#connected++;
    this.log('info', `client ${peer} connected`);
    const { idle, inactive } = this.#limits;
    this.#accepted.push(new ConnectedSocketAdapter(socket, { idle, inactive }));
    socket.once('close', () => {
      this.#connected--;
      this.log('info', `client ${peer} left`, { bytesIn: socket.bytesRead, bytesOut: socket.bytesWritten });
    });
    this.#external.wake();
  }

  #tellRefused(peer: string): void {
    this.#refused++;
    if (!this.#seldom.refusal.isDue(this.clock.now())) return;
    const limit = `${this.#limits.maxConnections} connections (option maxConnections)`;
    this.log('warn', `connection from ${peer} closed: there are ${limit}`, { refused: this.#refused });
  }
}
