// SPDX-License-Identifier: Apache-2.0
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { PAGE_POLICY, pageHtml } from './page-html.js';

/** Where a page is served. */
export interface PageAddress {
  readonly host: string;
  readonly port: number;
  /** What to open in a browser; with a token where others than this machine can connect. */
  readonly url: string;
}

/** Options of a {@link PageServer}. */
export interface PageServerOptions {
  readonly host: string;
  /** Undefined: the next free one from {@link FIRST_PORT}. */
  readonly port: number | undefined;
  readonly title: string;
  readonly onViewer: (socket: WebSocket) => void;
  readonly onWarning: (message: string) => void;
}

/** Port of the first overlay that does not name one. */
export const FIRST_PORT = 8765;
const PORTS_TRIED = 64;
const MOST_CONNECTIONS = 128;
const MOST_BYTES_FROM_PAGE = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const SCRIPTS = new Set(['page.js', 'frame-header.js', 'picture.js']);
// From sources too the page runs what was compiled.
const scripts = new URL(import.meta.url.endsWith('.ts') ? '../dist/page/' : './page/', import.meta.url);

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Where a browser finds a server that listens on all addresses of this machine: at the first one that leads outside. */
function reachable(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/** Serves the page, its scripts and its socket, to whom they are meant for. */
export class PageServer {
  readonly #options: PageServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  /** Needed where others than this machine can connect. */
  readonly #token: string | undefined;
  #address: PageAddress | undefined;
  // Node does not tell of the ones that became WebSockets.
  readonly #connections = new Set<Socket>();
  #closed = false;

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#token = LOOPBACK.test(options.host) ? undefined : randomBytes(16).toString('hex');
    this.#http = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    this.#http.maxConnections = MOST_CONNECTIONS;
    this.#http.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
    });
    this.#http.on('request', (request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MOST_BYTES_FROM_PAGE,
    });
  }

  /** Rejects with the system's error where the port is in use. */
  async listen(): Promise<PageAddress> {
    const { host, port } = this.#options;
    const first = port ?? FIRST_PORT;
    const last = port === undefined ? FIRST_PORT + PORTS_TRIED : first;
    for (let tried = first; ; tried++) {
      try {
        await this.#listenOn(host, tried);
        break;
      } catch (error) {
        if (tried >= last || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
    this.#http.on('error', (error) => this.#options.onWarning(error.message));
    const { port: bound } = this.#http.address() as AddressInfo;
    const query = this.#token === undefined ? '' : `?token=${this.#token}`;
    this.#address = { host, port: bound, url: `http://${inUrl(reachable(host))}:${bound}/${query}` };
    return this.#address;
  }

  #listenOn(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = () => {
        this.#http.off('error', failed);
        this.#http.off('close', closed);
      };
      const failed = (error: Error) => {
        settled();
        reject(error);
      };
      const closed = () => failed(new Error('was closed'));
      this.#http.on('error', failed);
      this.#http.on('close', closed);
      this.#http.listen({ host, port }, () => {
        // A close() while the host's name was being looked up had nothing to close yet.
        if (this.#closed) {
          this.#http.close();
          return;
        }
        settled();
        resolve();
      });
    });
  }

  /** Cuts every connection; resolves when the port is free. May be called at any time. */
  close(): Promise<void> {
    this.#closed = true;
    this.#sockets.close();
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      for (const socket of this.#connections) socket.destroy();
    });
  }

  /**
   * Other sites' pages run in the same browser and can reach this port: by a name of theirs that leads here (Host), or
   * from their own page (Origin). Where the port can be reached from outside the token takes the place of the names.
   */
  #refusal(request: IncomingMessage, isSocket: boolean): string | undefined {
    const { host, origin } = request.headers;
    const { port } = this.#address ?? { port: 0 };
    if (this.#token === undefined) {
      const names = ['127.0.0.1', 'localhost', '[::1]', inUrl(this.#options.host)].map((name) => `${name}:${port}`);
      if (host === undefined || !names.includes(host.toLowerCase())) return 'Host';
    }
    if (isSocket && (origin === undefined || origin.toLowerCase() !== `http://${host?.toLowerCase()}`)) return 'Origin';
    return undefined;
  }

  #hasToken(url: URL): boolean {
    if (this.#token === undefined) return true;
    const given = Buffer.from(url.searchParams.get('token') ?? '');
    const wanted = Buffer.from(this.#token);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  static #urlOf(request: IncomingMessage): URL | undefined {
    try {
      return new URL(request.url ?? '/', 'http://page');
    } catch {
      return undefined;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = PageServer.#urlOf(request);
    const name = url?.pathname.slice(1) ?? '';
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Referrer-Policy', 'no-referrer');
    const refused = this.#refusal(request, false);
    if (url === undefined) return plain(response, 400, 'Bad request');
    if (refused !== undefined) return plain(response, 403, `Forbidden: ${refused}`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(response, 405, 'Method not allowed');
    if (name === '') {
      if (!this.#hasToken(url)) return plain(response, 403, 'Forbidden: token');
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_POLICY });
      response.end(pageHtml(this.#options.title));
      return;
    }
    if (!SCRIPTS.has(name)) return plain(response, 404, 'Not found');
    try {
      const script = await readFile(new URL(name, scripts));
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' });
      response.end(script);
    } catch (error) {
      this.#options.onWarning(`cannot read a script of the page: ${(error as Error).message}`);
      plain(response, 500, 'Internal error');
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const url = PageServer.#urlOf(request);
    const refused = this.#refusal(request, true);
    if (url === undefined || refused !== undefined || url.pathname !== '/frames' || !this.#hasToken(url)) {
      const status = refused === undefined && url?.pathname !== '/frames' ? '404 Not Found' : '403 Forbidden';
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (upgraded) => this.#options.onViewer(upgraded));
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
