// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createSecureServer, type TlsOptions } from 'node:tls';
import { CancelledError } from '@kamaelia/axon';
import { optionsObject } from '../options.js';
import { systemError } from '../system-error.js';
import { address, networkError } from './network-error.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** How a server proves who it is, and whom it lets in: options of `tls.createServer`, `key` and `cert` at least. */
export type ServerTLS = Omit<TlsOptions, 'allowHalfOpen' | 'pauseOnConnect' | 'noDelay' | 'keepAlive'>;

/** @internal Refuses certificates and keys that cannot be used, when they are given. */
export function checkedServerTLS(owner: string, options: ServerTLS | undefined): ServerTLS | undefined {
  if (options === undefined) return undefined;
  const { key, cert, pfx } = optionsObject(owner, options);
  if ((key === undefined || cert === undefined) && pfx === undefined) {
    throw new TypeError(`${owner}: Expected key and cert, or pfx, for tls but received none`);
  }
  try {
    createSecureContext(options);
  } catch (error) {
    const { text } = systemError(error);
    throw new TypeError(`${owner}: Expected a certificate and its key for tls but: ${text}`, { cause: error });
  }
  return options;
}

/** @internal What a {@link Listener} works for. */
export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: ServerTLS | undefined;
  /** Connections open at once, those that are still shaking hands included. */
  readonly maxConnections: number;
  /** A client, after its handshake. */
  readonly onClient: (socket: Socket, peer: string) => void;
  /** A connection above the limit was closed. */
  readonly onRefused: (peer: string) => void;
  /** A connection came to nothing. */
  readonly onTrouble: (text: string) => void;
}

// A handshake is a few packets; whoever needs longer keeps others out.
const HANDSHAKE_MS = 10_000;

/** @internal A port that is listened at, plain or with TLS. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  /** Connections that are still shaking hands, by their address. */
  readonly #greeted = new Map<string, Socket>();
  #address: ServerAddress | undefined;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls, maxConnections, onClient, onRefused, onTrouble } = options;
    const arrived = (socket: Socket) => {
      if (this.#closed) socket.destroy();
      else onClient(socket, peerOf(socket));
    };
    // Half open: the end of the client's side must not cut off what is on its way to it.
    if (tls === undefined) {
      this.#server = createServer({ allowHalfOpen: true }, arrived);
    } else {
      const server = createSecureServer({ handshakeTimeout: HANDSHAKE_MS, ...tls, allowHalfOpen: true });
      server.on('connection', (socket) => this.#greet(socket));
      server.on('secureConnection', (socket) => {
        this.#greeted.delete(peerOf(socket));
        arrived(socket);
      });
      server.on('tlsClientError', (error, socket) => {
        const peer = peerOf(socket);
        this.#greeted.delete(peer);
        onTrouble(`no handshake with ${peer}: ${systemError(error).text}`);
      });
      this.#server = server;
    }
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', (data) => onRefused(address(data?.remoteAddress ?? 'unknown', data?.remotePort ?? 0)));
  }

  /** Where it listens; undefined before that. */
  get address(): ServerAddress | undefined {
    return this.#address;
  }

  /** Rejects with a `NetworkError` when it cannot listen. */
  open(): Promise<ServerAddress> {
    const { host, port, onTrouble } = this.#options;
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(networkError('cannot listen on', host, port, error));
      server.once('error', refuse);
      server.listen({ host, port }, () => {
        if (this.#closed) {
          server.close();
          return;
        }
        server.off('error', refuse);
        server.on('error', (error) => onTrouble(`could not accept a client: ${systemError(error).text}`));
        const bound = server.address() as AddressInfo;
        this.#address = { host: bound.address, port: bound.port };
        resolve(this.#address);
      });
    });
  }

  /** Lets the port go at once. Resolves when the clients it had are gone too. */
  close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#greeted.values()) socket.destroy();
    return new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #greet(socket: Socket): void {
    const peer = peerOf(socket);
    this.#greeted.set(peer, socket);
    socket.once('close', () => {
      if (this.#greeted.get(peer) === socket) this.#greeted.delete(peer);
    });
  }
}

/** @internal Tells those who ask where a server listens, also before it does. */
export class Listening {
  #address: ServerAddress | undefined;
  #promise: Promise<ServerAddress> | undefined;
  #tell: (address: ServerAddress) => void = () => {};

  get address(): ServerAddress | undefined {
    return this.#address;
  }

  /** The server listens. */
  tell(where: ServerAddress): void {
    this.#address = where;
    this.#tell(where);
  }

  /** Rejects when `signal` is aborted before. */
  promise(signal: AbortSignal, path: () => string): Promise<ServerAddress> {
    this.#promise ??= new Promise((resolve, reject) => {
      if (this.#address !== undefined) {
        resolve(this.#address);
        return;
      }
      this.#tell = resolve;
      const refuse = () => reject(new CancelledError(path(), 'was stopped before it listened'));
      if (signal.aborted) refuse();
      else signal.addEventListener('abort', refuse, { once: true });
    });
    // Whoever asked may have gone; the failure itself is told elsewhere.
    this.#promise.catch(() => {});
    return this.#promise;
  }
}

function peerOf(socket: Socket): string {
  return address(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
}
