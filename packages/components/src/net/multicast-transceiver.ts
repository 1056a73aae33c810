// SPDX-License-Identifier: Apache-2.0
import type { Sendable } from '../bytes.js';
import { optionsObject, wholeNumber } from '../options.js';
import { BasicPeer, letterOf, type PeerOptions } from './basic-peer.js';
import type { Address, Membership } from './datagram-flow.js';
import {
  checkedGroup,
  checkedInterface,
  checkedPort,
  type GroupDatagram,
  memberAddress,
  type SendingOptions,
} from './multicast-group.js';

/** Options of {@link Multicast_transceiver}. */
export interface MulticastTransceiverOptions extends SendingOptions, PeerOptions {}

const DEFAULT_TTL = 255;

/**
 * Sends each message as a datagram to a multicast group, and sends on what the group is sent at `localPort`, which is
 * `remotePort` if it is not said, what it sent itself included.
 *
 * - Datagrams may be lost, doubled or come in another order; one that the system refuses is counted (`stats`), and
 *   logged once a second. `ttl` is 255 if it is not said.
 * - What is received while the outbox is full waits, up to `queue` datagrams and 8 MiB; what comes then is dropped,
 *   counted, and logged once a second. What the system is slow to send makes the producer wait.
 * - It ends when its inbox has ended and all of it was sent, or `linger` later. With nothing linked to its inbox it
 *   receives until it is stopped, or until nobody wants what it receives.
 *
 * A group that cannot be joined, or a port that is in use, ends the graph with a `NetworkError`.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8, of up to 65507 bytes. `outbox`: `[[host, port], data]`, who sent it and
 * the bytes with a buffer of their own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Multicast_transceiver } from '@kamaelia/components/net';
 *
 * const group = { remoteAddr: '239.255.16.3', remotePort: 16003 };
 * const member = new Multicast_transceiver(group);
 * const receiving = Pipeline(member, ([[host], data]) => console.log(host, data.length)).activate();
 * await member.listening;
 * await Pipeline(['hello'], new Multicast_transceiver({ ...group, localPort: 0 })).run();
 * receiving.stop();
 */
export class Multicast_transceiver extends BasicPeer<Sendable, GroupDatagram> {
  // Of priority control, so that it goes on sending while nobody takes what it receives.
  readonly inbox = this.in<Sendable>('inbox', { priority: 'control' });
  readonly outbox = this.out<GroupDatagram>('outbox');
  readonly #port: number;
  readonly #to: Address;
  readonly #membership: Membership;

  constructor(options: MulticastTransceiverOptions) {
    const owner = 'Multicast_transceiver';
    super(
      optionsObject(owner, options, [
        'localAddr',
        'localPort',
        'remoteAddr',
        'remotePort',
        'ttl',
        'queue',
        'receiveBuffer',
        'linger',
      ]),
    );
    const { localAddr = '127.0.0.1', remoteAddr, remotePort, localPort = remotePort } = options;
    const { ttl = DEFAULT_TTL } = options;
    const group = checkedGroup(owner, 'remoteAddr', remoteAddr);
    this.#to = [group, checkedPort(owner, 'remotePort', remotePort, 1)];
    this.#port = checkedPort(owner, 'localPort', localPort, 0);
    this.#membership = {
      group,
      join: true,
      local: checkedInterface(owner, 'localAddr', localAddr),
      ttl: wholeNumber(owner, 'ttl', ttl, 0, 255),
    };
  }

  protected override datagrams() {
    return {
      inbox: this.inbox,
      outbox: this.outbox,
      local: memberAddress(this.#membership, this.#port),
      membership: this.#membership,
      letter: (message: Sendable) => letterOf('Multicast_transceiver', message, this.#to),
      message: (data: Uint8Array, from: Address): GroupDatagram => [from, data],
    };
  }
}
