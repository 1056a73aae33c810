// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Component, ComponentError, Pipeline, type Steps } from '@kamaelia/axon';
import { drive, virtualClock } from '@kamaelia/axon/testing';
import { FrameHash, frameDigest, type VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { DiracDecoder, type DiracDecoderOptions, DiracError, DiracProbe } from './index.js';

const root = join(import.meta.dirname, '..', '..', '..');
const testcard = readFileSync(join(root, 'examples', 'media', 'testcard.drc'));
const TESTCARD_MD5 = '133c0f7c48baa6e68e9998a43058f04c';
const shared = process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared');
const streams = join(shared, 'streams', 'dirac');
const withStreams = existsSync(streams);

function* pieces(bytes: Uint8Array, size = 65_536): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Decoded {
  md5: string;
  frames: number;
  damaged: number;
  decoder: DiracDecoder;
  logs: string[];
}

async function decode(bytes: Uint8Array, options: DiracDecoderOptions = {}, chunk?: number): Promise<Decoded> {
  const decoder = new DiracDecoder({ threads: 1, ...options });
  const hash = new FrameHash();
  const logs: string[] = [];
  let damaged = 0;
  const sink = (frame: VideoFrame) => {
    hash.add(frame);
    if (frame.damaged) damaged++;
    frame.close();
  };
  await Pipeline(pieces(bytes, chunk), decoder, sink).run({ onLog: ({ message }) => logs.push(message) });
  return { md5: hash.digest(), frames: hash.frames, damaged, decoder, logs };
}

async function failureOf(bytes: Uint8Array, options?: DiracDecoderOptions): Promise<ComponentError> {
  const error = await decode(bytes, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ComponentError);
  return error as ComponentError;
}

class Leaver extends Component {
  readonly inbox = this.in<VideoFrame>('inbox');
  taken = 0;
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        this.inbox.recv().close();
        if (++this.taken === this.#most) return;
      }
      yield;
    }
  }
}

function shuffledBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = 1; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** An interleaved exp-Golomb code. */
/** A sequence header of version 2.2 and base format 0 with these source parameters (10.3), and an end of sequence. */
function streamOfHeader(sourceParameters: string): Uint8Array {
  const bits = [2, 2, 8, 0, 0].map(golomb).join('') + sourceParameters + golomb(0);
  const payload = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? [];
  const header = [0x42, 0x42, 0x43, 0x44, 0, 0, 0, 0, 13 + payload.length, 0, 0, 0, 0, ...payload];
  return Uint8Array.from([...header, 0x42, 0x42, 0x43, 0x44, 0x10, 0, 0, 0, 0, 0, 0, 0, 0]);
}

function golomb(value: number): string {
  const [, ...digits] = (value + 1).toString(2);
  return `${digits.map((digit) => `0${digit}`).join('')}1`;
}

