// SPDX-License-Identifier: Apache-2.0
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely, createSecureContext } from 'node:tls';
import { Component, type Duration, type External, type Steps } from '@kamaelia/axon';
import type { Sendable } from '../bytes.js';
import { microsecondsFrom0, nonEmptyString, optionsObject, positiveUs, shown, wholeNumber } from '../options.js';
import { systemError } from '../system-error.js';
import { address, NetworkError, networkError } from './network-error.js';
import { SocketFlow } from './socket-flow.js';

/** When and how often {@link TCPClient} connects again. */
export interface ReconnectOptions {
  /** Pause before the first new attempt, above 0; it doubles with each that fails. */
  readonly min: Duration;
  /** Longest pause, at least `min`. */
  readonly max: Duration;
  /** Attempts in a row that may fail before it gives up with the last one's error. Default: any number. */
  readonly attempts?: number;
}

/** How a client checks the server, and who it is itself: options of Node's `tls.connect`, such as `ca`. */
export type ClientTLS = Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'allowHalfOpen' | 'timeout'>;

/** Options of {@link TCPClient}. */
export interface TCPClientOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Pause before the first attempt, 0 or more. Default none. */
  readonly delay?: Duration;
  /** How long an attempt may take. Default 60 s. */
  readonly connectTimeout?: Duration;
  /** Connects again when the server is not there, vanishes or ends the connection. Default: off. */
  readonly reconnect?: ReconnectOptions;
  /**
   * Connects by TLS. `true` checks the server's certificate against its `host` and the known authorities. The
   * connection counts as made when the handshake is done. Default false.
   */
  readonly tls?: ClientTLS | boolean;
}

/** Counters of a {@link TCPClient}. */
export interface TCPClientStats {
  /** Connections made. */
  readonly connections: number;
  /** Attempts that failed and connections that were lost, with `reconnect`. */
  readonly reconnects: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that had arrived and were not sent on when it was stopped or aborted. */
  readonly bytesDropped: number;
}

const DEFAULT_CONNECT_TIMEOUT_US = 60_000_000;
/** Less than what a component may take to end before it is reported. */
const STOPPED_PATIENCE_US = 2_000_000;

/**
 * Connects to a server: what arrives at `inbox` goes to it, what it sends comes from `outbox`.
 *
 * It ends when the server ends the connection and everything received was sent on. When its inbox ends, it tells the
 * server so (behind the last byte) and goes on receiving. Back-pressure crosses the network: while its outbox is
 * full the server is made to wait, while the server does not read, messages wait in its inbox.
 *
 * Stopped, it sends what waits in its inbox, tells the server the end, and goes on receiving until the server has ended
 * too; one that neither ends nor takes anything for 2 s is let go, with a warning that says what was left. What arrived is
 * still sent on. Without anything linked to its inbox it stops at once.
 *
 * A server that is not there, or a connection that is lost, ends the graph with a {@link NetworkError}. With
 * `reconnect` it is a warning, and the component connects again after a pause of `min` that doubles with each failure
 * up to `max`, and begins at `min` again once bytes came. Then the server's end of a connection, which cannot be told
 * from a server that was killed, is answered so too: it ends when it is stopped, when its consumer ends, or without a
 * connection when its inbox has ended. Bytes handed to a connection that is lost are lost; messages in the inbox wait
 * for the next one.
 *
 * With `tls` all of that is so too; a certificate that cannot be trusted is a `NetworkError` with Node's code for it.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: `Uint8Array`s as they arrive, each with a buffer of its own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SingleServer, TCPClient } from '@kamaelia/components/net';
 *
 * const server = new SingleServer({ port: 0 });
 * Pipeline(['hello\n'], server).activate();
 * const { port } = await server.listening;
 * await Pipeline(new TCPClient({ host: '127.0.0.1', port }), (bytes) => console.log(bytes.length)).run();
 */
