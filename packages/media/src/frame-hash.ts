// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { planeRows } from './plane-rows.js';
import type { VideoFrame } from './video-frame.js';

/** Adds a frame's visible planes, tightly packed, fields woven, to a hash. Samples over 8 bits are little-endian. */
export function addFrame(hash: Hash, frame: VideoFrame): void {
  frame.planes.forEach((_, index) => {
    for (const row of planeRows(frame, index)) hash.update(row);
  });
}

/** The digest of one frame's visible planes, in hexadecimal. */
export function frameDigest(frame: VideoFrame, algorithm = 'md5'): string {
  const hash = createHash(algorithm);
  addFrame(hash, frame);
  return hash.digest('hex');
}

/**
 * The digest of all frames of a stream, as if their planes lay in one file of raw video.
 *
 * @example
 * import { FrameHash } from '@kamaelia/media';
 * const hash = new FrameHash('md5');
 * console.log(hash.digest());
 */
export class FrameHash {
  readonly #hash: Hash;
  /** Frames added so far. */
  frames = 0;

  constructor(algorithm = 'md5') {
    this.#hash = createHash(algorithm);
  }

  /** Adds a frame; it stays the caller's. */
  add(frame: VideoFrame): void {
    addFrame(this.#hash, frame);
    this.frames++;
  }

  /** Ends the hash, in hexadecimal. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
