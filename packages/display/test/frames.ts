// SPDX-License-Identifier: Apache-2.0
import type { FramePool, VideoFrame } from '@kamaelia/media';
import { painted } from '../../media/test/frames.js';

export { painted };

/** A small frame of one grey. */
export function grey(pool: FramePool, level: number, pts = 0): VideoFrame {
  const shape = { format: 'I420', codedWidth: 16, codedHeight: 8 } as const;
  return painted(pool, shape, (plane) => (plane === 0 ? level : 128), { pts });
}

/** Gradients that move, with noise upon them: every sample differs from its neighbours and from the frame before. */
export function moving(n: number): (plane: number, x: number, y: number) => number {
  let state = (n + 1) * 2_654_435_761;
  return (plane, x, y) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (x * (3 + plane) + y * (5 - plane) + n * 7 * (plane + 1) + (state >>> 26)) & 255;
  };
}