export class TCPClient extends Component {
  // Of role control, so that a full outbox does not keep bytes from the server; see SocketFlow.
  readonly inbox = this.in<Sendable>('inbox', { capacity: 16, priority: 'control' });
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #host: string;
  readonly #port: number;
  readonly #delayUs: number;
  readonly #timeoutUs: number;
  readonly #reconnect: { readonly minUs: number; readonly maxUs: number; readonly attempts: number } | undefined;
  readonly #tls: ClientTLS | undefined;
  readonly #external: External = this.external();
  #connections = 0;
  #reconnects = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #bytesDropped = 0;
  #flow: SocketFlow | undefined;
  /** From `stop()` on: what the server had taken when it last took something, and how long it may take no more. */
  #takenWhileStopping = -1;
  #patientUntilUs = 0;
  #letGo = false;

  constructor(options: TCPClientOptions) {
    super();
    const owner = 'TCPClient';
    const {
      host,
      port,
      delay,
      connectTimeout,
      reconnect,
      tls = false,
    } = optionsObject(owner, options, ['host', 'port', 'delay', 'connectTimeout', 'reconnect', 'tls']);
    this.#host = nonEmptyString(owner, 'host', host);
    this.#port = wholeNumber(owner, 'port', port, 1, 65_535);
    this.#delayUs = delay === undefined ? 0 : microsecondsFrom0(owner, 'delay', delay);
    this.#timeoutUs =
      connectTimeout === undefined ? DEFAULT_CONNECT_TIMEOUT_US : positiveUs(owner, 'connectTimeout', connectTimeout);
    this.#tls = tls === true ? {} : tls === false ? undefined : checkedClientTLS(owner, tls);
    if (reconnect === undefined) return;
    const { min, max, attempts } = optionsObject(owner, reconnect, ['min', 'max', 'attempts']);
    const minUs = positiveUs(owner, 'reconnect.min', min);
    const maxUs = positiveUs(owner, 'reconnect.max', max);
    if (maxUs < minUs) {
      throw new RangeError(
        `${owner}: Expected reconnect.max to be at least reconnect.min but received ${shown(reconnect)}`,
      );
    }
    const most = attempts === undefined ? Number.POSITIVE_INFINITY : attempts;
    if (most !== Number.POSITIVE_INFINITY) wholeNumber(owner, 'reconnect.attempts', most, 1, Number.MAX_SAFE_INTEGER);
    this.#reconnect = { minUs, maxUs, attempts: most };
  }

  /** What it has done so far. */
  get stats(): TCPClientStats {
    return {
      connections: this.#connections,
      reconnects: this.#reconnects,
      bytesIn: this.#bytesIn + (this.#flow?.bytesIn ?? 0),
      bytesOut: this.#bytesOut + (this.#flow?.bytesOut ?? 0),
      bytesDropped: this.#bytesDropped,
    };
  }

