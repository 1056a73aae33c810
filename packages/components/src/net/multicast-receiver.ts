// SPDX-License-Identifier: Apache-2.0
import { optionsObject } from '../options.js';
import { BasicPeer, type PeerOptions } from './basic-peer.js';
import type { Address, Membership } from './datagram-flow.js';
import { checkedGroup, checkedInterface, checkedPort, type GroupDatagram, memberAddress } from './multicast-group.js';

/** Options of {@link Multicast_receiver}. */
export interface MulticastReceiverOptions extends Pick<PeerOptions, 'queue' | 'receiveBuffer'> {
  /** Address of the group, `224.0.0.0` to `239.255.255.255`. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  /**
   * Address of the interface by which to receive. Default `127.0.0.1`: from members on this machine. `0.0.0.0` takes
   * the one the system chooses.
   */
  readonly localAddr?: string;
}

/**
 * Receives what is sent to a multicast group, until it is stopped or nobody wants it any more.
 *
 * Datagrams may be lost, doubled or come in another order. What is received while the outbox is full waits, up to
 * `queue` datagrams and 8 MiB; what comes then is dropped, counted (`stats`), and logged once a second. Several may
 * receive from one group on one machine. A group that cannot be joined ends the graph with a `NetworkError`.
 *
 * `outbox`: `[[host, port], data]`, who sent it and the bytes with a buffer of their own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Multicast_receiver, Multicast_sender } from '@kamaelia/components/net';
 *
 * const receiver = new Multicast_receiver({ address: '239.255.16.2', port: 16002 });
 * const receiving = Pipeline(receiver, ([[host], data]) => console.log(host, data.length)).activate();
 * await receiver.listening;
 * await Pipeline(['hello'], new Multicast_sender({ remoteAddr: '239.255.16.2', remotePort: 16002 })).run();
 * receiving.stop();
 */
export class Multicast_receiver extends BasicPeer<never, GroupDatagram> {
  readonly outbox = this.out<GroupDatagram>('outbox');
  readonly #port: number;
  readonly #membership: Membership;

  constructor(options: MulticastReceiverOptions) {
    const owner = 'Multicast_receiver';
    super(optionsObject(owner, options, ['address', 'port', 'localAddr', 'queue', 'receiveBuffer']));
    const { address, port, localAddr = '127.0.0.1' } = options;
    this.#port = checkedPort(owner, 'port', port, 1);
    this.#membership = {
      group: checkedGroup(owner, 'address', address),
      join: true,
      local: checkedInterface(owner, 'localAddr', localAddr),
      ttl: 1,
    };
  }

  protected override datagrams() {
    return {
      inbox: undefined,
      outbox: this.outbox,
      local: memberAddress(this.#membership, this.#port),
      membership: this.#membership,
      letter: (): never => {
        throw new Error('Expected nothing to be sent');
      },
      message: (data: Uint8Array, from: Address): GroupDatagram => [from, data],
    };
  }
}
