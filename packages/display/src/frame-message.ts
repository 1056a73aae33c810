// SPDX-License-Identifier: Apache-2.0
import { packedPlanes, pixelFormat, type VideoFrame, yuvTransform } from '@kamaelia/media';
import { FORMATS, type FrameHeader, HEADER_BYTES, writeHeader } from './page/frame-header.js';

/** A frame as the page gets it: header and planes in one array, shared by all viewers. */
export interface FrameMessage {
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function targetFormat(frame: VideoFrame): FrameHeader['format'] {
  const { name, model } = pixelFormat(frame.format);
  const format = FORMATS.find((candidate) => name.startsWith(candidate));
  if (model !== 'yuv' || format === undefined) {
    throw new TypeError(`VideoOverlay: Expected a planar YUV frame for inbox but received ${frame.format}`);
  }
  return format;
}

/**
 * Copies a frame into a message: 8 bit, and at most `maxWidth` wide. An interlaced one is only made narrower, as rows of
 * two fields must not be mixed.
 */
export async function frameMessage(
  frame: VideoFrame,
  number: number,
  maxWidth: number,
  weave: boolean,
): Promise<FrameMessage> {
  const format = targetFormat(frame);
  const { width: fullWidth, height: fullHeight } = frame.visibleRect;
  const progressive = frame.fields === 'progressive';
  const width = Math.min(fullWidth, maxWidth);
  const reduced = width < fullWidth && progressive;
  const height = reduced ? Math.max(1, Math.round((fullHeight * width) / fullWidth)) : fullHeight;
  let bytes: Uint8Array<ArrayBuffer>;
  if (format === frame.format && width === fullWidth) {
    bytes = packedPlanes(frame, new Uint8Array(HEADER_BYTES));
  } else {
    const options = { format, width, height };
    bytes = new Uint8Array(HEADER_BYTES + frame.allocationSize(options));
    await frame.copyTo(bytes.subarray(HEADER_BYTES), options);
  }
  writeHeader(bytes, {
    format,
    chromaLocation: frame.chromaLocation,
    fields: weave ? 'progressive' : frame.fields,
    damaged: frame.damaged,
    width,
    height,
    displayWidth: frame.displayWidth,
    displayHeight: frame.displayHeight,
    number,
    pts: frame.pts,
    timebase: frame.timebase,
    frameRate: frame.frameRate ?? { num: 0, den: 1 },
    ...yuvTransform(frame.colorSpace, fullHeight),
  });
  return { number, bytes };
}
