// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { pixelFormat } from './pixel-formats.js';
import type { VideoFrame, VideoPlane } from './video-frame.js';

/** The bytes of one plane's visible part, row by row; a plane without gaps is given whole. */
export function* visibleRows(frame: VideoFrame, plane: VideoPlane, index: number): Generator<Uint8Array> {
  const { planes, bytesPerSample } = pixelFormat(frame.format);
  const { horizontalShift: h = 0, verticalShift: v = 0, components = 1 } = planes[index] ?? {};
  const { x, y, width, height } = frame.visibleRect;
  const left = (x >> h) * components * bytesPerSample;
  const bytes = ((width + (1 << h) - 1) >> h) * components * bytesPerSample;
  const top = y >> v;
  const rows = (height + (1 << v) - 1) >> v;
  if (bytes === plane.stride) {
    yield plane.data.subarray(top * plane.stride, (top + rows) * plane.stride);
    return;
  }
  for (let row = top; row < top + rows; row++) {
    const at = row * plane.stride + left;
    yield plane.data.subarray(at, at + bytes);
  }
}

/** Adds a frame's visible planes, tightly packed, fields woven, to a hash. Samples over 8 bits are little-endian. */
export function addFrame(hash: Hash, frame: VideoFrame): void {
  frame.planes.forEach((plane, index) => {
    for (const row of visibleRows(frame, plane, index)) hash.update(row);
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
