// SPDX-License-Identifier: Apache-2.0
import type { Sendable } from '../bytes.js';
import { optionsObject, shown } from '../options.js';
import { BasicPeer, isHostAndPort, letterOf } from './basic-peer.js';
import type { Address } from './datagram-flow.js';
import { checkedLocal, type Datagram, type LocalAddressOptions } from './simple-peer.js';

/** A message of {@link PostboxPeer}: bytes or text with the receiver's address. */
export type AddressedDatagram = readonly [host: string, port: number, data: Sendable];

/** Options of {@link PostboxPeer}. */
export type PostboxPeerOptions = LocalAddressOptions;

/**
 * A `SimplePeer` without a receiver of its own: each message says where it is to be sent.
 *
 * `inbox`: `[host, port, data]`, the data a `Uint8Array`, or a string as UTF-8, of up to 65507 bytes. `outbox`:
 * `[data, [host, port]]`, the bytes with a buffer of their own, and who sent them.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { PostboxPeer, SimplePeer } from '@kamaelia/components/net';
 *
 * const receiver = new SimplePeer();
 * const receiving = Pipeline(receiver, ([data]) => console.log(data.length)).activate();
 * const { host, port } = await receiver.listening;
 * await Pipeline([[host, port, 'hello'], [host, port, 'again']], new PostboxPeer()).run();
 * receiving.stop();
 */
export class PostboxPeer extends BasicPeer<AddressedDatagram, Datagram> {
  // Of priority control, so that it goes on sending while nobody takes what it receives.
  readonly inbox = this.in<AddressedDatagram>('inbox', { priority: 'control' });
  readonly outbox = this.out<Datagram>('outbox');
  readonly #local: Address;

  constructor(options: PostboxPeerOptions = {}) {
    const owner = 'PostboxPeer';
    super(optionsObject(owner, options, ['localaddr', 'localport', 'queue', 'receiveBuffer', 'linger']));
    this.#local = checkedLocal(owner, options);
  }

  protected override datagrams() {
    return {
      inbox: this.inbox,
      outbox: this.outbox,
      local: this.#local,
      letter: (message: AddressedDatagram) => {
        if (Array.isArray(message) && message.length === 3 && isHostAndPort(message[0], message[1])) {
          return letterOf('PostboxPeer', message[2], [message[0], message[1]]);
        }
        throw new TypeError(`PostboxPeer: Expected [host, port, data] for a message but received ${shown(message)}`);
      },
      message: (data: Uint8Array, from: Address): Datagram => [data, from],
    };
  }
}
