// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { frameOf, painted, quietPool } from '../test/frames.js';
import {
  FrameMd5Lines,
  FrameToRawPlanar,
  FrameToYUV4MPEG,
  packedPlanes,
  pixelFormats,
  type VideoFrame,
  type VideoProperties,
  y4mHeader,
} from './index.js';

const pool = quietPool();
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const held = () => pool.current?.used;

const shape = { format: 'I420', codedWidth: 4, codedHeight: 2 } as const;
const HEADER = 'YUV4MPEG2 W4 H2 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n';

/** A 4:2:0 frame of 4x2 whose planes read `letters`: eight of luma, two of each chroma. */
function letters(text: string, properties: Partial<VideoProperties> = {}): VideoFrame {
  const at = (i: number) => text.charCodeAt(i);
  const sample = (plane: number, x: number, y: number) => at(plane === 0 ? 4 * y + x : 6 + 2 * plane + x);
  return painted(pool, { ...shape, ...properties }, sample);
}

async function written(writer: FrameToYUV4MPEG | FrameToRawPlanar, frames: readonly VideoFrame[]): Promise<string[]> {
  const run = drive(writer, { inbox: frames });
  await run.finish();
  expect(held()).toBe(0);
  return run.outbox.messages.map(latin1);
}

function headerOf(properties: Partial<VideoProperties>, times = {}): string {
  using frame = painted(pool, { ...shape, ...properties }, () => 0, times);
  return y4mHeader(frame);
}

describe('y4mHeader', () => {
  const range = (fullRange: boolean) => ({ primaries: null, transfer: null, matrix: null, fullRange });

  it.each<[Partial<VideoProperties>, string]>([
    [{}, 'W4 H2 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ fields: 'tff' }, 'W4 H2 F25:1 It A1:1 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ fields: 'bff' }, 'W4 H2 F25:1 Ib A1:1 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ colorSpace: range(true) }, 'W4 H2 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=FULL'],
    [{ chromaLocation: 'center' }, 'W4 H2 F25:1 Ip A1:1 C420jpeg XCOLORRANGE=LIMITED'],
    [{ chromaLocation: 'topleft' }, 'W4 H2 F25:1 Ip A1:1 C420paldv XCOLORRANGE=LIMITED'],
    [{ pixelAspect: { num: 12, den: 11 } }, 'W4 H2 F25:1 Ip A12:11 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ frameRate: { num: 30_000, den: 1001 } }, 'W4 H2 F30000:1001 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ visibleRect: { x: 2, y: 0, width: 2, height: 1 } }, 'W2 H1 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED'],
    [{ format: 'I422', chromaLocation: 'center' }, 'W4 H2 F25:1 Ip A1:1 C422 XCOLORRANGE=LIMITED'],
    [{ format: 'I444' }, 'W4 H2 F25:1 Ip A1:1 C444 XCOLORRANGE=LIMITED'],
    [{ format: 'I444A' }, 'W4 H2 F25:1 Ip A1:1 C444alpha XCOLORRANGE=LIMITED'],
    [{ format: 'I420P10' }, 'W4 H2 F25:1 Ip A1:1 C420p10 XCOLORRANGE=LIMITED'],
    [{ format: 'I422P12' }, 'W4 H2 F25:1 Ip A1:1 C422p12 XCOLORRANGE=LIMITED'],
    [{ format: 'I444P16' }, 'W4 H2 F25:1 Ip A1:1 C444p16 XCOLORRANGE=LIMITED'],
    [{ format: 'I422P10', bitDepths: { luma: 9, chroma: 9 } }, 'W4 H2 F25:1 Ip A1:1 C422p9 XCOLORRANGE=LIMITED'],
    [{ format: 'I422P10', bitDepths: { luma: 8, chroma: 10 } }, 'W4 H2 F25:1 Ip A1:1 C422p10 XCOLORRANGE=LIMITED'],
    [{ format: 'GREY' }, 'W4 H2 F25:1 Ip A1:1 Cmono XCOLORRANGE=LIMITED'],
    [{ format: 'GREYP10' }, 'W4 H2 F25:1 Ip A1:1 Cmono10 XCOLORRANGE=LIMITED'],
  ])('says what %j is', (properties, expected) => {
    expect(headerOf(properties)).toBe(`YUV4MPEG2 ${expected}\n`);
  });

  it('takes one unit of the timebase for a frame where there is no frame rate', () => {
    expect(headerOf({}, { timebase: { num: 1001, den: 60_000 } })).toContain(' F60000:1001 ');
  });

  it('refuses formats that YUV4MPEG2 has no word for, by name', () => {
    const known = /^(I4\d\d(P\d+)?|I444A|GREY(P\d+)?)$/;
    for (const format of pixelFormats.keys()) {
      if (known.test(format)) expect(headerOf({ format })).toContain(' C');
      else expect(() => headerOf({ format })).toThrow(`Expected a planar YUV or grey frame but received ${format}`);
    }
  });
});

