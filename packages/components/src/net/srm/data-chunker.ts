// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../../bytes.js';
import { optionsObject } from '../../options.js';
import { DEFAULT_SYNC, SyncMessage } from './sync-message.js';

/** Options of {@link DataChunker}. */
export interface DataChunkerOptions {
  /** What stands in front of each chunk; without `%`, `0` to `9` and `a` to `f`. Default 24 times `X`. */
  readonly syncmessage?: string;
}

/**
 * Puts a marker in front of each message, so that a receiver that misses some of the stream finds the beginning of the
 * next one. In the message itself the bytes of the marker, and percent signs, are escaped.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: a `Uint8Array` for each.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DataChunker } from '@kamaelia/components/net';
 *
 * const chunks = (chunk) => console.log(new TextDecoder().decode(chunk));
 * await Pipeline(['one', '100 %'], new DataChunker({ syncmessage: '|||' }), chunks).run();
 */
export class DataChunker extends Component {
  readonly inbox = this.in<Sendable>('inbox');
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #sync: SyncMessage;

  /** A string is the `syncmessage`. */
  constructor(options: DataChunkerOptions | string = {}) {
    super();
    const owner = 'DataChunker';
    const given =
      typeof options === 'string' ? { syncmessage: options } : optionsObject(owner, options, ['syncmessage']);
    this.#sync = new SyncMessage(owner, given.syncmessage ?? DEFAULT_SYNC);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(this.#sync.encode(bytesOf('DataChunker', inbox.recv())));
      yield;
    }
  }
}
