// SPDX-License-Identifier: Apache-2.0
import type { NativeVideoFormat } from '@kamaelia/dirac-native';
import { describe, expect, it } from 'vitest';
import { bitDepthsOf, pixelFormatOf } from './video-properties.js';

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

describe('bitDepthsOf', () => {
  const depthsOf = (lumaDepth: number, chromaDepth = lumaDepth) =>
    bitDepthsOf({ lumaDepth, chromaDepth, chroma: 1 } as NativeVideoFormat);

  it('says nothing where samples fill their format', () => {
    expect([8, 10, 12, 16].map((depth) => depthsOf(depth))).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('says how many bits there are where they are fewer, or differ', () => {
    expect(depthsOf(9)).toEqual({ luma: 9, chroma: 9 });
    expect(depthsOf(15)).toEqual({ luma: 15, chroma: 15 });
    expect(depthsOf(8, 10)).toEqual({ luma: 8, chroma: 10 });
  });
});
