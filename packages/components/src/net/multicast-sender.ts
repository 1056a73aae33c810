// SPDX-License-Identifier: Apache-2.0
import type { Sendable } from '../bytes.js';
import { optionsObject, wholeNumber } from '../options.js';
import { BasicPeer, letterOf } from './basic-peer.js';
import type { Address, Membership } from './datagram-flow.js';
import { checkedGroup, checkedInterface, checkedPort, type SendingOptions } from './multicast-group.js';

/** Options of {@link Multicast_sender}. */
export type MulticastSenderOptions = SendingOptions;

const DEFAULT_TTL = 10;

/**
 * Sends each message as a datagram to a multicast group, and ends with its inbox.
 *
 * Datagrams may be lost, doubled or come in another order; one that the system refuses is counted (`stats`), and
 * logged once a second. What the system is slow to send makes the producer wait. `ttl` is 10 if it is not said.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8, of up to 65507 bytes.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Multicast_sender } from '@kamaelia/components/net';
 *
 * await Pipeline(['hello'], new Multicast_sender({ remoteAddr: '239.255.16.1', remotePort: 16001 })).run();
 */
export class Multicast_sender extends BasicPeer<Sendable, never> {
  readonly inbox = this.in<Sendable>('inbox');
  readonly #local: Address;
  readonly #to: Address;
  readonly #membership: Membership;

  constructor(options: MulticastSenderOptions) {
    const owner = 'Multicast_sender';
    optionsObject(owner, options, ['localAddr', 'localPort', 'remoteAddr', 'remotePort', 'ttl']);
    super({});
    const { localAddr = '127.0.0.1', localPort = 0, remoteAddr, remotePort, ttl = DEFAULT_TTL } = options;
    const local = checkedInterface(owner, 'localAddr', localAddr);
    const group = checkedGroup(owner, 'remoteAddr', remoteAddr);
    this.#local = [local, checkedPort(owner, 'localPort', localPort, 0)];
    this.#to = [group, checkedPort(owner, 'remotePort', remotePort, 1)];
    this.#membership = {
      group,
      join: false,
      local,
      ttl: wholeNumber(owner, 'ttl', ttl, 0, 255),
    };
  }

  protected override datagrams() {
    return {
      inbox: this.inbox,
      outbox: undefined,
      local: this.#local,
      membership: this.#membership,
      letter: (message: Sendable) => letterOf('Multicast_sender', message, this.#to),
      message: (): never => {
        throw new Error('Expected nothing to be received');
      },
    };
  }
}
