// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { frameOf, painted, quietPool } from '../test/frames.js';
import type { ConvertOptions, PixelFormat, Rect, VideoFrame, VideoProperties } from './index.js';

const pool = quietPool();
const locations = ['left', 'center', 'topleft'] as const;

/** Makes it of a frame, closes that, and checks that no byte behind the result was touched. */
async function converted(frame: VideoFrame, options: ConvertOptions = {}): Promise<number[]> {
  const size = frame.allocationSize(options);
  const destination = new Uint8Array(size + 3).fill(0xee);
  await frame.copyTo(destination, options);
  frame.close();
  expect([...destination.subarray(size)]).toEqual([0xee, 0xee, 0xee]);
  return [...destination.subarray(0, size)];
}

/** Rows of 16-bit numbers from bytes. */
const words = (bytes: readonly number[]) => [...new Uint16Array(Uint8Array.from(bytes).buffer)];
const repeated = (value: number, width: number, height: number) =>
  Array.from({ length: height }, () => new Array<number>(width).fill(value));

// With the matrix `ycgco` and full range G = Y + (Cb - 128), so that with Y = 0 green is what Cb adds to 128.
const ycgco = { primaries: null, transfer: null, matrix: 'ycgco', fullRange: true } as const;

/** What Cb is at each luma position of a picture, above 128. */
async function interpolated(properties: VideoProperties, cb: readonly (readonly number[])[]): Promise<number[]> {
  const sample = (plane: number, x: number, y: number) =>
    plane === 1 ? 128 + (cb[y]?.[x] ?? 0) : plane === 0 ? 0 : 128;
  const rgb = await converted(painted(pool, { colorSpace: ycgco, ...properties }, sample), { format: 'RGB' });
  return rgb.filter((_, i) => i % 3 === 1);
}

describe('copyTo() in the format of the frame', () => {
  const byPlace = (plane: number, x: number, y: number) => plane * 100 + y * 10 + x;

  it('copies the visible part of each plane, tightly packed', async () => {
    const visibleRect = { x: 2, y: 2, width: 3, height: 3 };
    const shape = { format: 'I420', codedWidth: 8, codedHeight: 6, visibleRect } as const;
    const luma = [22, 23, 24, 32, 33, 34, 42, 43, 44];
    expect(await converted(painted(pool, shape, byPlace))).toEqual([...luma, 111, 112, 121, 122, 211, 212, 221, 222]);
  });

  it('copies a rect instead of the visible part, which it may go beyond', async () => {
    const visibleRect = { x: 0, y: 0, width: 2, height: 2 };
    const shape = { format: 'I444', codedWidth: 4, codedHeight: 3, visibleRect } as const;
    const rect = { x: 2, y: 2, width: 2, height: 1 };
    expect(await converted(painted(pool, shape, byPlace), { rect })).toEqual([22, 23, 122, 123, 222, 223]);
  });

  it.each<[PixelFormat, number[]]>([
    ['NV12', [12, 13, 22, 23, 100 + 2, 100 + 3]],
    ['GREY', [12, 13, 22, 23]],
    ['RGB', [16, 17, 18, 19, 20, 21, 26, 27, 28, 29, 30, 31]],
  ])('copies parts of %s too', async (format, expected) => {
    const frame = painted(pool, { format, codedWidth: 6, codedHeight: 4 }, byPlace);
    // The chroma row of NV12 at y = 1 is row 0.
    expect(await converted(frame, { rect: { x: 2, y: 1, width: 2, height: 2 } })).toEqual(expected);
  });

  it('copies samples over 8 bits as they are', async () => {
    const frame = frameOf(pool, { format: 'I444P12', codedWidth: 2, codedHeight: 1 }, [
      [[1, 4095]],
      [[2048, 3]],
      [[4, 256]],
    ]);
    expect(words(await converted(frame))).toEqual([1, 4095, 2048, 3, 4, 256]);
  });
});

