// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { frameDigest } from './frame-hash.js';
import { pixelFormat, planeSizes } from './pixel-formats.js';
import { planeRows } from './plane-rows.js';
import type { Rational, VideoFrame } from './video-frame.js';

const FRAME = new TextEncoder().encode('FRAME\n');

/** A frame's visible planes in one array of its own, tightly packed. */
export function packedPlanes(frame: VideoFrame, prefix: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const { width, height } = frame.visibleRect;
  const size = planeSizes(frame.format, width, height).reduce((sum, { bytes }) => sum + bytes, 0);
  const packed = new Uint8Array(prefix.length + size);
  packed.set(prefix);
  let at = prefix.length;
  frame.planes.forEach((_, index) => {
    for (const row of planeRows(frame, index)) {
      packed.set(row, at);
      at += row.length;
    }
  });
  return packed;
}

/** The `C` tag: sampling with chroma location at 4:2:0, and depth. */
function y4mColour(frame: VideoFrame): string {
  const { name, bitDepth, model, alpha } = pixelFormat(frame.format);
  const { luma, chroma } = frame.bitDepths;
  const deep = bitDepth > 8 ? String(luma === chroma ? luma : bitDepth) : '';
  if (model === 'grey') return `mono${deep}`;
  const sampling = /^I(4\d\d)/.exec(name)?.[1];
  if (sampling === undefined || (alpha && (sampling !== '444' || bitDepth > 8))) {
    throw new TypeError(`FrameToYUV4MPEG: Expected a planar YUV or grey frame but received ${name}`);
  }
  if (alpha) return '444alpha';
  if (deep) return `${sampling}p${deep}`;
  if (sampling !== '420') return sampling;
  return { left: '420mpeg2', center: '420jpeg', topleft: '420paldv' }[frame.chromaLocation];
}

const fieldTags = { progressive: 'p', tff: 't', bff: 'b' } as const;

/** The stream header of YUV4MPEG2 for frames like this one, with its line feed. */
export function y4mHeader(frame: VideoFrame): string {
  const { width, height } = frame.visibleRect;
  const rate: Rational = frame.frameRate ?? { num: frame.timebase.den, den: frame.timebase.num };
  const aspect = frame.pixelAspect;
  const range = frame.colorSpace.fullRange ? 'FULL' : 'LIMITED';
  return `YUV4MPEG2 W${width} H${height} F${rate.num}:${rate.den} I${fieldTags[frame.fields]} A${aspect.num}:${aspect.den} C${y4mColour(frame)} XCOLORRANGE=${range}\n`;
}

abstract class FrameWriter extends Component {
  /** Frames of one size and format; each is closed once it is written. */
  readonly inbox = this.in<VideoFrame>('inbox', { capacity: 4 });
  /** Bytes of the file. */
  readonly outbox = this.out<Uint8Array>('outbox', {});
  /** What is written for a frame; all have the size and format of the first. */
  protected abstract bytesOf(frame: VideoFrame): Uint8Array[];

  override *main(): Steps {
    const { inbox, outbox } = this;
    let like: string | undefined;
    while (!inbox.ended) {
      while (inbox.ready) {
        const frame = inbox.recv();
        try {
          const { width, height } = frame.visibleRect;
          const shape = `${frame.format} ${width}x${height}`;
          if (like !== undefined && shape !== like) {
            throw new TypeError(
              `${this.constructor.name}: Expected frames of ${like} throughout but received ${shape}`,
            );
          }
          for (const bytes of this.bytesOf(frame)) outbox.send(bytes);
          like = shape;
        } finally {
          frame.close();
        }
      }
      yield;
    }
  }
}

/**
 * Frames to a YUV4MPEG2 stream: the header from the first frame, then `FRAME` and the planes of each, cropped to the
 * visible part, fields woven. A frame of another size or format ends it with a TypeError: the format cannot change. Where
 * frame rate, fields, aspect or colour range change, the header goes on saying what it said, and a warning says so once.
 *
 * `inbox`: frames, closed here. `outbox`: bytes of the file, one message for the header and one a frame.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { FramePool, FrameToYUV4MPEG } from '@kamaelia/media';
 * const pool = new FramePool();
 * const frame = pool.acquire({ format: 'I420', codedWidth: 4, codedHeight: 2 }, { pts: 0, timebase: { num: 1, den: 25 } });
 * await Pipeline([frame], new FrameToYUV4MPEG(), (bytes) => console.log(bytes.length)).run();
 */
export class FrameToYUV4MPEG extends FrameWriter {
  #header: string | undefined;
  #warned = false;

  protected override bytesOf(frame: VideoFrame): Uint8Array[] {
    const header = y4mHeader(frame);
    const picture = packedPlanes(frame, FRAME);
    if (this.#header === undefined) {
      this.#header = header;
      return [new TextEncoder().encode(header), picture];
    }
    if (header !== this.#header && !this.#warned) {
      this.#warned = true;
      const [now, before] = [header, this.#header].map((text) => text.slice('YUV4MPEG2 '.length).trim());
      this.log(
        'warn',
        `frames changed to ${now}, but the header of a YUV4MPEG2 stream cannot change: it says ${before}`,
      );
    }
    return [picture];
  }
}

/**
 * Frames to raw planar video: the planes of each, tightly packed, cropped to the visible part, fields woven; samples of
 * more than 8 bits are 16-bit little-endian.
 *
 * `inbox`: frames, closed here. `outbox`: one message a frame.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { FramePool, FrameToRawPlanar } from '@kamaelia/media';
 * const pool = new FramePool();
 * const frame = pool.acquire({ format: 'I420', codedWidth: 4, codedHeight: 2 }, { pts: 0, timebase: { num: 1, den: 25 } });
 * await Pipeline([frame], new FrameToRawPlanar(), (bytes) => console.log(bytes.length)).run(); // 12
 */
export class FrameToRawPlanar extends FrameWriter {
  protected override bytesOf(frame: VideoFrame): Uint8Array[] {
    return [packedPlanes(frame)];
  }
}

/**
 * The lines of ffmpeg's `framemd5` muxer (version 2) for a stream of raw frames, without the line that names ffmpeg's
 * own version.
 */
export class FrameMd5Lines {
  #header = false;

  /** The lines that this frame adds, the header before the first; each ends with a line feed. */
  add(frame: VideoFrame): string {
    const { width, height } = frame.visibleRect;
    const size = planeSizes(frame.format, width, height).reduce((sum, { bytes }) => sum + bytes, 0);
    let text = '';
    if (!this.#header) {
      this.#header = true;
      text += '#format: frame checksums\n#version: 2\n#hash: MD5\n';
      text += `#tb 0: ${frame.timebase.num}/${frame.timebase.den}\n`;
      text += '#media_type 0: video\n#codec_id 0: rawvideo\n';
      text += `#dimensions 0: ${width}x${height}\n`;
      text += `#sar 0: ${frame.pixelAspect.num}/${frame.pixelAspect.den}\n`;
      text += '#stream#, dts,        pts, duration,     size, hash\n';
    }
    const pad = (value: number, width_: number): string => String(value).padStart(width_);
    return `${text}0, ${pad(frame.pts, 10)}, ${pad(frame.pts, 10)}, ${pad(frame.duration, 8)}, ${pad(size, 8)}, ${frameDigest(frame)}\n`;
  }
}
