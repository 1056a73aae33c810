// SPDX-License-Identifier: Apache-2.0
import { pixelFormat } from './pixel-formats.js';
import type { Rect, VideoFrame } from './video-frame.js';

/**
 * The bytes of one plane within `rect` (luma samples; default: the visible part), row by row; a plane without gaps is
 * given whole. Subsampled planes begin at the sample in which `x` and `y` lie.
 */
export function* planeRows(
  frame: VideoFrame,
  index: number,
  { x, y, width, height }: Rect = frame.visibleRect,
): Generator<Uint8Array> {
  const plane = frame.planes[index];
  if (plane === undefined)
    throw new RangeError(`VideoFrame: Expected a plane of ${frame.format} but received ${index}`);
  const { planes, bytesPerSample } = pixelFormat(frame.format);
  const { horizontalShift: h = 0, verticalShift: v = 0, components = 1 } = planes[index] ?? {};
  const left = (x >> h) * components * bytesPerSample;
  const bytes = ((width + (1 << h) - 1) >> h) * components * bytesPerSample;
  const top = y >> v;
  const rows = (height + (1 << v) - 1) >> v;
  if (bytes === plane.stride) {
    yield plane.data.subarray(top * plane.stride, (top + rows) * plane.stride);
    return;
  }
  for (let row = top; row < top + rows; row++) {
    const at = row * plane.stride + left;
    yield plane.data.subarray(at, at + bytes);
  }
}
