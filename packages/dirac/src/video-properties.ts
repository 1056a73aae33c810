// SPDX-License-Identifier: Apache-2.0
import type { NativeFrameLayout, NativeVideoFormat } from '@kamaelia/dirac-native';
import {
  type BitDepths,
  type ColorSpace,
  type FrameLayout,
  type PixelFormat,
  pixelFormat,
  type Rect,
} from '@kamaelia/media';

// Indices of the Dirac specification 2.2.3, 10.3.9 and of SMPTE ST 2042-1:2017, 11.4.10.
const PRIMARIES = ['bt709', 'smpte170m', 'bt470bg', 'smpte431', 'bt2020'] as const;
const MATRICES = ['bt709', 'smpte170m', 'ycgco', 'rgb', 'bt2020-ncl'] as const;
const TRANSFERS = ['bt709', 'iec61966-2-4', 'linear', 'smpte428', 'pq', 'hlg'] as const;
const SAMPLINGS = ['I444', 'I422', 'I420'] as const;

/** Field order of a frame, as {@link FrameLayout} has it. */
export function fieldsOf(format: NativeVideoFormat): 'progressive' | 'tff' | 'bff' {
  if (format.sourceSampling === 0) return 'progressive';
  return format.topFieldFirst ? 'tff' : 'bff';
}

/** Colour of a stream in the words of WebCodecs; null where the index is reserved. */
export function colorSpaceOf(format: NativeVideoFormat): ColorSpace {
  const matrix = MATRICES[format.colourMatrix] ?? null;
  const primaries = PRIMARIES[format.colourPrimaries] ?? null;
  return {
    primaries,
    transfer: TRANSFERS[format.transferFunction] ?? null,
    matrix: matrix === 'smpte170m' && primaries === 'bt470bg' ? 'bt470bg' : matrix,
    fullRange: format.lumaOffset === 0,
  };
}

/** The format's name, such as `I420` or `I422P10`: that of the least depth that holds the stream's samples. */
export function pixelFormatOf(format: NativeVideoFormat): PixelFormat {
  const depth = Math.max(format.lumaDepth, format.chromaDepth);
  const held = [10, 12, 16].find((bits) => bits >= depth) ?? 16;
  return `${SAMPLINGS[format.chroma]}${depth > 8 ? `P${held}` : ''}` as PixelFormat;
}

/** Bits of luma and chroma samples, where they do not fill the format. */
export function bitDepthsOf(format: NativeVideoFormat): BitDepths | undefined {
  const { lumaDepth: luma, chromaDepth: chroma } = format;
  const { bitDepth } = pixelFormat(pixelFormatOf(format));
  return luma === bitDepth && chroma === bitDepth ? undefined : { luma, chroma };
}

/** The clean area, where it lies within the picture; what it leaves out is not meant to be seen, but is decoded. */
export function cleanAreaOf(format: NativeVideoFormat): Rect {
  const { cleanLeft: x, cleanTop: y, cleanWidth: width, cleanHeight: height } = format;
  const inside = width > 0 && height > 0 && x + width <= format.width && y + height <= format.height;
  return inside ? { x, y, width, height } : { x: 0, y: 0, width: format.width, height: format.height };
}

/** What the frames of a sequence have in common, with the decoder's own layout of slots. */
export function frameLayoutOf(format: NativeVideoFormat, layout: NativeFrameLayout): FrameLayout {
  const bitDepths = bitDepthsOf(format);
  return {
    format: pixelFormatOf(format),
    ...(bitDepths === undefined ? {} : { bitDepths }),
    codedWidth: format.width,
    codedHeight: format.height,
    colorSpace: colorSpaceOf(format),
    pixelAspect: format.pixelAspect,
    frameRate: format.frameRate,
    fields: fieldsOf(format),
    chromaLocation: 'left',
    planes: layout.planes,
    slotBytes: layout.slotBytes,
  };
}
