// SPDX-License-Identifier: Apache-2.0
import type { EncodedChunk, FrameTimes } from '@kamaelia/media';
import { firstPictureNumber } from './data-units.js';

/** What a chunk says of its picture. */
interface Times extends Pick<FrameTimes, 'pts' | 'timebase' | 'duration'> {
  damaged: boolean;
}

/** Numbers that are remembered at most: lost pictures never ask for theirs. */
const MOST = 1024;

/** @internal Times of chunks until their pictures are decoded, by picture number. */
export class ChunkTimes {
  /** A number comes again in each sequence, so each has a queue. */
  readonly #byNumber = new Map<number, Times[]>();

  add(chunk: EncodedChunk): void {
    const number = firstPictureNumber(chunk.data);
    if (number === undefined) return;
    const { pts, timebase, duration, damaged = false } = chunk;
    const waiting = this.#byNumber.get(number);
    const last = waiting?.at(-1);
    if (
      last !== undefined &&
      last.pts === pts &&
      last.timebase.num * timebase.den === timebase.num * last.timebase.den
    ) {
      // A further part of the same picture.
      last.damaged ||= damaged;
      return;
    }
    const times = { pts, timebase, duration, damaged };
    if (waiting !== undefined) {
      waiting.push(times);
      return;
    }
    if (this.#byNumber.size >= MOST) {
      for (const oldest of this.#byNumber.keys()) {
        this.#byNumber.delete(oldest);
        break;
      }
    }
    this.#byNumber.set(number, [times]);
  }

  /**
   * The times of a picture's chunk, once; nothing where it came as plain bytes. With `fields` the frame's two fields, of
   * which `number` is the first, may have chunks of their own.
   */
  take(number: number, fields: boolean): Times | undefined {
    const first = this.#shift(number);
    if (!fields) return first;
    const second = this.#shift((number + 1) >>> 0);
    if (first === undefined || second === undefined) return first ?? second;
    return { ...first, damaged: first.damaged || second.damaged };
  }

  #shift(number: number): Times | undefined {
    const waiting = this.#byNumber.get(number);
    const times = waiting?.shift();
    if (waiting?.length === 0) this.#byNumber.delete(number);
    return times;
  }

  clear(): void {
    this.#byNumber.clear();
  }
}
