// SPDX-License-Identifier: Apache-2.0
import { FramePool, packedPlanes, type VideoProperties } from '@kamaelia/media';
import { afterEach, describe, expect, it } from 'vitest';
import { moving, painted } from '../test/frames.js';
import { frameMessage } from './frame-message.js';
import { HEADER_BYTES, readHeader } from './page/frame-header.js';

const pool = new FramePool({ name: 'test' });
afterEach(() => expect(pool.current?.used).toBe(0));

async function messageOf(
  properties: VideoProperties,
  sample: (plane: number, x: number, y: number) => number,
  { maxWidth = 1280, weave = false } = {},
) {
  const frame = painted(pool, properties, sample, { pts: 7 });
  try {
    const { bytes } = await frameMessage(frame, 3, maxWidth, weave);
    return { header: readHeader(bytes.buffer), planes: bytes.subarray(HEADER_BYTES), packed: packedPlanes(frame) };
  } finally {
    frame.close();
  }
}

describe('frameMessage', () => {
  it('carries the visible part of the planes as they are, with what the page has to know', async () => {
    const { header, planes, packed } = await messageOf(
      {
        format: 'I420',
        codedWidth: 32,
        codedHeight: 16,
        visibleRect: { x: 0, y: 0, width: 27, height: 13 },
        pixelAspect: { num: 4, den: 3 },
        frameRate: { num: 50, den: 1 },
        chromaLocation: 'center',
        fields: 'tff',
      },
      moving(0),
    );
    expect(header).toMatchObject({
      format: 'I420',
      width: 27,
      height: 13,
      displayWidth: 36,
      displayHeight: 13,
      number: 3,
      pts: 7,
      timebase: { num: 1, den: 25 },
      frameRate: { num: 50, den: 1 },
      chromaLocation: 'center',
      fields: 'tff',
      damaged: false,
    });
    expect(planes).toEqual(packed);
    expect(planes.length).toBe(27 * 13 + 2 * 14 * 7);
  });

  it('says progressive where fields are to be woven', async () => {
    const shape = { format: 'I420', codedWidth: 8, codedHeight: 8, fields: 'bff' } as const;
    expect((await messageOf(shape, () => 16, { weave: true })).header.fields).toBe('progressive');
  });

  it('makes wide pictures smaller in proportion, and keeps the size at which they are to be seen', async () => {
    const shape = { format: 'I420', codedWidth: 192, codedHeight: 108 } as const;
    const { header, planes } = await messageOf(shape, (plane) => 50 + plane * 50, { maxWidth: 64 });
    expect(header).toMatchObject({ width: 64, height: 36, displayWidth: 192, displayHeight: 108 });
    expect(planes.length).toBe(64 * 36 + 2 * 32 * 18);
    expect(new Set(planes.subarray(0, 64 * 36))).toEqual(new Set([50]));
    expect(new Set(planes.subarray(64 * 36, 64 * 36 + 32 * 18))).toEqual(new Set([100]));
  });

  it('makes interlaced ones narrower only, so that no row mixes two fields', async () => {
    const shape = { format: 'I422', codedWidth: 128, codedHeight: 24, fields: 'tff' } as const;
    const { header, planes } = await messageOf(shape, (_plane, _x, y) => (y % 2 === 0 ? 200 : 40), { maxWidth: 64 });
    expect(header).toMatchObject({ width: 64, height: 24 });
    for (let y = 0; y < 24; y++) {
      expect(new Set(planes.subarray(y * 64, (y + 1) * 64))).toEqual(new Set([y % 2 === 0 ? 200 : 40]));
    }
  });

  it('reduces deeper samples to 8 bits, rounded', async () => {
    const shape = { format: 'I444P10', codedWidth: 4, codedHeight: 2 } as const;
    const { header, planes } = await messageOf(shape, (plane) => [402, 401, 1023][plane] ?? 0);
    expect(header.format).toBe('I444');
    expect([...planes]).toEqual([...Array(8).fill(101), ...Array(8).fill(100), ...Array(8).fill(255)]);
  });

  it('takes the matrix of the whole picture, not of the smaller one', async () => {
    const wide = await messageOf({ format: 'I420', codedWidth: 1280, codedHeight: 720 }, () => 128, { maxWidth: 640 });
    const small = await messageOf({ format: 'I420', codedWidth: 640, codedHeight: 360 }, () => 128);
    // 2 * (1 - 0.2126) and 2 * (1 - 0.299), times 255 / 224.
    expect(wide.header.matrix[2]).toBeCloseTo(1.7927, 3);
    expect(small.header.matrix[2]).toBeCloseTo(1.596, 3);
  });

  it('refuses what is not planar YUV by name', async () => {
    for (const format of ['RGBA', 'NV12', 'GREY'] as const) {
      await expect(messageOf({ format, codedWidth: 4, codedHeight: 4 }, () => 0)).rejects.toThrow(
        `VideoOverlay: Expected a planar YUV frame for inbox but received ${format}`,
      );
    }
  });
});
