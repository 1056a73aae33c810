// SPDX-License-Identifier: Apache-2.0
import { Component, Pipeline, type Steps } from '@kamaelia/axon';
import { describe, expect, it } from 'vitest';
import { painted, quietPool, timebase } from '../test/frames.js';
import { MediaError, type VideoFrame } from './index.js';

const pool = quietPool();
const shape = { format: 'I420', codedWidth: 8, codedHeight: 4 } as const;

describe('VideoFrame', () => {
  it('has the plain meaning for everything that was not said', () => {
    using frame = pool.acquire(shape, { pts: 3, timebase });
    const { visibleRect, displayWidth, displayHeight, colorSpace, pixelAspect, frameRate, fields, chromaLocation } =
      frame;
    expect({ visibleRect, displayWidth, displayHeight }).toEqual({
      visibleRect: { x: 0, y: 0, width: 8, height: 4 },
      displayWidth: 8,
      displayHeight: 4,
    });
    expect(colorSpace).toEqual({ primaries: null, transfer: null, matrix: null, fullRange: false });
    expect([pixelAspect, frameRate, fields, chromaLocation]).toEqual([
      { num: 1, den: 1 },
      undefined,
      'progressive',
      'left',
    ]);
    const { duration, damaged, discontinuity, keyframe, timecode, sideData, lowBand } = frame;
    expect([duration, damaged, discontinuity, keyframe]).toEqual([1, false, false, false]);
    expect([timecode, sideData, lowBand]).toEqual([undefined, [], undefined]);
  });

  it('shows the visible part in square pixels, at least one', () => {
    const visibleRect = { x: 2, y: 0, width: 5, height: 3 };
    using wide = pool.acquire({ ...shape, visibleRect, pixelAspect: { num: 16, den: 11 } }, { pts: 0, timebase });
    // 5 * 16 / 11 = 7.27.
    expect([wide.displayWidth, wide.displayHeight]).toEqual([7, 3]);
    using narrow = pool.acquire({ ...shape, codedWidth: 1, pixelAspect: { num: 1, den: 9 } }, { pts: 0, timebase });
    expect(narrow.displayWidth).toBe(1);
  });

  it.each([
    [1, { num: 1001, den: 30_000 }, 33_367],
    [90_000, { num: 1, den: 90_000 }, 1_000_000],
    [-5, { num: 1, den: 25 }, -200_000],
  ])('has pts %d of %j in microseconds', (pts, base, expected) => {
    using frame = pool.acquire(shape, { pts, timebase: base });
    expect(frame.timestamp).toBe(expected);
  });

  it('gives all that it has to a clone', () => {
    const lowBand = { data: Int16Array.of(1, 2), width: 2, height: 1, level: 2 };
    const timecode = { hours: 10, minutes: 0, seconds: 0, frames: 2, dropFrame: true };
    const sideData = [{ kind: 'dirac-auxiliary', data: Uint8Array.of(7) }];
    const times = { pts: 5, timebase, duration: 2, damaged: true, discontinuity: true, keyframe: true };
    const frame = pool.acquire(shape, { ...times, timecode, sideData, lowBand });
    const clone = frame.clone();
    frame.close();
    expect(clone).toMatchObject({ ...times, timecode, sideData, lowBand, format: 'I420', codedWidth: 8 });
    clone.close();
  });

  it('says nothing of its samples any more once it is closed, but still what it was', () => {
    const frame = painted(pool, shape, () => 1);
    const { planes } = frame;
    expect(frame.planes).toBe(planes);
    expect(frame.closed).toBe(false);
    frame.close();
    expect(frame.closed).toBe(true);
    const uses: Record<string, (frame: VideoFrame) => unknown> = {
      planes: ({ planes }) => planes,
      lowBand: ({ lowBand }) => lowBand,
      'clone()': (frame) => frame.clone(),
      'exclusive()': (frame) => frame.exclusive(),
      'allocationSize()': (frame) => frame.allocationSize(),
    };
    for (const [name, use] of Object.entries(uses)) {
      expect(() => use(frame)).toThrow(`VideoFrame: Expected an open frame for ${name} but it is closed`);
    }
    expect([frame.pts, frame.format, frame.displayWidth]).toEqual([0, 'I420', 8]);
  });

  it('belongs to who takes it: who has sent it can neither use nor send it', async () => {
    const problems: string[] = [];
    class Careless extends Component {
      readonly outbox = this.out<VideoFrame>('outbox');
      readonly other = this.out<VideoFrame>('other');
      override *main(): Steps {
        const frame = painted(pool, shape, () => 7);
        this.outbox.send(frame);
        for (const use of [() => frame.planes, () => frame.clone(), () => this.other.send(frame)]) {
          try {
            use();
          } catch (error) {
            problems.push((error as Error).message);
          }
        }
        yield;
      }
    }
    const seen: unknown[] = [];
    await Pipeline(new Careless(), (frame: VideoFrame) => {
      seen.push(frame.planes[0]?.data[0]);
      frame.close();
    }).run();
    expect(seen).toEqual([7]);
    const box = 'Pipeline-1/Careless-1.outbox';
    expect(problems).toEqual([
      `VideoFrame: Expected a frame of its own for planes but ${box} has sent it; clone() it before`,
      `VideoFrame: Expected a frame of its own for clone() but ${box} has sent it; clone() it before`,
      `Pipeline-1/Careless-1.other: Expected a message that is its own but received VideoFrame that ${box} has sent already; clone() it`,
    ]);
  });

  it('has no low band any more once it is exclusive', () => {
    const lowBand = { data: Int16Array.of(1), width: 1, height: 1, level: 1 };
    using frame = pool.acquire(shape, { pts: 0, timebase, lowBand });
    expect(frame.exclusive().lowBand).toBeUndefined();
  });

  it('has planes of whole rows in shared memory', () => {
    using frame = painted(pool, { format: 'I422P10', codedWidth: 5, codedHeight: 3 }, (plane) => 600 + plane);
    expect(frame.planes.map(({ width, height }) => [width, height])).toEqual([
      [5, 3],
      [3, 3],
      [3, 3],
    ]);
    for (const { data, stride, height } of frame.planes) {
      expect(data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(data.length).toBe(stride * height);
      expect(data[stride]! + 256 * data[stride + 1]!).toBeGreaterThanOrEqual(600);
    }
    expect(frame.formatInfo).toMatchObject({ name: 'I422P10', bitDepth: 10 });
  });
});

describe('MediaError', () => {
  it('has a code, a position where one is known, a cause where there is one, and the name of its class', () => {
    class CodecError extends MediaError {}
    const cause = new Error('why');
    const error = new CodecError('what', { code: 'LIMIT', position: 9, cause });
    expect(error).toMatchObject({ name: 'CodecError', message: 'what', code: 'LIMIT', position: 9, cause });
    expect(error).toBeInstanceOf(MediaError);
    const plain = new MediaError('what', { code: 'LIMIT' });
    expect([plain.name, plain.position, 'cause' in plain]).toEqual(['MediaError', undefined, false]);
  });
});
