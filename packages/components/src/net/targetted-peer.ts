// SPDX-License-Identifier: Apache-2.0
import type { Sendable } from '../bytes.js';
import { optionsObject } from '../options.js';
import { BasicPeer, checkedAddress, letterOf } from './basic-peer.js';
import type { Address } from './datagram-flow.js';
import {
  checkedLocal,
  checkedReceiver,
  type Datagram,
  RECEIVER_OPTIONS,
  type SimplePeerOptions,
} from './simple-peer.js';

/** Options of {@link TargettedPeer}. */
export type TargettedPeerOptions = SimplePeerOptions;

/**
 * A `SimplePeer` whose receiver can be changed: an address that arrives at `target` is that of every message that is
 * sent from then on. Messages wait in the inbox until there is one.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8, of up to 65507 bytes. `target`: `[host, port]`. `outbox`:
 * `[data, [host, port]]`, the bytes with a buffer of their own, and who sent them.
 *
 * @example
 * import { Graphline, link, Pipeline } from '@kamaelia/axon';
 * import { SimplePeer, TargettedPeer } from '@kamaelia/components/net';
 *
 * const receiver = new SimplePeer();
 * const receiving = Pipeline(receiver, ([data]) => console.log(data.length)).activate();
 * const { host, port } = await receiver.listening;
 * const [words, where, peer] = [Pipeline(['hello']), Pipeline([[host, port]]), new TargettedPeer()];
 * await Graphline({ words, where, peer }, () => [link(words.outbox, peer.inbox), link(where.outbox, peer.target)]).run();
 * receiving.stop();
 */
export class TargettedPeer extends BasicPeer<Sendable, Datagram> {
  // Of priority control, so that it goes on sending while nobody takes what it receives.
  readonly inbox = this.in<Sendable>('inbox', { priority: 'control' });
  readonly target = this.in<Address>('target', { priority: 'control' });
  readonly outbox = this.out<Datagram>('outbox');
  readonly #local: Address;
  #receiver: Address | undefined;

  constructor(options: TargettedPeerOptions = {}) {
    const owner = 'TargettedPeer';
    super(optionsObject(owner, options, RECEIVER_OPTIONS));
    this.#local = checkedLocal(owner, options);
    this.#receiver = checkedReceiver(owner, options, this.#local);
  }

  protected override datagrams() {
    const { inbox, outbox, target } = this;
    return {
      inbox,
      outbox,
      local: this.#local,
      mayTake: () => {
        while (target.length > 0) this.#receiver = checkedAddress('TargettedPeer', target.recv());
        if (this.#receiver === undefined && inbox.length > 0 && !target.linked) {
          throw new TypeError('TargettedPeer: Expected an address at target, or receiverAddr, but received none');
        }
        return this.#receiver !== undefined;
      },
      letter: (message: Sendable) => letterOf('TargettedPeer', message, this.#receiver as Address),
      message: (data: Uint8Array, from: Address): Datagram => [data, from],
    };
  }
}
