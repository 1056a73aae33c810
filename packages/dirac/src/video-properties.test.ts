// SPDX-License-Identifier: Apache-2.0
import type { NativeVideoFormat } from '@kamaelia/dirac-native';
import { describe, expect, it } from 'vitest';
import { pixelFormatOf } from './video-properties.js';

describe('pixelFormatOf', () => {
  const nameOf = (lumaDepth: number, chromaDepth = lumaDepth) =>
    pixelFormatOf({ lumaDepth, chromaDepth, chroma: 1 } as NativeVideoFormat);

  it('is the least depth that there is a format for and that holds the samples', () => {
    const names = [8, 9, 10, 11, 12, 13, 14, 15, 16].map((depth) => nameOf(depth));
    expect(names).toEqual(['', 'P10', 'P10', 'P12', 'P12', 'P16', 'P16', 'P16', 'P16'].map((depth) => `I422${depth}`));
  });

  it('goes by the deeper one where luma and chroma differ', () => {
    expect(nameOf(8, 10)).toBe('I422P10');
    expect(nameOf(12, 9)).toBe('I422P12');
  });
});
