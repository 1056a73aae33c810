// SPDX-License-Identifier: Apache-2.0
import type { FramePool, FrameTimes, VideoFrame, VideoProperties } from '@kamaelia/media';

export const timebase = { num: 1, den: 25 };

/** A frame whose planes are filled by `sample(plane, x, y)`; samples of more than 8 bits are 16-bit little-endian. */
export function painted(
  pool: FramePool,
  properties: VideoProperties,
  sample: (plane: number, x: number, y: number) => number,
  times: Partial<FrameTimes> = {},
): VideoFrame {
  const frame = pool.acquire(properties, { pts: 0, timebase, ...times });
  const { bytesPerSample } = frame.formatInfo;
  frame.planes.forEach(({ data, stride, width, height }, plane) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = sample(plane, x, y);
        const at = y * stride + x * bytesPerSample;
        data[at] = value & 255;
        if (bytesPerSample === 2) data[at + 1] = value >> 8;
      }
    }
  });
  return frame;
}

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