describe('DiracDecoder', () => {
  it('decodes the test card to the published samples, at any number of threads', { timeout: 120_000 }, async () => {
    for (const threads of [1, 2, 5]) {
      const { md5, frames, decoder } = await decode(testcard, { threads });
      expect({ md5, frames }).toEqual({ md5: TESTCARD_MD5, frames: 300 });
      expect(decoder.stats).toMatchObject({
        bytes: testcard.length,
        pictures: 300,
        delivered: 300,
        damaged: 0,
        framesHeld: 0,
      });
    }
  });

  it.skipIf(!withStreams)('gives each frame of the test card the digest of its list (needs ../shared)', async () => {
    const lines = readFileSync(join(shared, 'streams', 'samples', 'testcard.md5.txt'), 'utf8')
      .trim()
      .split('\n');
    const digests: string[] = [];
    const sink = (frame: VideoFrame) => {
      digests.push(`${frame.pts} ${frameDigest(frame)}`);
      frame.close();
    };
    await Pipeline(pieces(testcard), new DiracDecoder(), sink).run();
    expect(digests).toEqual(lines.map((line) => line.trim().split(/\s+/).join(' ')));
  });

  it.skipIf(!withStreams)('decodes 4:2:2 and 4:4:4 to the published samples (needs ../shared)', async () => {
    const manifest = readFileSync(join(streams, 'MANIFEST.tsv'), 'utf8').split('\n');
    const [columns = [], ...rows] = manifest.map((line) => line.split('\t'));
    for (const [file, format] of [
      ['dr_422.drc', 'I422'],
      ['schro_422_inter.drc', 'I422'],
      ['schro_444_inter.drc', 'I444'],
      ['dr_size173x141_444.drc', 'I444'],
    ]) {
      const expected = rows.find(([name]) => name === file)?.[columns.indexOf('md5')];
      const bytes = readFileSync(join(streams, file ?? ''));
      const probe = new DiracProbe();
      probe.push(bytes);
      expect(probe.finish().format).toBe(format);
      expect((await decode(bytes)).md5, file).toBe(expected);
    }
  });

  it('describes each frame: times, format, colour, rate', async () => {
    const seen: unknown[] = [];
    const sink = (frame: VideoFrame) => {
      const { pts, timebase, timestamp, keyframe, format, codedWidth, codedHeight, frameRate, fields } = frame;
      if (seen.length < 2) {
        seen.push({ pts, timebase, timestamp, keyframe, format, codedWidth, codedHeight, frameRate, fields });
      }
      frame.close();
    };
    await Pipeline(pieces(testcard), new DiracDecoder(), sink).run();
    const common = { format: 'I420', codedWidth: 640, codedHeight: 360, fields: 'progressive' };
    const times = { timebase: { num: 1, den: 25 }, frameRate: { num: 25, den: 1 } };
    expect(seen).toEqual([
      { pts: 0, timestamp: 0, keyframe: true, ...common, ...times },
      { pts: 1, timestamp: 40_000, keyframe: false, ...common, ...times },
    ]);
  });

  it('continues the time line over joined streams and marks where the second begins', async () => {
    const twice = Buffer.concat([testcard, testcard]);
    const marks: number[] = [];
    let last = -1;
    const sink = (frame: VideoFrame) => {
      expect(frame.pts).toBe(++last);
      if (frame.discontinuity) marks.push(frame.pts);
      frame.close();
    };
    const decoder = new DiracDecoder();
    await Pipeline(pieces(twice), decoder, sink).run();
    expect({ marks, last }).toEqual({ marks: [300], last: 599 });
    expect(decoder.stats?.sequences).toBe(2);
  });

  it('does not decode ahead of a consumer that takes nothing, and loses nothing by it', async () => {
    const decoder = new DiracDecoder({ threads: 1 });
    const run = drive(decoder, { inbox: pieces(testcard) }, { held: true });
    await run.settle();
    expect(decoder.stats?.delivered).toBeLessThan(100);
    let frames = 0;
    for (let batch: VideoFrame[]; frames < 300; frames += batch.length) {
      run.outbox.take(20);
      await run.settle();
      batch = run.outbox.messages.splice(0);
      expect(batch).toHaveLength(20);
      for (const frame of batch) frame.close();
    }
    run.outbox.take();
    await run.done;
    expect(frames).toBe(300);
  });

  it('is idle after bytes that are none', async () => {
    const run = drive(new DiracDecoder({ threads: 1 }));
    run.inbox.send(new Uint8Array(0));
    await run.settle();
    run.inbox.send(testcard.subarray(0, 100_000), new Uint8Array(0));
    await run.settle();
    expect(run.outbox.messages.length).toBeGreaterThan(10);
    run.inbox.close();
    await run.finish();
    for (const frame of run.outbox.messages) frame.close();
  });

  it('is not idle while it works on bytes that came just as it asked for more', async () => {
    const first = testcard.subarray(0, 30_000);
    const second = testcard.subarray(30_000, 200_000);
    const alone = drive(new DiracDecoder({ threads: 1 }), { inbox: [testcard.subarray(0, 200_000)] });
    await alone.finish();
    const decoder = new DiracDecoder({ threads: 1 });
    const run = drive(decoder);
    run.inbox.send(first);
    while ((decoder.stats?.pictures ?? 0) < 1) await new Promise(setImmediate);
    // From here on no turn of the event loop passes until the bytes are used up and the decoder has said so.
    for (let before = -1; before !== decoder.stats?.pictures; ) {
      before = decoder.stats?.pictures ?? 0;
      for (const end = performance.now() + 150; performance.now() < end; );
    }
    run.inbox.send(second);
    await run.settle();
    expect(decoder.stats?.bytes).toBe(200_000);
    expect(run.outbox.messages.length).toBeGreaterThan(alone.outbox.messages.length - 10);
    run.inbox.close();
    await run.finish();
    expect(run.outbox.messages).toHaveLength(alone.outbox.messages.length);
    for (const frame of run.outbox.messages) frame.close();
    for (const frame of alone.outbox.messages) frame.close();
  });

  it('runs on the virtual clock like any component', async () => {
    const clock = virtualClock();
    const times: number[] = [];
    const paced = async (frame: VideoFrame) => {
      times.push(clock.now());
      frame.close();
    };
    const graph = Pipeline(pieces(testcard), new DiracDecoder(), paced).activate({ clock });
    await clock.settle();
    await graph.done;
    expect(times).toHaveLength(300);
    expect(new Set(times)).toEqual(new Set([clock.now()]));
  });

  it('gives every frame back when the consumer leaves early', async () => {
    const decoder = new DiracDecoder();
    const leaver = new Leaver(5);
    await Pipeline(pieces(testcard), decoder, leaver).run();
    expect(leaver.taken).toBe(5);
    expect(decoder.stats?.pool.leaked).toBe(0);
    expect(decoder.stats?.framesHeld).toBe(0);
  });

  it('counts no damage for the picture that an early end breaks off', async () => {
    for (let taken = 1; taken <= 12; taken++) {
      const logs: string[] = [];
      const decoder = new DiracDecoder({ threads: 2 });
      await Pipeline(pieces(testcard), decoder, new Leaver(taken)).run({ onLog: ({ message }) => logs.push(message) });
      expect(decoder.stats).toMatchObject({ damaged: 0, skippedPictures: 0 });
      expect(logs.filter((line) => line.includes('damaged'))).toEqual([]);
    }
  });

  it('takes more picture memory when those downstream cannot give any back, and says so once', async () => {
    const held: VideoFrame[] = [];
    const logs: string[] = [];
    const decoder = new DiracDecoder();
    const hoard = (frame: VideoFrame) => {
      held.push(frame);
      if (held.length > 40) held.shift()?.close();
    };
    await Pipeline(pieces(testcard), decoder, hoard).run({ onLog: ({ message }) => logs.push(message) });
    expect(decoder.stats?.delivered).toBe(300);
    expect(decoder.stats?.pool.slots).toBeGreaterThan(40);
    expect(logs.filter((line) => line.includes('grew to'))).toHaveLength(1);
    for (const frame of held) frame.close();
  });

  it('fails with the name of its pool when every frame stays held at the ceiling', async () => {
    const held: VideoFrame[] = [];
    const decoder = new DiracDecoder({ maxFrames: 20 });
    const graph = Pipeline(pieces(testcard), decoder, (frame: VideoFrame) => {
      held.push(frame);
    });
    await expect(graph.run({ onLog: () => {} })).rejects.toThrow(
      /^Pipeline-\d+\/DiracDecoder-\d+: FramePool: Expected a free frame of 20 in .*DiracDecoder-\d+ but all are held/,
    );
    for (const frame of held) frame.close();
  });

  it('waits, without more memory, for a consumer that is only slow', async () => {
    const decoder = new DiracDecoder({ threads: 1 });
    const slow = async (frame: VideoFrame) => {
      await new Promise((resolve) => setImmediate(resolve));
      frame.close();
    };
    await Pipeline(pieces(testcard), decoder, slow).run();
    expect(decoder.stats).toMatchObject({ delivered: 300, pool: { grown: 0, leaked: 0 } });
  });
});

