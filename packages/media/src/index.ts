// SPDX-License-Identifier: Apache-2.0
export { type YuvTransform, yuvTransform } from './colour.js';
export type { ConvertOptions } from './convert.js';
export { addFrame, FrameHash, frameDigest } from './frame-hash.js';
export {
  type BaseOffsetOf,
  type FrameLayout,
  FramePool,
  type FramePoolOptions,
  type FramePoolStats,
  type FrameSlot,
  layoutFor,
  type PlaneLayout,
  PoolGeneration,
} from './frame-pool.js';
export { FrameMd5Lines, FrameToRawPlanar, FrameToYUV4MPEG, packedPlanes, y4mHeader } from './frame-writers.js';
export { MediaError } from './media-error.js';
export { type PixelFormat, type PixelFormatInfo, pixelFormat, pixelFormats, planeSizes } from './pixel-formats.js';
export {
  type ColorSpace,
  type FrameTimes,
  type Rational,
  type Rect,
  VideoFrame,
  type VideoPlane,
  type VideoProperties,
} from './video-frame.js';
