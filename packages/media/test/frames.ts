// SPDX-License-Identifier: Apache-2.0
import { FramePool, type FrameTimes, type VideoFrame, type VideoProperties } from '../src/index.js';

export const timebase = { num: 1, den: 25 };

/** A pool that says nothing. */
export function quietPool(): FramePool {
  return new FramePool({ name: 'test', onWarning: () => {} });
}

/**
 * A frame whose planes are filled by `sample(plane, x, y)`, with 0xEE wherever rows have gaps, so that whoever reads
 * beyond a row shows it. Samples of more than 8 bits are 16-bit little-endian.
 */
export function painted(
  pool: FramePool,
  properties: VideoProperties,
  sample: (plane: number, x: number, y: number) => number,
  times: Partial<FrameTimes> = {},
): VideoFrame {
  const frame = pool.acquire(properties, { pts: 0, timebase, ...times });
  const { bytesPerSample } = frame.formatInfo;
  frame.planes.forEach(({ data, stride, width, height }, plane) => {
    data.fill(0xee);
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

/** A frame of the given rows of samples, one array of rows a plane. */
export function frameOf(
  pool: FramePool,
  properties: VideoProperties,
  planes: readonly (readonly (readonly number[])[])[],
  times: Partial<FrameTimes> = {},
): VideoFrame {
  return painted(pool, properties, (plane, x, y) => planes[plane]?.[y]?.[x] ?? Number.NaN, times);
}