describe('DiracDecoder given something else', () => {
  it('says that an empty input has no sequence header', async () => {
    const error = await failureOf(new Uint8Array(0));
    expect(error.message).toMatch(/DiracDecoder-\d+: DiracDecoder: Expected a Dirac stream but received no sequence/);
    expect(error.cause).toMatchObject({ name: 'DiracError', code: 'NO_SEQUENCE_HEADER' });
  });

  it('gives up within the first MiB of something that is no Dirac stream', async () => {
    const error = await failureOf(shuffledBytes(4 << 20));
    expect(error.cause).toBeInstanceOf(DiracError);
    expect(error.cause).toMatchObject({ code: 'NO_SEQUENCE_HEADER' });
    expect((error.cause as DiracError).position).toBeLessThanOrEqual(2 << 20);
  });

  it('decodes a truncated stream to its last whole picture', async () => {
    const { frames, md5 } = await decode(testcard.subarray(0, testcard.length >> 1));
    expect(frames).toBeGreaterThan(100);
    expect(frames).toBeLessThan(200);
    expect(md5).not.toBe(TESTCARD_MD5);
  });

  // The test card begins with a parse info of 13 bytes and a sequence header of 16.
  it('needs a whole sequence header, and makes no frame of anything short of a picture', async () => {
    for (let length = 1; length < 29; length++) {
      const { cause } = await failureOf(testcard.subarray(0, length));
      expect(cause, `${length} bytes`).toMatchObject({ code: 'NO_SEQUENCE_HEADER' });
    }
    for (const length of [29, 33, 42, 64]) {
      const { frames, decoder } = await decode(testcard.subarray(0, length));
      expect({ frames, held: decoder.stats?.framesHeld }, `${length} bytes`).toEqual({ frames: 0, held: 0 });
    }
  });

  it('goes on behind a gap, marks what is damaged, and counts and logs it', async () => {
    const joined = Buffer.concat([testcard.subarray(0, 300_000), testcard.subarray(420_000)]);
    const { frames, damaged, decoder, logs } = await decode(joined);
    const stats = decoder.stats;
    expect(frames).toBeGreaterThan(100);
    expect(frames).toBeLessThan(300);
    expect(damaged).toBe(stats?.damaged);
    expect((stats?.damaged ?? 0) + (stats?.skippedPictures ?? 0) + (stats?.lostSync ?? 0)).toBeGreaterThan(0);
    expect(logs.some((line) => line.startsWith('damaged input'))).toBe(true);
  });

  it('finds a stream behind garbage', async () => {
    const { md5, decoder } = await decode(Buffer.concat([shuffledBytes(100_000), testcard]));
    expect(md5).toBe(TESTCARD_MD5);
    expect(decoder.stats?.bytesSkipped).toBe(100_000);
  });

  it('refuses pictures above maxPixels by the name of the option', async () => {
    const error = await failureOf(testcard, { maxPixels: 640 * 359 });
    expect(error.message).toContain(`Expected pictures of at most ${640 * 359} pixels (option maxPixels)`);
    expect(error.cause).toMatchObject({ code: 'LIMIT' });
  });

  it('names the limit that holds when maxPixels is beyond it', async () => {
    const size = `1${golomb(32_768)}${golomb(16_384)}0000000`;
    const { message } = await failureOf(streamOfHeader(size), { maxPixels: Number.MAX_SAFE_INTEGER });
    expect(message).toContain(`Expected pictures of at most ${2 ** 28} pixels (option maxPixels)`);
  });

  it('refuses pictures of which one is more than maxBytes by the name of the option', async () => {
    const { message } = await failureOf(testcard, { maxBytes: 300_000 });
    expect(message).toContain('FramePool: Expected frames of at most 300000 bytes (maxBytes) but received 3');
  });

  it('refuses samples of a depth that it has no format for', async () => {
    const range = `0000001${[0, 0, 127, 64, 127].map(golomb).join('')}0`;
    const error = await failureOf(streamOfHeader(range));
    expect(error.message).toContain('Expected samples of 8 to 16 bits and a known quantisation matrix but received');
    expect(error.cause).toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('refuses messages that are no bytes', async () => {
    const graph = Pipeline(['text'] as unknown as Uint8Array[], new DiracDecoder(), () => {});
    await expect(graph.run()).rejects.toThrow(
      /DiracDecoder: Expected a Uint8Array or an EncodedChunk for inbox but received "text"/,
    );
  });

  it('refuses options out of range', () => {
    for (const threads of [0, 65, 1.5, Number.NaN, '2' as unknown as number]) {
      expect(() => new DiracDecoder({ threads })).toThrow(/^DiracDecoder: Expected an integer of 1 to 64 for threads/);
    }
    expect(() => new DiracDecoder({ maxPixels: -1 })).toThrow(RangeError);
    expect(() => new DiracDecoder({ maxFrames: 0 })).toThrow(RangeError);
    expect(() => new DiracDecoder({ maxBytes: 0.5 })).toThrow(RangeError);
    expect(() => new DiracDecoder({ missingReferences: 'grey' as unknown as 'skip' })).toThrow(
      'DiracDecoder: Expected "skip" or "substitute" for missingReferences but received "grey"',
    );
    expect(() => new DiracDecoder({ quantiserDialect: 'old' as unknown as 'legacy' })).toThrow(TypeError);
    expect(() => new DiracDecoder({ lowBand: 1 as unknown as boolean })).toThrow(TypeError);
    expect(() => new DiracDecoder({ lowDelay: 1 as unknown as boolean })).toThrow(TypeError);
  });
});
