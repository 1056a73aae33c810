// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { type EncodedChunk, FrameHash, type VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { DiracDecoder, DiracParser } from './index.js';

const root = join(import.meta.dirname, '..', '..', '..');
const testcard = readFileSync(join(root, 'examples', 'media', 'testcard.drc'));
const TESTCARD_MD5 = '133c0f7c48baa6e68e9998a43058f04c';
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');
const withStreams = existsSync(streams);

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function parse(bytes: Uint8Array, size = 65_536): Promise<EncodedChunk[]> {
  const chunks: EncodedChunk[] = [];
  await Pipeline(pieces(bytes, size), new DiracParser(), (chunk) => {
    chunks.push(chunk);
  }).run();
  return chunks;
}

describe('DiracParser', () => {
  it('gives a chunk a frame, all bytes of the stream among them', async () => {
    const chunks = await parse(testcard);
    expect(chunks).toHaveLength(300);
    expect(Buffer.concat(chunks.map(({ data }) => data)).equals(testcard)).toBe(true);
    expect(chunks.filter(({ keyframe }) => keyframe)).toHaveLength(3);
    expect(chunks.filter(({ discontinuity }) => discontinuity)).toHaveLength(0);
  });

  it('times them by picture numbers, decoding never after showing', async () => {
    const chunks = await parse(testcard);
    expect(new Set(chunks.map(({ pts }) => pts))).toEqual(new Set(Array.from({ length: 300 }, (_, i) => i)));
    expect(chunks.map(({ dts }) => dts)).toEqual(Array.from({ length: 300 }, (_, i) => i - 4));
    for (const { pts, dts, duration, timebase } of chunks) {
      expect(dts).toBeLessThanOrEqual(pts);
      expect({ duration, timebase }).toEqual({ duration: 1, timebase: { num: 1, den: 25 } });
    }
    // Pictures come in coding order.
    expect(chunks.slice(0, 3).map(({ pts }) => pts)).not.toEqual([0, 1, 2]);
  });

  it('gives the same for any cutting of the input', async () => {
    const some = testcard.subarray(0, 40_000);
    expect(await parse(some, 7)).toEqual(await parse(some));
  });

  it('goes on counting in a further sequence, and marks it', async () => {
    const chunks = await parse(Buffer.concat([testcard, testcard]));
    expect(chunks).toHaveLength(600);
    expect(chunks.flatMap(({ discontinuity }, i) => (discontinuity ? [i] : []))).toEqual([300]);
    expect(new Set(chunks.map(({ pts }) => pts)).size).toBe(600);
    expect(Math.max(...chunks.map(({ pts }) => pts))).toBe(599);
  });

  it('has no chunk for what is no Dirac stream, and refuses what are no bytes', async () => {
    expect(await parse(new Uint8Array(1000))).toEqual([]);
    const graph = Pipeline([5] as unknown as Uint8Array[], new DiracParser(), () => {});
    await expect(graph.run()).rejects.toThrow('DiracParser: Expected a Uint8Array for inbox but received number');
  });

  it('makes chunks that decode to the same samples, with their times', async () => {
    const hash = new FrameHash();
    const times: number[] = [];
    const late = (chunk: EncodedChunk): EncodedChunk => ({
      ...chunk,
      pts: 1000 + 3600 * chunk.pts,
      duration: 3600,
      timebase: { num: 1, den: 90_000 },
    });
    await Pipeline(pieces(testcard, 65_536), new DiracParser(), late, new DiracDecoder(), (frame: VideoFrame) => {
      hash.add(frame);
      times.push(frame.pts);
      expect({ duration: frame.duration, timebase: frame.timebase }).toEqual({
        duration: 3600,
        timebase: { num: 1, den: 90_000 },
      });
      frame.close();
    }).run();
    expect(hash.digest()).toBe(TESTCARD_MD5);
    expect(times).toEqual(Array.from({ length: 300 }, (_, i) => 1000 + 3600 * i));
  });

  it.skipIf(!withStreams)('keeps fields and fragments of a frame together (needs ../shared)', async () => {
    for (const [file, frames] of [
      ['dr_field.drc', 8],
      ['schro_interlaced_intra.drc', 8],
      ['bbc_hq_fields_dd137.vc2', 3],
      ['bbc_hq_fragments.vc2', 3],
      ['x_multiseq_same_size.drc', 29],
    ] as const) {
      const chunks = await parse(readFileSync(join(streams, file)));
      expect(chunks.length, file).toBe(frames);
      expect(new Set(chunks.map(({ pts }) => pts)).size, file).toBe(frames);
      const times: number[] = [];
      await Pipeline(chunks, new DiracDecoder(), (frame: VideoFrame) => {
        times.push(frame.pts);
        expect(frame.damaged, file).toBe(false);
        frame.close();
      }).run();
      expect(times, file).toEqual(Array.from({ length: frames }, (_, i) => i));
    }
  });
});