  override *main(): Steps {
    if (this.#delayUs > 0) yield* this.sleep({ us: this.#delayUs });
    const reconnect = this.#reconnect;
    let failures = 0;
    for (;;) {
      const receivedBefore = this.#bytesIn;
      const lost = yield* this.#connectOnce();
      if (reconnect === undefined) {
        if (lost !== undefined) throw lost;
        return;
      }
      // The server has heard all that we had to say, or will not.
      if (this.inbox.ended || this.stopping) {
        const why = this.inbox.ended ? 'its inbox has ended' : 'it was told to end';
        const waiting = this.inbox.length;
        if (lost !== undefined) this.log('warn', `${lost.message}; not again, for ${why}`, { waiting });
        return;
      }
      const reason = lost ?? new NetworkError(`${this.#where} closed the connection`, 'CLOSED', this.#host, this.#port);
      failures = this.#bytesIn > receivedBefore ? 1 : failures + 1;
      if (failures > reconnect.attempts) throw reason;
      this.#reconnects++;
      const pauseUs = Math.min(reconnect.maxUs, reconnect.minUs * 2 ** (failures - 1));
      const pauseMs = pauseUs / 1000;
      this.log('warn', `${reason.message}; connecting again in ${pauseMs} ms`, { attempt: failures, pauseMs });
      yield* this.#pause(pauseUs);
      if (this.inbox.ended || this.stopping) return;
    }
  }

  /** Until the time is over, the inbox has ended or the component is to end. */
  *#pause(us: number): Steps {
    const { clock, inbox, outbox } = this;
    const untilUs = clock.now() + us;
    this.wakeAt(untilUs);
    while (clock.now() < untilUs && !inbox.ended && !this.stopping) {
      // A full outbox must not keep what waits in the inbox from the server.
      if (outbox.open) yield;
      else yield* this.sleepUntil(untilUs);
    }
  }

  get #where(): string {
    return address(this.#host, this.#port);
  }

  /** One connection from its beginning to its end. Returns why it failed, or undefined when the server ended it. */
  *#connectOnce(): Generator<unknown, NetworkError | undefined, unknown> {
    const socket = this.#open();
    const timeoutMs = this.#timeoutUs / 1000;
    const stopAlarm = this.clock.alarm(this.clock.now() + this.#timeoutUs, () => {
      socket.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'TIMEOUT' }));
    });
    try {
      const failure = yield* this.until(connected(socket, this.#tls === undefined ? 'connect' : 'secureConnect'));
      stopAlarm();
      if (failure !== undefined) return networkError('cannot connect to', this.#host, this.#port, failure);
      this.#connections++;
      this.log('info', `connected to ${this.#where}`);
      this.#flow = new SocketFlow(socket, {
        name: 'TCPClient',
        inbox: this.inbox,
        outbox: this.outbox,
        external: this.#external,
        clock: this.clock,
      });
      return yield* this.#converse(this.#flow);
    } finally {
      stopAlarm();
      this.#bytesIn += this.#flow?.bytesIn ?? 0;
      this.#bytesOut += this.#flow?.bytesOut ?? 0;
      this.#bytesDropped += this.#flow?.bytesWaiting ?? 0;
      this.#flow?.close();
      this.#flow = undefined;
      socket.destroy();
    }
  }

  /** Half open: behind the end of our inbox the server may still send. */
  #open(): Socket {
    const to = { host: this.#host, port: this.#port, allowHalfOpen: true };
    if (this.#tls === undefined) return connect(to);
    // Servers of several names tell by it which certificate is wanted; addresses are no names.
    const names = isIP(this.#host) === 0 ? { servername: this.#host } : {};
    return connectSecurely({ ...names, ...this.#tls, ...to });
  }

  *#converse(flow: SocketFlow): Generator<unknown, NetworkError | undefined, unknown> {
    const { inbox } = this;
    for (;;) {
      flow.pump();
      if (flow.error instanceof TypeError) throw flow.error;
      if (flow.remoteEnded && flow.delivered) break;
      if (inbox.ended && flow.written) flow.end();
      if (this.stopping && !flow.remoteEnded) this.#limitStopping(flow);
      yield;
    }
    if (flow.error !== undefined) {
      return networkError('lost the connection to', this.#host, this.#port, flow.error);
    }
    if (!this.#letGo && (inbox.length > 0 || !flow.flushed)) {
      this.log('warn', `${this.#where} closed the connection before everything was sent`, { waiting: inbox.length });
    }
    return undefined;
  }

  /** A server that neither takes what is left for it nor ends must not keep the component from its end. */
  #limitStopping(flow: SocketFlow): void {
    const nowUs = this.clock.now();
    const { bytesTaken } = flow;
    if (bytesTaken !== this.#takenWhileStopping) {
      this.#takenWhileStopping = bytesTaken;
      this.#patientUntilUs = nowUs + STOPPED_PATIENCE_US;
      this.wakeAt(this.#patientUntilUs);
    }
    if (nowUs < this.#patientUntilUs) return;
    const left = { waiting: this.inbox.length, unsent: flow.bytesOut - bytesTaken };
    const how = flow.finished ? 'did not end' : 'took nothing';
    this.log(
      'warn',
      `${this.#where} ${how} for ${STOPPED_PATIENCE_US / 1e6} s while this is to end, and is let go`,
      left,
    );
    this.#letGo = true;
    flow.finish();
    this.#external.wake();
  }
}

/** Resolves to undefined when the socket is connected, which `event` tells, else to the error. */
function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once(event, () => resolve(undefined));
    // Stays on: what happens while the socket is being closed is of no interest, but must find a listener.
    socket.on('error', resolve);
  });
}

function checkedClientTLS(owner: string, options: ClientTLS): ClientTLS {
  optionsObject(owner, options);
  try {
    createSecureContext(options);
  } catch (error) {
    const { text } = systemError(error);
    throw new TypeError(`${owner}: Expected certificates and keys that can be used for tls but: ${text}`, {
      cause: error,
    });
  }
  return options;
}
