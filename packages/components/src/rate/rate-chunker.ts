// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { optionsObject, positiveNumber, wholeNumber } from '../options.js';
import { ChunkBuffer } from './chunk-buffer.js';

/** Options of {@link RateChunker}. */
export interface RateChunkerOptions {
  /** Bytes (for text: UTF-16 units) a second of the stream, as it was or will be played; above 0. */
  readonly datarate: number;
  /** Bytes that belong together, 1 to 1 MiB: 4 for 16-bit stereo sound. A chunk is a whole number of them. */
  readonly quantasize: number;
  /** Chunks a second, above 0; at least one quantum has to fall to each. */
  readonly chunkrate: number;
}

const LARGEST_QUANTUM = 2 ** 20;
const LARGEST_CHUNK = 2 ** 30;

/**
 * Cuts a stream of a known data rate into so many chunks a second of it: sound into one chunk for each picture, say. It
 * cuts by amounts only and waits for no clock.
 *
 * A chunk is a whole number of quanta. Where the rates do not divide, chunks differ by one quantum, such that after any
 * number of chunks the total is exact but for less than a quantum. At the end of the stream the whole quanta that are
 * left are sent as a last, shorter chunk; a part of a quantum is dropped.
 *
 * `inbox`: bytes (`Uint8Array`), or text (`string`); one kind in a stream.
 * `outbox`: chunks of the same kind, bytes with a buffer of their own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { RateChunker } from '@kamaelia/components/rate';
 *
 * // 44100 samples of 4 bytes a second, for 24 pictures a second: 1837 or 1838 samples each.
 * const sound = [new Uint8Array(44_100 * 4)];
 * const chunker = new RateChunker({ datarate: 44_100 * 4, quantasize: 4, chunkrate: 24 });
 * await Pipeline(sound, chunker, (chunk) => console.log(`${chunk.length / 4} samples`)).run();
 */
export class RateChunker<T extends Uint8Array | string = Uint8Array | string> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #datarate: number;
  readonly #quantum: number;
  readonly #chunkrate: number;

  constructor(options: RateChunkerOptions) {
    super();
    const owner = 'RateChunker';
    const { datarate, quantasize, chunkrate } = optionsObject(owner, options, ['datarate', 'quantasize', 'chunkrate']);
    this.#datarate = positiveNumber(owner, 'datarate', datarate);
    this.#quantum = wholeNumber(owner, 'quantasize', quantasize, 1, LARGEST_QUANTUM);
    this.#chunkrate = positiveNumber(owner, 'chunkrate', chunkrate);
    const mean = datarate / chunkrate;
    if (mean < quantasize || mean > LARGEST_CHUNK) {
      throw new RangeError(
        `${owner}: Expected a chunkrate at which a chunk has ${quantasize} to ${LARGEST_CHUNK} bytes ` +
          `but received ${chunkrate}`,
      );
    }
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const gathered = new ChunkBuffer<T>('RateChunker');
    let chunks = 0;
    let size = this.#end(1);
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
          chunks++;
          size = this.#end(chunks + 1) - this.#end(chunks);
        } while (at < message.length);
      }
      yield;
    }
    const whole = gathered.length - (gathered.length % this.#quantum);
    if (whole > 0) outbox.send(gathered.take().slice(0, whole) as T);
  }

  /** Where in the stream that many chunks end; computed anew for each, so nothing adds up. */
  #end(chunks: number): number {
    return Math.floor((chunks * this.#datarate) / this.#chunkrate / this.#quantum) * this.#quantum;
  }
}
