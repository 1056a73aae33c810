// SPDX-License-Identifier: Apache-2.0
import type { EncodedChunk, FrameTimes } from '@kamaelia/media';
import { firstPictureNumber } from './data-units.js';

type Times = Pick<FrameTimes, 'pts' | 'timebase' | 'duration'>;

/** Numbers that are remembered at most: lost pictures never ask for theirs. */
const MOST = 1024;

/** @internal Times of chunks until their pictures are decoded, by picture number. */
export class ChunkTimes {
  /** A number comes again in each sequence, so each has a queue. Fields go by the even one of their frame's two. */
  readonly #byNumber = new Map<number, Times[]>();

  add(chunk: EncodedChunk): void {
    const number = firstPictureNumber(chunk.data);
    if (number === undefined) return;
    const { pts, timebase, duration } = chunk;
    const waiting = this.#byNumber.get(number);
    if (waiting !== undefined) {
      waiting.push({ pts, timebase, duration });
      return;
    }
    if (this.#byNumber.size >= MOST) {
      for (const oldest of this.#byNumber.keys()) {
        this.#byNumber.delete(oldest);
        break;
      }
    }
    this.#byNumber.set(number, [{ pts, timebase, duration }]);
  }

  /** The times of a picture's chunk, once; nothing where it came as plain bytes. */
  take(number: number): Times | undefined {
    const waiting = this.#byNumber.get(number);
    const times = waiting?.shift();
    if (waiting?.length === 0) this.#byNumber.delete(number);
    return times;
  }

  clear(): void {
    this.#byNumber.clear();
  }
}
