// SPDX-License-Identifier: Apache-2.0
import { Component, Graphline, group, type Inbox, link, type Outbox, Pipeline, type Steps } from '@kamaelia/axon';
import { optionsObject, shown, wholeNumber } from '../options.js';
import { systemError } from '../system-error.js';
import type { ConnectedSocketAdapter } from './connected-socket-adapter.js';
import type { ServerAddress } from './listener.js';
import { address } from './network-error.js';
import { checkedLimits, type ServerLimits, TCPServer, type TCPServerStats } from './tcp-server.js';

/** Whose connection it is, for a protocol. */
export interface Connection {
  readonly peer: string;
  readonly peerport: number;
  readonly localip: string;
  readonly localport: number;
}

/** Makes the component that talks with one client: what the client sends is its input, its output goes to the client. */
export type Protocol = (connection: Connection) => Component;

/** Options of {@link SimpleServer}. */
export interface SimpleServerOptions extends ServerLimits {
  /** Called once for each client, for a new component. */
  readonly protocol: Protocol;
  /** 0 to 65535, default 1601; 0 takes a free one, see {@link SimpleServer.listening}. */
  readonly port?: number;
}

const DEFAULT_PORT = 1601;

/**
 * Serves any number of clients, each by a component of its own that `protocol` makes: its `inbox` gets what the client
 * sends, its `outbox` goes to the client. One that has only one of them only listens, or only talks.
 *
 * - When the client has ended, the component's inbox ends, and what it still sends is still sent; when the component
 *   has ended, the client is told so behind the last byte. A client that leaves is normal: its component is stopped.
 * - What fails in one connection, `protocol` included, ends that connection, with a warning, and nothing else.
 * - A client that does not read makes its component wait: 16 messages, 64 KiB and what the system buffers are on their
 *   way to it. One that takes nothing for `idle`, or exchanges nothing for `inactive`, is let go, with a warning. A
 *   connection above `maxConnections` is closed at once, counted, and logged once a second.
 * - It runs until it is stopped; a message at an outbox `serversignal` of a protocol's component stops it too. It then
 *   lets its port go, and the inbox of every protocol's component ends; it has ended when the last client has what was
 *   said to it. Aborted, it closes everything at once.
 *
 * A port that is in use ends the graph with a `NetworkError`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SimpleServer, TCPClient } from '@kamaelia/components/net';
 *
 * const shout = () => Pipeline((bytes) => new TextDecoder().decode(bytes).toUpperCase());
 * const server = new SimpleServer({ protocol: shout, port: 0 }).activate();
 * const { host, port } = await server.listening;
 * await Pipeline(['hello'], new TCPClient({ host, port }), (bytes) => console.log(new TextDecoder().decode(bytes))).run();
 * server.stop();
 */
export class SimpleServer extends Component {
  readonly #server: TCPServer;

  constructor(options: SimpleServerOptions) {
    super();
    const owner = 'SimpleServer';
    const {
      protocol,
      port = DEFAULT_PORT,
      ...limits
    } = optionsObject(owner, options, ['protocol', 'port', 'host', 'maxConnections', 'idle', 'inactive', 'tls']);
    if (typeof protocol !== 'function') {
      throw new TypeError(`${owner}: Expected a function for protocol but received ${shown(protocol)}`);
    }
    wholeNumber(owner, 'port', port, 0, 65_535);
    checkedLimits(owner, limits);
    this.#server = this.add(new TCPServer({ ...limits, listenport: port }), 'TCPServer');
    const clients = this.add(new Clients(protocol, () => this.#server.stop()), 'clients');
    link(this.#server.outbox, clients.inbox);
  }

  /** Where it listens; undefined before that. */
  get address(): ServerAddress | undefined {
    return this.#server.address;
  }

  /** Resolves when it listens. Rejects when it was stopped or failed before that; the failure itself is `done`'s. */
  get listening(): Promise<ServerAddress> {
    return this.#server.listening;
  }

  /** What it has done so far. */
  get stats(): TCPServerStats {
    return this.#server.stats;
  }
}

/** Gives each client a component of the protocol. */
class Clients extends Component {
  readonly inbox = this.in<ConnectedSocketAdapter>('inbox');
  readonly serversignal = this.in<unknown>('serversignal', { priority: 'control' });
  readonly #protocol: Protocol;
  readonly #stopServer: () => void;
  readonly #clients = new WeakMap<Component, ConnectedSocketAdapter>();

  constructor(protocol: Protocol, stopServer: () => void) {
    super();
    this.#protocol = protocol;
    this.#stopServer = stopServer;
  }

  override *main(): Steps {
    const { inbox, serversignal } = this;
    while (!inbox.ended) {
      while (inbox.ready) this.#serve(inbox.recv());
      if (serversignal.length > 0) {
        serversignal.takeAll();
        this.log('info', 'a client has stopped the server');
        this.#stopServer();
      }
      yield;
    }
    for (const part of this.parts) this.#clients.get(part)?.finish();
  }

  #serve(client: ConnectedSocketAdapter): void {
    const { peer = { host: 'unknown', port: 0 }, local = { host: 'unknown', port: 0 } } = client;
    const name = address(peer.host, peer.port);
    const connection = { peer: peer.host, peerport: peer.port, localip: local.host, localport: local.port };
    try {
      const made = group(() => this.#conversation(client, connection), { name, supervise: 'end' });
      this.#clients.set(made, client);
      this.add(made);
    } catch (error) {
      client[Symbol.dispose]();
      this.log('warn', `no protocol for ${name}: ${systemError(error).text}`);
    }
  }

  #conversation(client: ConnectedSocketAdapter, connection: Connection): Component {
    const made: unknown = this.#protocol(connection);
    if (!(made instanceof Component)) {
      throw new TypeError(`SimpleServer: Expected a component from protocol but received ${shown(made)}`);
    }
    const { serversignal } = made as { serversignal?: Outbox };
    // Of the boxes of a component a pipeline passes on those that it has.
    const protocol = Pipeline(made) as Component & { readonly inbox?: Inbox; readonly outbox?: Outbox };
    return Graphline({ client, protocol }, () => [
      ...(protocol.inbox === undefined ? [] : [link(client.outbox as Outbox, protocol.inbox)]),
      ...(protocol.outbox === undefined ? [] : [link(protocol.outbox, client.inbox as Inbox)]),
      ...(serversignal === undefined ? [] : [link(serversignal, this.serversignal)]),
    ]);
  }
}
