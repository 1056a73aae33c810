// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type PixelFormat, pixelFormat, pixelFormats, planeSizes } from './pixel-formats.js';

const sizes = (format: PixelFormat, width: number, height: number) =>
  planeSizes(format, width, height).map(({ rowBytes, rows }) => [rowBytes, rows]);

describe('pixelFormats', () => {
  it('has planar YUV in three samplings and four depths with and without alpha, grey, semi-planar and packed ones', () => {
    expect(pixelFormats.size).toBe(3 * 4 * 2 + 4 + 2 + 5);
    for (const [name, info] of pixelFormats) {
      expect(info.name).toBe(name);
      expect(info.bytesPerSample).toBe(info.bitDepth > 8 ? 2 : 1);
      expect(pixelFormat(name)).toBe(info);
    }
  });

  it.each([
    ['I420', { model: 'yuv', bitDepth: 8, bytesPerSample: 1, alpha: false }],
    ['I422P10', { model: 'yuv', bitDepth: 10, bytesPerSample: 2, alpha: false }],
    ['I444AP12', { model: 'yuv', bitDepth: 12, bytesPerSample: 2, alpha: true }],
    ['I420P16', { model: 'yuv', bitDepth: 16, bytesPerSample: 2, alpha: false }],
    ['GREY', { model: 'grey', bitDepth: 8, alpha: false }],
    ['GREYP16', { model: 'grey', bitDepth: 16, alpha: false }],
    ['NV12', { model: 'yuv', bitDepth: 8, alpha: false }],
    ['P010', { model: 'yuv', bitDepth: 10, bytesPerSample: 2, alpha: false }],
    ['RGB', { model: 'rgb', bitDepth: 8, alpha: false }],
    ['RGBA', { model: 'rgb', alpha: true }],
    ['RGBX', { model: 'rgb', alpha: false }],
    ['BGRA', { model: 'rgb', alpha: true }],
    ['BGRX', { model: 'rgb', alpha: false }],
  ] as const)('says what %s is', (name, expected) => {
    expect(pixelFormat(name)).toMatchObject(expected);
  });

  it('refuses a name it does not have, and lists those it has', () => {
    expect(() => pixelFormat('YV12' as PixelFormat)).toThrow(
      /^pixelFormat: Expected one of I420, I420A, .*, RGBA, RGBX, BGRA, BGRX but received YV12$/,
    );
    expect(() => pixelFormat(undefined as unknown as PixelFormat)).toThrow(TypeError);
  });
});

describe('planeSizes', () => {
  it.each([
    [
      'I420',
      [
        [5, 3],
        [3, 2],
        [3, 2],
      ],
    ],
    [
      'I422',
      [
        [5, 3],
        [3, 3],
        [3, 3],
      ],
    ],
    [
      'I444',
      [
        [5, 3],
        [5, 3],
        [5, 3],
      ],
    ],
    [
      'I420A',
      [
        [5, 3],
        [3, 2],
        [3, 2],
        [5, 3],
      ],
    ],
    [
      'I420P10',
      [
        [10, 3],
        [6, 2],
        [6, 2],
      ],
    ],
    [
      'I422AP16',
      [
        [10, 3],
        [6, 3],
        [6, 3],
        [10, 3],
      ],
    ],
    ['GREYP12', [[10, 3]]],
    [
      'NV12',
      [
        [5, 3],
        [6, 2],
      ],
    ],
    [
      'P010',
      [
        [10, 3],
        [12, 2],
      ],
    ],
    ['RGB', [[15, 3]]],
    ['BGRA', [[20, 3]]],
  ] as const)('rounds odd chroma sizes up: 5x3 of %s', (name, expected) => {
    expect(sizes(name, 5, 3)).toEqual(expected);
  });

  it('counts the bytes of a plane as rows times row bytes', () => {
    expect(planeSizes('I422P10', 1920, 1080).map(({ bytes }) => bytes)).toEqual([4_147_200, 2_073_600, 2_073_600]);
    expect(planeSizes('I420', 1, 1).map(({ bytes }) => bytes)).toEqual([1, 1, 1]);
  });
});
