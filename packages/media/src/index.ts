// SPDX-License-Identifier: Apache-2.0
import { registerMessageCodec } from '@kamaelia/axon';
import { videoFrameCodec } from './frame-crossing.js';

export { type YuvTransform, yuvTransform } from './colour.js';
export type { ConvertOptions } from './convert.js';
export type { EncodedChunk } from './encoded-chunk.js';
export { addFrame, FrameHash, frameDigest } from './frame-hash.js';
export { FramePacer } from './frame-pacer.js';
export { FramePool, type FramePoolOptions, type FramePoolStats, layoutFor } from './frame-pool.js';
export { FrameMd5Lines, FrameToRawPlanar, FrameToYUV4MPEG, packedPlanes, y4mHeader } from './frame-writers.js';
export { MediaError } from './media-error.js';
export { type PixelFormat, type PixelFormatInfo, pixelFormat, pixelFormats, planeSizes } from './pixel-formats.js';
export {
  type BaseOffsetOf,
  type FrameLayout,
  type FrameSlot,
  type PlaneLayout,
  PoolGeneration,
} from './pool-generation.js';
export {
  type BitDepths,
  type ColorSpace,
  type FrameTimes,
  type LowBand,
  type Rational,
  type Rect,
  type SideData,
  type Timecode,
  VideoFrame,
  type VideoPlane,
  type VideoProperties,
} from './video-frame.js';

registerMessageCodec(videoFrameCodec);