describe('FrameToYUV4MPEG', () => {
  it('writes one header, then FRAME and the planes of each frame', async () => {
    const frames = [letters('abcdefghIJKL'), letters('mnopqrstUVWX')];
    expect(await written(new FrameToYUV4MPEG(), frames)).toEqual([
      HEADER,
      'FRAME\nabcdefghIJKL',
      'FRAME\nmnopqrstUVWX',
    ]);
  });

  it('leaves out what is not visible, and the gaps between rows', async () => {
    const visibleRect = { x: 2, y: 2, width: 3, height: 2 };
    const frame = painted(
      pool,
      { format: 'I420', codedWidth: 8, codedHeight: 6, visibleRect },
      (plane, x, y) => 48 + 16 * plane + (plane === 0 ? 8 * (y - 2) : 4 * (y - 1)) + x,
    );
    // Luma rows 2 and 3 from column 2; chroma row 1 from column 1: 48 + 2, 48 + 8 + 2, 64 + 1, 80 + 1.
    expect(await written(new FrameToYUV4MPEG(), [frame])).toEqual([
      'YUV4MPEG2 W3 H2 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n',
      'FRAME\n234:;<ABQR',
    ]);
  });

  it('writes both fields of an interlaced frame in the order of their rows', async () => {
    const colorSpace = { primaries: null, transfer: null, matrix: null, fullRange: true } as const;
    const frame = frameOf(pool, { format: 'GREY', codedWidth: 1, codedHeight: 4, fields: 'bff', colorSpace }, [
      [[65], [66], [67], [68]],
    ]);
    expect(await written(new FrameToYUV4MPEG(), [frame])).toEqual([
      'YUV4MPEG2 W1 H4 F25:1 Ib A1:1 Cmono XCOLORRANGE=FULL\n',
      'FRAME\nABCD',
    ]);
  });

  it('writes samples over 8 bits as 16-bit little-endian', async () => {
    const frame = frameOf(pool, { format: 'I422P10', codedWidth: 2, codedHeight: 1 }, [
      [[0x0040, 0x03ac]],
      [[0x0200]],
      [[0x03ff]],
    ]);
    expect(await written(new FrameToYUV4MPEG(), [frame])).toEqual([
      'YUV4MPEG2 W2 H1 F25:1 Ip A1:1 C422p10 XCOLORRANGE=LIMITED\n',
      'FRAME\n\x40\x00\xac\x03\x00\x02\xff\x03',
    ]);
  });

  it('writes nothing where there was no frame', async () => {
    expect(await written(new FrameToYUV4MPEG(), [])).toEqual([]);
  });

  it.each<[string, Partial<VideoProperties>]>([
    ['I420 4x4', { codedHeight: 4 }],
    ['I422 4x2', { format: 'I422' }],
    ['I420P10 4x2', { format: 'I420P10' }],
    ['I420 3x2', { visibleRect: { x: 0, y: 0, width: 3, height: 2 } }],
  ])('ends with an error at a frame of another format, %s, with all frames closed', async (name, properties) => {
    const frames = [letters('abcdefghIJKL'), letters('abcdefghIJKL', properties), letters('mnopqrstUVWX')];
    const run = drive(new FrameToYUV4MPEG());
    run.inbox.send(...frames.slice(0, 1));
    await run.settle();
    run.inbox.send(...frames.slice(1));
    await expect(run.finish()).rejects.toThrow(
      `FrameToYUV4MPEG: Expected frames of I420 4x2 throughout but received ${name}`,
    );
    expect(run.outbox.messages.map(latin1)).toEqual([HEADER, 'FRAME\nabcdefghIJKL']);
    expect(frames.every(({ closed }) => closed)).toBe(true);
  });

  it('says once when frames no longer are what the header said, and goes on', async () => {
    const changed = { fields: 'tff', frameRate: { num: 50, den: 1 } } as const;
    const frames = [letters('abcdefghIJKL'), letters('mnopqrstUVWX', changed), letters('mnopqrstUVWX', changed)];
    const run = drive(new FrameToYUV4MPEG(), { inbox: frames });
    await run.finish();
    expect(run.outbox.messages.map(latin1)).toEqual([HEADER, ...['a', 'm', 'm'].map((a) => expect.stringMatching(a))]);
    expect(run.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: frames changed to W4 H2 F50:1 It A1:1 C420mpeg2 XCOLORRANGE=LIMITED, but the header of a YUV4MPEG2 ' +
        'stream cannot change: it says W4 H2 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED',
    ]);
  });

  it('refuses a frame that it cannot write, before any byte', async () => {
    const frame = painted(pool, { format: 'RGBA', codedWidth: 4, codedHeight: 2 }, () => 0);
    const run = drive(new FrameToYUV4MPEG(), { inbox: [frame] });
    await expect(run.finish()).rejects.toThrow(
      'FrameToYUV4MPEG: Expected a planar YUV or grey frame but received RGBA',
    );
    expect(run.outbox.messages).toEqual([]);
    expect(frame.closed).toBe(true);
  });
});