describe('copyTo() of samples that do not fill their format', () => {
  const shape = { format: 'I444P10', codedWidth: 2, codedHeight: 1 } as const;
  const rows = [[[511, 64]], [[0, 128]], [[250, 256]]];

  it('scales them by their own depth', async () => {
    const rgb = { primaries: null, transfer: null, matrix: 'rgb', fullRange: true } as const;
    const nine = frameOf(pool, { ...shape, colorSpace: rgb, bitDepths: { luma: 9, chroma: 9 } }, rows);
    expect(await converted(nine, { format: 'RGB' })).toEqual([125, 255, 0, 128, 32, 64]);
  });

  it('scales luma and chroma by depths of their own', async () => {
    const frame = frameOf(pool, { ...shape, bitDepths: { luma: 8, chroma: 10 } }, [
      [[16, 235]],
      [[512, 64]],
      [[960, 512]],
    ]);
    expect(await converted(frame, { format: 'I444' })).toEqual([16, 235, 128, 16, 240, 128]);
  });

  it('copies them as they are in the format of the frame', async () => {
    const frame = frameOf(pool, { ...shape, bitDepths: { luma: 9, chroma: 9 } }, rows);
    expect(words(await converted(frame))).toEqual([511, 64, 0, 128, 250, 256]);
  });
});

