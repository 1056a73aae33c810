// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { optionsObject, trueOrFalse, wholeNumber } from '../options.js';
import { ChunkBuffer } from './chunk-buffer.js';

/** Options of {@link Chunkifier}. */
export interface ChunkifierOptions {
  /** Bytes (for text: UTF-16 units) of a chunk, 1 to 1 GiB. Default 1048576. */
  readonly chunksize?: number;
  /** Sends what there is as soon as nothing more waits in the inbox, instead of waiting for a full chunk. Default false. */
  readonly nodelay?: boolean;
}

const DEFAULT_CHUNKSIZE = 1_048_576;
const LARGEST_CHUNK = 2 ** 30;

/**
 * Cuts a stream into chunks of one size, wherever the messages of the stream end. What is left at the end of the stream
 * is sent as a last, shorter chunk.
 *
 * It holds less than one chunk besides the message at work.
 *
 * `inbox`: bytes (`Uint8Array`), or text (`string`); one kind in a stream.
 * `outbox`: chunks of the same kind, bytes with a buffer of their own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Chunkifier } from '@kamaelia/components/rate';
 *
 * const words = ['To strive, ', 'to seek, ', 'to find, ', 'and not to yield.'];
 * await Pipeline(words, new Chunkifier({ chunksize: 10 }), (chunk) => console.log(chunk)).run();
 */
export class Chunkifier<T extends Uint8Array | string = Uint8Array | string> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #size: number;
  readonly #nodelay: boolean;

  constructor(options: ChunkifierOptions = {}) {
    super();
    const owner = 'Chunkifier';
    const { chunksize = DEFAULT_CHUNKSIZE, nodelay = false } = optionsObject(owner, options, ['chunksize', 'nodelay']);
    this.#size = wholeNumber(owner, 'chunksize', chunksize, 1, LARGEST_CHUNK);
    this.#nodelay = trueOrFalse(owner, 'nodelay', nodelay);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const size = this.#size;
    const gathered = new ChunkBuffer<T>('Chunkifier');
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        let at = 0;
        do {
          at = gathered.fill(message, at, size);
          if (gathered.length < size) break;
          // One message may be many chunks.
          while (!outbox.open) yield;
          outbox.send(gathered.take());
        } while (at < message.length);
      }
      if (this.#nodelay && gathered.length > 0 && inbox.length === 0 && outbox.open) outbox.send(gathered.take());
      yield;
    }
    if (gathered.length > 0) outbox.send(gathered.take());
  }
}