describe('FrameToRawPlanar', () => {
  it('writes the planes of each frame and nothing else', async () => {
    const frames = [letters('abcdefghIJKL'), letters('mnopqrstUVWX', { fields: 'tff' })];
    expect(await written(new FrameToRawPlanar(), frames)).toEqual(['abcdefghIJKL', 'mnopqrstUVWX']);
  });

  it('writes any format, interleaved planes as they are', async () => {
    const frame = frameOf(pool, { format: 'NV12', codedWidth: 2, codedHeight: 2 }, [
      [
        [65, 66],
        [67, 68],
      ],
      [[69, 70]],
    ]);
    expect(await written(new FrameToRawPlanar(), [frame])).toEqual(['ABCDEF']);
  });

  it('ends with an error at a frame of another size', async () => {
    const run = drive(new FrameToRawPlanar());
    run.inbox.send(letters('abcdefghIJKL'));
    await run.settle();
    run.inbox.send(letters('', { codedWidth: 6 }));
    await expect(run.finish()).rejects.toThrow(
      'FrameToRawPlanar: Expected frames of I420 4x2 throughout but received I420 6x2',
    );
    expect(run.outbox.messages.map(latin1)).toEqual(['abcdefghIJKL']);
    expect(held()).toBe(0);
  });
});

describe('packedPlanes', () => {
  it('gives ordinary memory of its own, behind a prefix where one is wanted', () => {
    using frame = letters('abcdefghIJKL');
    const packed = packedPlanes(frame, Uint8Array.of(33, 63));
    expect(latin1(packed)).toBe('!?abcdefghIJKL');
    expect(packed.buffer).toBeInstanceOf(ArrayBuffer);
    expect(packed.buffer.byteLength).toBe(14);
    expect(latin1(packedPlanes(frame))).toBe('abcdefghIJKL');
  });
});

describe('FrameMd5Lines', () => {
  const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

  it('writes the header before the first frame and one line a frame', () => {
    const lines = new FrameMd5Lines();
    const text = [0, 1].map((pts) => {
      using frame = frameOf(pool, { format: 'GREY', codedWidth: 3, codedHeight: 1 }, [[[97, 98, 99]]], { pts });
      return lines.add(frame);
    });
    expect(text.join('')).toBe(`\
#format: frame checksums
#version: 2
#hash: MD5
#tb 0: 1/25
#media_type 0: video
#codec_id 0: rawvideo
#dimensions 0: 3x1
#sar 0: 1/1
#stream#, dts,        pts, duration,     size, hash
0,          0,          0,        1,        3, 900150983cd24fb0d6963f7d28e17f72
0,          1,          1,        1,        3, 900150983cd24fb0d6963f7d28e17f72
`);
  });

  it('writes the size of the visible part, the sample aspect and the times as they are', () => {
    const visibleRect = { x: 0, y: 0, width: 5, height: 3 };
    const properties = { format: 'I422P10', codedWidth: 8, codedHeight: 4, visibleRect } as const;
    const times = { pts: 90_000, duration: 3600, timebase: { num: 1, den: 90_000 } };
    using frame = painted(pool, { ...properties, pixelAspect: { num: 12, den: 11 } }, () => 0, times);
    const [, , , tb, , , dimensions, sar, , line] = new FrameMd5Lines().add(frame).split('\n');
    expect([tb, dimensions, sar]).toEqual(['#tb 0: 1/90000', '#dimensions 0: 5x3', '#sar 0: 12/11']);
    expect(line).toBe(`0,      90000,      90000,     3600,       66, ${md5(new Uint8Array(66))}`);
  });
});

describe.skipIf(spawnSync('ffmpeg', ['-version']).error !== undefined)('ffmpeg (needs it on PATH)', () => {
  it.each(['I420', 'I422', 'I444', 'GREY', 'I420P10', 'I422P12', 'I444P16', 'GREYP10'] as const)(
    'reads %s as it was written and gives the same framemd5',
    async (format) => {
      const properties = { format, codedWidth: 34, codedHeight: 17, pixelAspect: { num: 12, den: 11 } } as const;
      const frames = [0, 1, 2].map((pts) =>
        painted(pool, properties, (plane, x, y) => (x * 5 + y * 3 + plane * 40 + pts * 7) & 255, { pts }),
      );
      const lines = new FrameMd5Lines();
      const expected = frames.map((frame) => lines.add(frame)).join('');
      const run = drive(new FrameToYUV4MPEG(), { inbox: frames });
      await run.finish();
      const input = Buffer.concat(run.outbox.messages);
      const options = ['-v', 'error', '-f', 'yuv4mpegpipe', '-strict', '-1', '-i', '-'];
      const { stdout, stderr } = spawnSync('ffmpeg', [...options, '-f', 'framemd5', '-'], { input, encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout.replace(/#software: .*\n/, '')).toBe(expected);
    },
  );
});
