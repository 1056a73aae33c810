// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../../bytes.js';
import { OnceASecond } from '../../once-a-second.js';
import { optionsObject, wholeNumber } from '../../options.js';
import { ChunkReader } from './chunk-reader.js';
import { DEFAULT_SYNC, SyncMessage } from './sync-message.js';

/** Options of {@link DataDeChunker}. */
export interface DataDeChunkerOptions {
  /** What stands in front of each chunk, as `DataChunker` was told. Default 24 times `X`. */
  readonly syncmessage?: string;
  /** Bytes that a chunk may have on its way, 1 to 1 GiB, default 1 MiB; a longer one is dropped. */
  readonly maxChunk?: number;
}

/** Counters of a {@link DataDeChunker}. */
export interface DataDeChunkerStats {
  readonly chunks: number;
  /** Dropped: something of them was lost, or they were too long. */
  readonly damaged: number;
}

const DEFAULT_MAX_CHUNK = 1024 * 1024;

/**
 * Finds the messages of `DataChunker` in what came of a stream, however it is cut. A chunk is sent on when the marker
 * behind it has come, for only then is it known to be whole; the last one at the end of the stream, or when a message
 * arrives at `flush`. What comes before the first marker is no whole chunk and is ignored.
 *
 * A chunk of which something was lost, as far as that can be seen, is dropped, counted (`stats`), and logged once a
 * second. At most `maxChunk` bytes are kept.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `flush`: anything, to be taken for the end of the chunk that has come.
 * `outbox`: a `Uint8Array` with a buffer of its own for each chunk.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DataChunker, DataDeChunker } from '@kamaelia/components/net';
 *
 * const words = (bytes) => console.log(new TextDecoder().decode(bytes));
 * await Pipeline(['one', 'two'], new DataChunker(), new DataDeChunker(), words).run();
 */
export class DataDeChunker extends Component {
  readonly inbox = this.in<Sendable>('inbox');
  readonly flush = this.in<unknown>('flush', { priority: 'control' });
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly #reader: ChunkReader;
  readonly #seldom = new OnceASecond();
  #chunks = 0;
  #damaged = 0;

  /** A string is the `syncmessage`. */
  constructor(options: DataDeChunkerOptions | string = {}) {
    super();
    const owner = 'DataDeChunker';
    const given =
      typeof options === 'string'
        ? { syncmessage: options }
        : optionsObject(owner, options, ['syncmessage', 'maxChunk']);
    const { syncmessage = DEFAULT_SYNC, maxChunk = DEFAULT_MAX_CHUNK }: DataDeChunkerOptions = given;
    const sync = new SyncMessage(owner, syncmessage);
    this.#reader = new ChunkReader(sync, wholeNumber(owner, 'maxChunk', maxChunk, 1, 2 ** 30), {
      onChunk: (data) => {
        this.#chunks++;
        this.outbox.send(data);
      },
      onDamage: (why) => this.#tellDamage(why),
    });
  }

  /** What it has done so far. */
  get stats(): DataDeChunkerStats {
    return { chunks: this.#chunks, damaged: this.#damaged };
  }

  override *main(): Steps {
    const { inbox, flush } = this;
    while (!inbox.ended) {
      while (inbox.ready) this.#reader.push(bytesOf('DataDeChunker', inbox.recv()));
      // Behind the messages that came before it.
      while (flush.ready && inbox.length === 0) {
        disposeMessage(flush.recv());
        this.#reader.flush();
      }
      yield;
    }
    this.#reader.flush();
  }

  #tellDamage(why: string): void {
    this.#damaged++;
    if (!this.#seldom.isDue(this.clock.now())) return;
    this.log('warn', `a damaged chunk is dropped: ${why}`, { damaged: this.#damaged });
  }
}