describe('copyTo() at another size', () => {
  const grey = (rows: readonly (readonly number[])[], format: 'I444' | 'I444P10' = 'I444'): VideoFrame => {
    const shape = { format, codedWidth: rows[0]?.length ?? 0, codedHeight: rows.length };
    return frameOf(pool, shape, [rows, rows, rows]);
  };
  const luma = async (rows: readonly (readonly number[])[], width: number, height: number) =>
    (await converted(grey(rows), { width, height })).slice(0, width * height);

  it('takes the mean of what each sample covers when it becomes smaller', async () => {
    expect(await luma([[10, 20, 30, 50]], 2, 1)).toEqual([15, 40]);
    expect(await luma([[0, 0, 0, 0, 0, 100]], 2, 1)).toEqual([0, 33]);
    // One and a half samples each: (10 + 20 / 2) / 1.5 = 13.3, (20 / 2 + 60) / 1.5 = 46.7.
    expect(await luma([[10, 20, 60]], 2, 1)).toEqual([13, 47]);
    expect(await luma([[10], [20], [60]], 1, 2)).toEqual([13, 47]);
    // Halves round up: (1 + 2) / 2, (3 + 4 + 5 + 6) / 4.
    expect(
      await luma(
        [
          [1, 2],
          [1, 2],
        ],
        1,
        1,
      ),
    ).toEqual([2]);
    expect(
      await luma(
        [
          [3, 4],
          [5, 6],
        ],
        1,
        1,
      ),
    ).toEqual([5]);
  });

  it('interpolates linearly between the centres of samples when it becomes larger', async () => {
    // Centres at -0.25, 0.25, 0.75 and 1.25 of the source.
    expect(await luma([[0, 100]], 4, 1)).toEqual([0, 25, 75, 100]);
    expect(await luma([[0], [100]], 1, 4)).toEqual([0, 25, 75, 100]);
    // Centres at -0.2, 0.4, 1, 1.6 and 2.2.
    expect(await luma([[0, 90, 30]], 5, 1)).toEqual([0, 36, 90, 54, 30]);
    expect(await luma([[7]], 3, 2)).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('keeps the depth and the sampling of the frame', async () => {
    const bytes = await converted(grey([[0, 1023, 512, 514]], 'I444P10'), { width: 2, height: 1 });
    expect(words(bytes)).toEqual([512, 513, 512, 513, 512, 513]);
    const shape = { format: 'I420', codedWidth: 6, codedHeight: 4 } as const;
    const options = { width: 3, height: 3 };
    const flat = painted(pool, shape, (plane) => 50 + plane);
    expect(flat.allocationSize(options)).toBe(9 + 4 + 4);
    expect(await converted(flat, options)).toEqual([
      ...new Array(9).fill(50),
      ...new Array(4).fill(51),
      ...new Array(4).fill(52),
    ]);
  });

  it('looks beyond the rect, but never beyond the visible part', async () => {
    const rows = [[0, 40, 80, 200, 255]];
    const visibleRect = { x: 0, y: 0, width: 4, height: 1 };
    const of = (rect: Rect) =>
      converted(frameOf(pool, { format: 'I444', codedWidth: 5, codedHeight: 1, visibleRect }, [rows, rows, rows]), {
        rect,
        width: 4,
      });
    // Centres at 0.75, 1.25, 1.75 and 2.25; then at 1.75, 2.25, 2.75 and 3.25.
    expect((await of({ x: 1, y: 0, width: 2, height: 1 })).slice(0, 4)).toEqual([30, 50, 70, 110]);
    expect((await of({ x: 2, y: 0, width: 2, height: 1 })).slice(0, 4)).toEqual([70, 110, 170, 200]);
    expect((await of({ x: 3, y: 0, width: 2, height: 1 })).slice(0, 4)).toEqual([170, 214, 241, 255]);
  });
});

describe('chroma', () => {
  const wide = { codedWidth: 4, codedHeight: 1 } as const;
  const tall = { codedWidth: 1, codedHeight: 4 } as const;

  it.each([
    ['left', [0, 10, 20, 20], [0, 5, 15, 20]],
    ['center', [0, 5, 15, 20], [0, 5, 15, 20]],
    ['topleft', [0, 10, 20, 20], [0, 10, 20, 20]],
  ] as const)('of 4:2:0 lies %s of its luma', async (chromaLocation, across, down) => {
    expect(await interpolated({ format: 'I420', ...wide, chromaLocation }, [[0, 20]])).toEqual(across);
    expect(await interpolated({ format: 'I420', ...tall, chromaLocation }, [[0], [20]])).toEqual(down);
  });

  it('of 4:2:2 has a row for each row of luma, that of 4:4:4 a sample for each', async () => {
    expect(await interpolated({ format: 'I422', ...tall }, [[3], [1], [4], [1]])).toEqual([3, 1, 4, 1]);
    expect(await interpolated({ format: 'I422', ...wide }, [[0, 20]])).toEqual([0, 10, 20, 20]);
    expect(await interpolated({ format: 'I444', ...wide }, [[3, 1, 4, 1]])).toEqual([3, 1, 4, 1]);
  });

  // Top field rows 0, 2, 4, 6 are its luma rows 0 to 3; its chroma rows 0 and 2 (0 and 40) lie at 0.25 and 2.25, so that
  // luma is at -0.125, 0.375, 0.875 and 1.375 of them: 0, 15, 35, 40. Bottom: -0.375, 0.125, 0.625, 1.125 of 20 and 60.
  it('of interlaced 4:2:0 is interpolated within each field', async () => {
    const rows = [[0], [20], [40], [60]];
    const shape = { format: 'I420', codedWidth: 1, codedHeight: 8 } as const;
    const expected = [0, 20, 15, 25, 35, 45, 40, 60];
    expect(await interpolated({ ...shape, fields: 'tff' }, rows)).toEqual(expected);
    expect(await interpolated({ ...shape, fields: 'bff' }, rows)).toEqual(expected);
    // Beside the upper row: luma at 0, 0.5, 1 and 1.5 of both.
    expect(await interpolated({ ...shape, fields: 'tff', chromaLocation: 'topleft' }, rows)).toEqual([
      0, 20, 20, 40, 40, 60, 40, 60,
    ]);
    // A field without a chroma row of its own takes what there is.
    expect(await interpolated({ ...shape, codedHeight: 2, fields: 'tff' }, [[20]])).toEqual([20, 20]);
  });

  it('becomes 4:2:0 where the frame says its samples lie', async () => {
    const chroma = [
      [0, 40, 80, 120],
      [8, 48, 88, 128],
    ];
    const i444 = (chromaLocation: (typeof locations)[number]) =>
      frameOf(pool, { format: 'I444', codedWidth: 4, codedHeight: 2, chromaLocation }, [
        repeated(9, 4, 2),
        chroma,
        repeated(7, 4, 2),
      ]);
    const cb = async (location: (typeof locations)[number]) =>
      (await converted(i444(location), { format: 'I420' })).slice(8, 10);
    // A quarter, half and quarter about columns 0 and 2, the first column repeated: 10 and 80; rows add 4.
    expect(await cb('left')).toEqual([14, 84]);
    expect(await cb('center')).toEqual([24, 104]);
    // Rows too: the first counts three quarters.
    expect(await cb('topleft')).toEqual([12, 82]);
    expect(await converted(i444('center'), { format: 'I422' })).toEqual([
      ...new Array(8).fill(9),
      ...[20, 100, 28, 108],
      ...[7, 7, 7, 7],
    ]);
  });

  it('becomes 4:4:4 by interpolation, and 4:2:2 in the fields of an interlaced picture', async () => {
    const wideFrame = frameOf(pool, { format: 'I422', ...wide }, [[[1, 2, 3, 4]], [[0, 20]], [[20, 0]]]);
    expect(await converted(wideFrame, { format: 'I444' })).toEqual([1, 2, 3, 4, 0, 10, 20, 20, 20, 10, 0, 0]);
    const shape = { format: 'I420', codedWidth: 1, codedHeight: 8, fields: 'tff' } as const;
    const rows = [[0], [20], [40], [60]];
    const woven = frameOf(pool, shape, [repeated(5, 1, 8), rows, rows]);
    expect((await converted(woven, { format: 'I422' })).slice(8, 16)).toEqual([0, 20, 15, 25, 35, 45, 40, 60]);
  });

  it('of two fields is not mixed when 4:2:2 becomes 4:2:0', async () => {
    const rows = [0, 100, 8, 108, 16, 116, 24, 124].map((value) => [value]);
    const shape = { format: 'I422', codedWidth: 1, codedHeight: 8 } as const;
    const cb = async (fields: 'tff' | 'progressive') =>
      (await converted(frameOf(pool, { ...shape, fields }, [rows, rows, rows]), { format: 'I420' })).slice(8, 12);
    // The means of two field rows about 0.25 and 2.25, row -1 being row 0: (0 * 1.25 + 8 * 0.75) / 2, (8 * 0.25 + 16 +
    // 24 * 0.75) / 2; about 0.75 and 2.75: (100 * 0.75 + 108 + 116 * 0.25) / 2, (116 * 0.75 + 124 * 1.25) / 2.
    expect(await cb('tff')).toEqual([3, 106, 18, 121]);
    expect(await cb('progressive')).toEqual([50, 58, 66, 74]);
  });

  it('is interleaved for NV12', async () => {
    const frame = frameOf(pool, { format: 'I420', codedWidth: 3, codedHeight: 1 }, [[[1, 2, 3]], [[4, 5]], [[6, 7]]]);
    expect(await converted(frame, { format: 'NV12' })).toEqual([1, 2, 3, 4, 6, 5, 7]);
  });

  it('of a part is that of the same place of the whole, wherever the part begins', async () => {
    const seed = 7;
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(random() * n);
    const formats = ['I420', 'I422', 'I444', 'I420P10', 'I420A'] as const;
    for (let i = 0; i < 60; i++) {
      const format = formats[below(5)] ?? 'I420';
      const [codedWidth, codedHeight] = [1 + below(20), 1 + below(20)];
      const fields = (['progressive', 'tff', 'bff'] as const)[below(3)] ?? 'tff';
      const shape = { format, codedWidth, codedHeight, fields, chromaLocation: locations[below(3)] ?? 'left' };
      const frame = painted(pool, shape, () => below(format === 'I420P10' ? 1024 : 256));
      const [x, y] = [below(codedWidth), below(codedHeight)];
      const rect = { x, y, width: 1 + below(codedWidth - x), height: 1 + below(codedHeight - y) };
      const whole = await converted(frame.clone(), { format: 'RGBA' });
      const expected = Array.from({ length: rect.height }, (_, row) => {
        const at = ((y + row) * codedWidth + x) * 4;
        return whole.slice(at, at + rect.width * 4);
      }).flat();
      const message = `seed ${seed}, case ${i}: ${JSON.stringify({ ...shape, rect })}`;
      expect(await converted(frame, { format: 'RGBA', rect }), message).toEqual(expected);
    }
  });

  it('does not show what lies beyond the visible part', async () => {
    const visibleRect = { x: 2, y: 2, width: 3, height: 3 };
    const shape = { format: 'I420', codedWidth: 10, codedHeight: 10, visibleRect } as const;
    const inside = (plane: number, x: number, y: number) =>
      plane === 0 ? x >= 2 && x < 5 && y >= 2 && y < 5 : x >= 1 && x < 3 && y >= 1 && y < 3;
    const sample = (plane: number, x: number, y: number) => 60 + plane * 50 + x * 3 + y * 7;
    const black = painted(pool, shape, (p, x, y) => (inside(p, x, y) ? sample(p, x, y) : 0));
    const white = painted(pool, shape, (p, x, y) => (inside(p, x, y) ? sample(p, x, y) : 255));
    for (const format of ['RGBA', 'I444', 'NV12', 'I422'] as const) {
      expect(await converted(black.clone(), { format })).toEqual(await converted(white.clone(), { format }));
      const options = { format, width: 5, height: 2 };
      expect(await converted(black.clone(), options)).toEqual(await converted(white.clone(), options));
    }
    black.close();
    white.close();
  });
});

describe('depth and alpha', () => {
  const row = (format: PixelFormat, fullRange: boolean, luma: readonly number[], chroma: readonly number[]) => {
    const colorSpace = { primaries: null, transfer: null, matrix: null, fullRange };
    const shape = { format, codedWidth: luma.length, codedHeight: 1, colorSpace };
    return frameOf(pool, shape, [[luma], [chroma], [chroma]]);
  };
  const of = async (frame: VideoFrame) => {
    const bytes = await converted(frame, { format: 'I444' });
    return [bytes.slice(0, bytes.length / 3), bytes.slice(bytes.length / 3, (2 * bytes.length) / 3)];
  };

  it('rounds limited range to the nearest level of 8 bits', async () => {
    const luma = [64, 940, 65, 66, 0, 1023, 501];
    const chroma = [512, 960, 510, 509, 64, 1023, 3];
    expect(await of(row('I444P10', false, luma, chroma))).toEqual([
      [16, 235, 16, 17, 0, 255, 125],
      [128, 240, 128, 127, 16, 255, 1],
    ]);
    expect(await of(row('I444P12', false, [256, 3760, 263, 264], [2048, 256, 2055, 2056]))).toEqual([
      [16, 235, 16, 17],
      [128, 16, 128, 129],
    ]);
    expect(await of(row('I444P16', false, [16 << 8, 65_535], [128 << 8, (128 << 8) + 128]))).toEqual([
      [16, 255],
      [128, 129],
    ]);
  });

  it('spreads full range over all levels of 8 bits, chroma about its middle', async () => {
    // 255 / 1023 = 0.249267: 500 is 124.63, 700 is 174.49; 512 + 200 is 128 + 49.85, 512 - 200 is 128 - 49.85.
    expect(await of(row('I444P10', true, [0, 1023, 500, 700], [512, 712, 312, 1023]))).toEqual([
      [0, 255, 125, 174],
      [128, 178, 78, 255],
    ]);
  });

  it('gives 255 as alpha, or that of the frame where it has one', async () => {
    const flat = (format: PixelFormat, alpha: readonly number[]) =>
      frameOf(pool, { format, codedWidth: 2, codedHeight: 1 }, [[[16, 16]], [[128, 128]], [[128, 128]], [alpha]]);
    expect(await converted(flat('I444', []), { format: 'RGBA' })).toEqual([0, 0, 0, 255, 0, 0, 0, 255]);
    expect(await converted(flat('I444A', [10, 200]), { format: 'RGBA' })).toEqual([0, 0, 0, 10, 0, 0, 0, 200]);
    expect(await converted(flat('I444A', [10, 200]), { format: 'RGB' })).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await converted(flat('I444A', [10, 200]), { format: 'I444' })).toEqual([16, 16, 128, 128, 128, 128]);
    const deep = frameOf(pool, { format: 'I444AP10', codedWidth: 1, codedHeight: 1 }, [
      [[64]],
      [[512]],
      [[512]],
      [[1023]],
    ]);
    expect(await converted(deep, { format: 'RGBA' })).toEqual([0, 0, 0, 255]);
  });
});

describe('copyTo() refuses', () => {
  const small = { format: 'I420', codedWidth: 8, codedHeight: 4 } as const;
  const destination = new Uint8Array(1000);
  const refused = async (options: unknown, properties: VideoProperties = small, into: unknown = destination) => {
    using frame = painted(pool, properties, () => 0);
    const message = await frame.copyTo(into as Uint8Array, options as ConvertOptions).then(
      () => 'nothing',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    return message;
  };

  it.each([
    [{ x: 1, y: 0, width: 8, height: 4 }],
    [{ x: -1, y: 0, width: 2, height: 2 }],
    [{ x: 0, y: 0, width: 0, height: 2 }],
    [{ x: 0, y: 0, width: 2, height: 1.5 }],
    [{ x: 0, y: 0, width: 2 }],
    [7],
  ])('the rect %j', async (rect) => {
    expect(await refused({ rect })).toBe(
      `RangeError: VideoFrame: Expected a rect within 8x4 but received ${JSON.stringify(rect)}`,
    );
  });

  it.each([
    [{ width: 0 }, 'RangeError: VideoFrame: Expected a positive integer for width but received 0'],
    [{ height: 2.5 }, 'RangeError: VideoFrame: Expected a positive integer for height but received 2.5'],
    [{ height: '2' }, 'RangeError: VideoFrame: Expected a positive integer for height but received 2'],
    [
      { format: 'BGRA' },
      'TypeError: VideoFrame: Expected one of I420, I422, I444, NV12, RGBA, RGB for format but received BGRA',
    ],
    [
      { format: 'I420P10' },
      'TypeError: VideoFrame: Expected one of I420, I422, I444, NV12, RGBA, RGB for format but received I420P10',
    ],
    [
      { format: 5 },
      'TypeError: VideoFrame: Expected one of I420, I422, I444, NV12, RGBA, RGB for format but received 5',
    ],
  ])('%j', async (options, message) => {
    expect(await refused(options)).toBe(message);
  });

  it('frames that are not planar YUV, but for a copy', async () => {
    for (const format of ['NV12', 'P010', 'GREY', 'RGBA'] as const) {
      const shape = { ...small, format };
      const message = `TypeError: VideoFrame: Expected a planar YUV frame to convert but received ${format}`;
      expect(await refused({ format: 'I420' }, shape)).toBe(message);
      expect(await refused({ width: 4 }, shape)).toBe(message);
      expect(await refused({}, shape)).toBe('nothing');
    }
  });

  it('a destination that is too small or no Uint8Array', async () => {
    expect(await refused({}, small, new Uint8Array(47))).toBe(
      'RangeError: VideoFrame: Expected at least 48 bytes for destination but received 47',
    );
    expect(await refused({}, small, new Uint8Array(48))).toBe('nothing');
    for (const [wrong, name] of [
      [null, 'null'],
      [new ArrayBuffer(48), 'ArrayBuffer'],
      [new Uint16Array(48), 'Uint16Array'],
      ['text', 'text'],
    ] as const) {
      expect(await refused({}, small, wrong)).toBe(
        `TypeError: VideoFrame: Expected a Uint8Array for destination but received ${name}`,
      );
    }
  });

  it('a closed frame', async () => {
    const frame = painted(pool, small, () => 0);
    frame.close();
    await expect(frame.copyTo(destination)).rejects.toThrow('Expected an open frame for copyTo() but it is closed');
    expect(() => frame.allocationSize()).toThrow('Expected an open frame for allocationSize() but it is closed');
  });
});
