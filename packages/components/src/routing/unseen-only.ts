// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { optionsObject, shown, wholeNumber } from '../options.js';

/** Options of {@link UnseenOnly}. */
export interface UnseenOnlyOptions<T> {
  /** Messages it remembers, 1 to 2^24; beyond that it forgets the one it has not seen for longest. Default 65536. */
  readonly limit?: number;
  /**
   * What of a message is compared with others. Without it text, numbers and the like are compared by value, bytes by
   * their values, and any other object is equal to itself only.
   */
  readonly key?: (message: T) => unknown;
}

const DEFAULT_LIMIT = 65_536;
// A Map has room for no more.
const LARGEST_LIMIT = 2 ** 24;

/**
 * Passes on the messages it has not seen before. The others are disposed.
 *
 * `inbox`, `outbox`: messages of any kind.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { UnseenOnly } from '@kamaelia/components/routing';
 *
 * await Pipeline(['one', 'two', 'one', 'three'], new UnseenOnly(), (line) => console.log(line)).run();
 */
export class UnseenOnly<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #limit: number;
  readonly #key: (message: T) => unknown;
  /** In the order in which they were last seen. */
  readonly #seen = new Set<unknown>();
  // One for always: a new one has to pass over all that was deleted, which costs 16 us at the default limit.
  readonly #oldest = this.#seen.values();

  constructor(options: UnseenOnlyOptions<T> = {}) {
    super();
    const owner = 'UnseenOnly';
    const { limit = DEFAULT_LIMIT, key = ownKey } = optionsObject(owner, options, ['limit', 'key']);
    this.#limit = wholeNumber(owner, 'limit', limit, 1, LARGEST_LIMIT - 1);
    if (typeof key !== 'function')
      throw new TypeError(`${owner}: Expected a function for key but received ${shown(key)}`);
    this.#key = key;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (this.#isNew(this.#key(message))) outbox.send(message);
        else disposeMessage(message);
      }
      yield;
    }
  }

  #isNew(key: unknown): boolean {
    const seen = this.#seen;
    const isNew = !seen.delete(key);
    seen.add(key);
    if (seen.size > this.#limit) seen.delete(this.#oldest.next().value);
    return isNew;
  }
}

function ownKey(message: unknown): unknown {
  // Bytes and text are told apart by their first character.
  if (typeof message === 'string') return `t${message}`;
  if (!(message instanceof Uint8Array)) return message;
  return `b${Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1')}`;
}
