// SPDX-License-Identifier: Apache-2.0
import { Component, type Duration, type External, type Inbox, type Outbox, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../bytes.js';
import { positiveUs, shown, wholeNumber } from '../options.js';
import {
  type Address,
  DatagramFlow,
  type DatagramOwner,
  type DatagramStats,
  LARGEST_DATAGRAM,
  type Letter,
} from './datagram-flow.js';
import { Listening, type ServerAddress } from './listener.js';
import { address } from './network-error.js';

/** Options of everything that sends and receives datagrams. */
export interface PeerOptions {
  /** Datagrams that may wait for the outbox, 1 to 65536, default 512; further ones are dropped and counted. */
  readonly queue?: number;
  /**
   * Bytes that the system is asked to keep of what was received and not read yet, 4096 to 2^30: a burst that does not fit
   * is lost. It gives no more than its own limit (Linux: `net.core.rmem_max`). Default: what the system gives anybody.
   */
  readonly receiveBuffer?: number;
  /** How long it goes on receiving when its inbox has ended, for answers. Default: not at all. */
  readonly linger?: Duration;
}

const DEFAULT_QUEUE = 512;

/**
 * What those that send and receive datagrams have in common. Not a component by itself: it has no boxes.
 *
 * @internal
 */
export abstract class BasicPeer<I, O> extends Component {
  readonly #external: External = this.external();
  readonly #listening = new Listening();
  readonly #queue: number;
  readonly #receiveBuffer: number | undefined;
  readonly #lingerUs: number;
  #flow: DatagramFlow<I, O> | undefined;
  #lingerUntilUs: number | undefined;

  constructor({ queue = DEFAULT_QUEUE, receiveBuffer, linger }: PeerOptions) {
    super();
    const owner = this.constructor.name;
    this.#queue = wholeNumber(owner, 'queue', queue, 1, 65_536);
    this.#receiveBuffer =
      receiveBuffer === undefined ? undefined : wholeNumber(owner, 'receiveBuffer', receiveBuffer, 4096, 2 ** 30);
    this.#lingerUs = linger === undefined ? 0 : positiveUs(owner, 'linger', linger);
  }

  /** Where it receives; undefined before it does. */
  get address(): ServerAddress | undefined {
    return this.#listening.address;
  }

  /** Resolves when it receives. Rejects when it was stopped or failed before that; the failure itself is `done`'s. */
  get listening(): Promise<ServerAddress> {
    return this.#listening.promise(this.signal, () => this.path);
  }

  /** What it has done so far. */
  get stats(): DatagramStats {
    return this.#flow?.stats ?? { received: 0, dropped: 0, sent: 0, unsent: 0 };
  }

  /** Its boxes, where it listens, and what its messages mean. */
  protected abstract datagrams(): Pick<
    DatagramOwner<I, O>,
    'inbox' | 'outbox' | 'local' | 'membership' | 'mayTake' | 'letter' | 'message'
  >;

  override *main(): Steps {
    const given = this.datagrams();
    const flow = new DatagramFlow<I, O>({
      ...given,
      external: this.#external,
      clock: this.clock,
      queue: this.#queue,
      receiveBuffer: this.#receiveBuffer,
      warn: (text, fields) => this.log('warn', text, fields),
    });
    this.#flow = flow;
    try {
      const where = yield* this.until(flow.open());
      this.log('info', `receiving at ${address(where.host, where.port)}`, { ...where });
      this.#listening.tell(where);
      for (;;) {
        flow.pump();
        if (flow.error !== undefined) throw flow.error;
        if (this.#isOver(flow, given.inbox, given.outbox)) return;
        yield;
      }
    } finally {
      flow.close();
    }
  }

  #isOver(flow: DatagramFlow<I, O>, inbox: Inbox<I> | undefined, outbox: Outbox<O> | undefined): boolean {
    if (inbox?.ended !== true || !flow.quiet) return false;
    if (this.#lingerUs === 0 || outbox?.linked !== true) return true;
    const nowUs = this.clock.now();
    if (this.#lingerUntilUs === undefined) {
      this.#lingerUntilUs = nowUs + this.#lingerUs;
      this.wakeAt(this.#lingerUntilUs);
    }
    return nowUs >= this.#lingerUntilUs;
  }
}

/** Bytes for one datagram; throws for what is none, or too long. */
export function letterOf(owner: string, message: Sendable, to: Address): Letter {
  const data = bytesOf(owner, message);
  if (data.length <= LARGEST_DATAGRAM) return { data, to };
  throw new RangeError(
    `${owner}: Expected at most ${LARGEST_DATAGRAM} bytes for a datagram but received ${data.length}`,
  );
}

/** The address in a message; throws for what is none. */
export function checkedAddress(owner: string, message: unknown): Address {
  if (Array.isArray(message) && message.length === 2 && isHostAndPort(message[0], message[1])) {
    return message as unknown as Address;
  }
  throw new TypeError(`${owner}: Expected [host, port] for an address but received ${shown(message)}`);
}

/** Whether both can be sent to. */
export function isHostAndPort(host: unknown, port: unknown): boolean {
  return typeof host === 'string' && host !== '' && Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}
