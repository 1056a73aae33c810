// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { Sendable } from '../bytes.js';
import { nonEmptyString, optionsObject, wholeNumber } from '../options.js';
import { BasicPeer, letterOf, type PeerOptions } from './basic-peer.js';
import type { Address } from './datagram-flow.js';

/** What a peer sends on of each datagram: its bytes, and who sent it. */
export type Datagram = readonly [data: Uint8Array, from: Address];

/** Where a peer receives. */
export interface LocalAddressOptions extends PeerOptions {
  /** Address to receive at, IPv4 or IPv6. Default `127.0.0.1`: from this machine only. */
  readonly localaddr?: string;
  /** 0 to 65535, default 0: any free one, see `listening`. */
  readonly localport?: number;
}

/** Options of {@link SimplePeer}. */
export interface SimplePeerOptions extends LocalAddressOptions {
  /** Name or address of the receiver. Default: there is none, and nothing can be sent. */
  readonly receiverAddr?: string;
  /** 1 to 65535. */
  readonly receiverPort?: number;
}

/** @internal Names of the options of a peer that sends to one receiver. */
export const RECEIVER_OPTIONS = [
  'localaddr',
  'localport',
  'receiverAddr',
  'receiverPort',
  'queue',
  'receiveBuffer',
  'linger',
] as const;

/** @internal */
export function checkedLocal(owner: string, { localaddr = '127.0.0.1', localport = 0 }: LocalAddressOptions): Address {
  return [nonEmptyString(owner, 'localaddr', localaddr), wholeNumber(owner, 'localport', localport, 0, 65_535)];
}

/** @internal The receiver, if there is one; it has to be one that can be reached from where the peer is. */
export function checkedReceiver(owner: string, options: SimplePeerOptions, [local]: Address): Address | undefined {
  const { receiverAddr, receiverPort } = options;
  if (receiverAddr === undefined && receiverPort === undefined) return undefined;
  const host = nonEmptyString(owner, 'receiverAddr', receiverAddr);
  const port = wholeNumber(owner, 'receiverPort', receiverPort, 1, 65_535);
  if (isLoopback(local) && isIP(host) !== 0 && !isLoopback(host)) {
    throw new TypeError(
      `${owner}: Expected a localaddr from which ${host} can be reached (such as 0.0.0.0) but received ${local}`,
    );
  }
  return [host, port];
}

function isLoopback(host: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1';
}

/**
 * Sends each message as a UDP datagram to one receiver, and sends on what it receives, from whomever.
 *
 * - Datagrams may be lost, doubled or come in another order; one that the system refuses is counted (`stats`), and
 *   logged once a second.
 * - What is received while the outbox is full waits, up to `queue` datagrams and 8 MiB; what comes then is dropped,
 *   counted, and logged once a second. What the system is slow to send makes the producer wait.
 * - It ends when its inbox has ended and all of it was sent, or `linger` later. With nothing linked to its inbox it
 *   receives until it is stopped, or until nobody wants what it receives.
 *
 * A port that is in use ends the graph with a `NetworkError`.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8, of up to 65507 bytes. `outbox`: `[data, [host, port]]`, the bytes with a
 * buffer of their own, and who sent them.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SimplePeer } from '@kamaelia/components/net';
 *
 * const receiver = new SimplePeer();
 * const receiving = Pipeline(receiver, ([data, [host]]) => console.log(host, data.length)).activate();
 * const { host, port } = await receiver.listening;
 * await Pipeline(['hello'], new SimplePeer({ receiverAddr: host, receiverPort: port })).run();
 * receiving.stop();
 */
export class SimplePeer extends BasicPeer<Sendable, Datagram> {
  // Of priority control, so that it goes on sending while nobody takes what it receives.
  readonly inbox = this.in<Sendable>('inbox', { priority: 'control' });
  readonly outbox = this.out<Datagram>('outbox');
  readonly #local: Address;
  readonly #receiver: Address | undefined;

  constructor(options: SimplePeerOptions = {}) {
    const owner = 'SimplePeer';
    super(optionsObject(owner, options, RECEIVER_OPTIONS));
    this.#local = checkedLocal(owner, options);
    this.#receiver = checkedReceiver(owner, options, this.#local);
  }

  protected override datagrams() {
    return {
      inbox: this.inbox,
      outbox: this.outbox,
      local: this.#local,
      letter: (message: Sendable) => {
        if (this.#receiver !== undefined) return letterOf('SimplePeer', message, this.#receiver);
        throw new TypeError(
          'SimplePeer: Expected receiverAddr and receiverPort for what is to be sent but received none',
        );
      },
      message: (data: Uint8Array, from: Address): Datagram => [data, from],
    };
  }
}
