// SPDX-License-Identifier: Apache-2.0
import type { SyncMessage } from './sync-message.js';

/** What a {@link ChunkReader} tells. */
export interface ChunkEvents {
  readonly onChunk: (data: Uint8Array) => void;
  /** A chunk was dropped. */
  readonly onDamage: (why: string) => void;
}

const FIRST_BYTES = 1024;

/**
 * Finds the chunks in a stream of bytes that may begin anywhere, and from which some may be missing.
 *
 * The bytes of the marker stand nowhere but in markers, so the stream is chunks between runs of such bytes. A run that
 * begins with a whole marker ends a chunk, one that ends with a whole marker begins one; anything else in it was lost
 * on the way, and with it an unknown part of the chunk beside it.
 */
export class ChunkReader {
  readonly #sync: SyncMessage;
  readonly #maxChunk: number;
  readonly #events: ChunkEvents;
  /** The chunk being received, as it came. */
  #chunk: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** False while the next marker is looked for. */
  #inChunk = false;
  /** Bytes of markers since the last other one. */
  #run = 0;
  /** The run consists of whole markers and the beginning of one, so far. */
  #aligned = true;
  /** The last bytes of the run, as many as the marker has. */
  readonly #last: number[] = [];

  constructor(sync: SyncMessage, maxChunk: number, events: ChunkEvents) {
    this.#sync = sync;
    this.#maxChunk = maxChunk;
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    const { isMarker } = this.#sync;
    for (let at = 0; at < bytes.length; ) {
      if (isMarker[bytes[at] as number] === 1) {
        this.#marker(bytes[at++] as number);
        continue;
      }
      let end = at + 1;
      while (end < bytes.length && isMarker[bytes[end] as number] !== 1) end++;
      if (this.#run > 0) this.#endRun();
      if (this.#inChunk) this.#keep(bytes.subarray(at, end));
      at = end;
    }
  }

  /** Takes what has come of a chunk for all of it. What follows belongs to none until the next marker. */
  flush(): void {
    // Behind the beginning of a marker nothing of the chunk in front of it can follow.
    if (this.#inChunk && (this.#run < this.#sync.bytes.length || this.#isWhole)) this.#complete();
    this.#inChunk = false;
    this.#length = 0;
    this.#run = 0;
  }

  #marker(byte: number): void {
    const { bytes } = this.#sync;
    if (this.#run === 0) {
      this.#aligned = true;
      this.#last.length = 0;
    }
    this.#aligned &&= byte === bytes[this.#run % bytes.length];
    this.#run++;
    this.#last.push(byte);
    if (this.#last.length > bytes.length) this.#last.shift();
    // The first whole marker ends the chunk before it, each further one an empty chunk.
    if (this.#aligned && this.#run % bytes.length === 0) {
      if (this.#inChunk) this.#complete();
      this.#inChunk = true;
    }
  }

  /** The run is whole markers. */
  get #isWhole(): boolean {
    return this.#aligned && this.#run % this.#sync.bytes.length === 0;
  }

  #endRun(): void {
    const { bytes } = this.#sync;
    if (!this.#isWhole) {
      const began = this.#last.length === bytes.length && this.#last.every((byte, i) => byte === bytes[i]);
      if (this.#inChunk) this.#events.onDamage('a marker that is not whole');
      this.#inChunk = began;
      this.#length = 0;
    }
    this.#run = 0;
  }

  #keep(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#maxChunk) {
      this.#events.onDamage(`a chunk of more than ${this.#maxChunk} bytes (option maxChunk)`);
      this.#inChunk = false;
      this.#length = 0;
      return;
    }
    if (length > this.#chunk.length) {
      const larger = new Uint8Array(Math.min(this.#maxChunk, Math.max(length, this.#chunk.length * 2)));
      larger.set(this.#chunk.subarray(0, this.#length));
      this.#chunk = larger;
    }
    this.#chunk.set(part, this.#length);
    this.#length = length;
  }

  #complete(): void {
    const data = this.#sync.decode(this.#chunk.subarray(0, this.#length));
    this.#length = 0;
    if (data === undefined) this.#events.onDamage('a percent sign without two digits');
    else this.#events.onChunk(data);
  }
}
