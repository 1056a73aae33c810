// SPDX-License-Identifier: Apache-2.0
import { Component, group, Pipeline, type Steps } from '@kamaelia/axon';
import { closeWorkerPool, threaded } from '@kamaelia/axon/threads';
import { afterAll, expect, it } from 'vitest';
import { FramePool, type FrameTimes, VideoFrame, type VideoProperties } from './index.js';

const at = (name: string) => new URL(`./test-components/${name}.mjs`, import.meta.url);
const properties: VideoProperties = {
  format: 'I420',
  codedWidth: 64,
  codedHeight: 36,
  pixelAspect: { num: 12, den: 11 },
};
const timesOf = (pts: number): FrameTimes => ({ pts, timebase: { num: 1001, den: 30000 }, duration: 2 });

afterAll(closeWorkerPool);

it('a frame goes to a worker and back in the memory it is in, and its slot is free at the end', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const frames = Array.from({ length: 20 }, (_, n) => {
    const frame = pool.acquire(properties, {
      ...timesOf(n),
      keyframe: n % 4 === 0,
      damaged: n === 3,
      discontinuity: n === 5,
    });
    frame.planes[0]?.data.fill(n);
    return frame;
  });
  const expected = frames.map(describeFrame);
  const memory = frames.map((frame) => frame.planes[0]?.data.buffer);
  const back: VideoFrame[] = [];
  await Pipeline(frames, threaded(at('frame-echo')), threaded(at('frame-echo')), (frame: VideoFrame) => {
    back.push(frame);
  }).run();
  expect(back.map(describeFrame)).toEqual(expected);
  expect(back.map((frame) => frame.planes[0]?.data.buffer)).toEqual(memory);
  expect(back.every((frame, n) => frame.planes[0]?.data.buffer === memory[n])).toBe(true);
  expect(frames.every(({ closed }) => closed)).toBe(true);
  expect(pool.current?.used).toBe(20);
  for (const frame of back) frame.close();
  expect(pool.current?.used).toBe(0);
  expect(pool.stats).toMatchObject({ generations: 1, leaked: 0 });
});

it('what the worker writes is seen here without a copy', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const frame = pool.acquire(properties, timesOf(0));
  const [luma] = frame.planes;
  luma?.data.fill(7);
  await Pipeline([frame], threaded(at('frame-echo'), { what: 'write' }), (got: VideoFrame) => got.close()).run();
  expect(luma?.data[0]).toBe(8);
  expect(pool.current?.used).toBe(0);
});

it('a frame that somebody here reads too is copied before the worker writes', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const frames = [0, 1, 2].map((n) => pool.acquire(properties, timesOf(n)));
  for (const frame of frames) frame.planes[0]?.data.fill(7);
  const kept = frames[2]?.clone() as VideoFrame;
  const seen: number[] = [];
  await Pipeline(frames, threaded(at('frame-echo'), { what: 'write' }), (frame: VideoFrame) => {
    seen.push(frame.planes[0]?.data[0] as number);
    frame.close();
  }).run();
  expect(seen).toEqual([8, 8, 8]);
  expect(kept.planes[0]?.data[0]).toBe(7);
  kept.close();
  expect(pool.current?.used).toBe(0);
});

it('what only some frames have crosses too', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const timecode = { hours: 1, minutes: 2, seconds: 3, frames: 4, dropFrame: true };
  const sideData = [{ kind: 'dirac-auxiliary', data: new Uint8Array(new ArrayBuffer(1000), 10, 3).fill(5) }];
  const lowBand = { data: new Int16Array([1, 2, 3, 4]), width: 2, height: 2, level: 3 };
  const frame = pool.acquire(properties, { ...timesOf(0), timecode, sideData, lowBand });
  const [back] = await collected([frame], threaded(at('frame-echo')));
  expect(back?.timecode).toEqual(timecode);
  expect(back?.sideData).toEqual([{ kind: 'dirac-auxiliary', data: new Uint8Array([5, 5, 5]) }]);
  expect(back?.sideData[0]?.data.buffer.byteLength).toBe(3);
  expect(back?.lowBand).toEqual(lowBand);
  back?.close();
});

it('formats that change, and pools side by side, keep their frames apart', async () => {
  const pools = [new FramePool({ name: 'one' }), new FramePool({ name: 'two' })];
  const widths = [16, 32, 16, 48, 48, 16];
  const frames = widths.map((codedWidth, n) =>
    (pools[n % 2] as FramePool).acquire({ format: 'I422P10', codedWidth, codedHeight: 16 }, timesOf(n)),
  );
  const back = await collected(frames, threaded(at('frame-echo')));
  expect(back.map(({ codedWidth, pts, format }) => [codedWidth, pts, format])).toEqual(
    widths.map((w, n) => [w, n, 'I422P10']),
  );
  for (const frame of back) frame.close();
  for (const pool of pools) expect(pool.current?.used).toBe(0);
});

it.each([0, 1, 5, 17])('an abort in the middle leaks no slot (after %i frames)', async (count) => {
  const pool = new FramePool({ name: 'main', maxFrames: 60, onWarning: () => {} });
  const controller = new AbortController();
  function* source() {
    for (let n = 0; n < 60; n++) yield pool.acquire(properties, timesOf(n));
  }
  let seen = 0;
  const running = Pipeline(source(), threaded(at('frame-echo')), threaded(at('frame-echo')), (frame: VideoFrame) => {
    frame.close();
    if (++seen === count) controller.abort(new Error('enough'));
  }).run({ signal: controller.signal });
  if (count === 0) controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(pool.current?.used ?? 0).toBe(0);
  expect(pool.stats.leaked).toBe(0);
});

/** Sends `count` frames of a pool that has `maxFrames`, and waits for those it lacks. */
class Frugal extends Component {
  readonly outbox = this.out<VideoFrame>('outbox');
  readonly pool: FramePool;
  readonly #count: number;
  readonly #maxFrames: number;

  constructor(count: number, maxFrames: number) {
    super();
    this.pool = new FramePool({ name: 'main', maxFrames, onWarning: () => {} });
    this.#count = count;
    this.#maxFrames = maxFrames;
  }

  override *main(): Steps {
    const { outbox, pool } = this;
    const external = this.external();
    for (let n = 0; n < this.#count; n++) {
      while (!outbox.open || pool.current?.used === this.#maxFrames) yield;
      outbox.send(pool.acquire(properties, timesOf(n)));
      if (pool.current !== undefined) pool.current.onFree ??= () => external.wake();
    }
  }
}

it.each(['throws', 'exits'])(
  'frames in the hands of threads that end, one after another, come back (%s)',
  async (how) => {
    const taken = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT));
    const source = new Frugal(taken.length, 3);
    const careless = () => threaded(at('frame-careless'), { how, taken: taken.buffer }, { ports: { out: {} } });
    const part = group(careless, { supervise: 'restart', max: 100 });
    await Pipeline(source, part).run({ onLog: () => {} });
    // Each was taken once: those that waited for one that ended were handed on.
    expect([...taken]).toEqual(Array.from(taken, () => 1));
    expect(part.restarts).toBe(taken.length);
    expect(source.pool.current?.used).toBe(0);
  },
);

it('a thread that is terminated gives back what its component had', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const frames = [pool.acquire(properties, timesOf(0))];
  const freed = new Promise<number>((resolve) => {
    if (pool.current !== undefined) pool.current.onFree = resolve;
  });
  const controller = new AbortController();
  const component = threaded(at('frame-careless'), { how: 'spins', taken: taken.buffer }, { ports: { out: {} } });
  const running = Pipeline(frames, component).run({ signal: controller.signal, onLog: () => {} });
  while (Atomics.load(taken, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(await freed).toBe(0);
  expect(pool.current?.used).toBe(0);
});

it('a component that ends in order without closing its frames is warned of, and they come back', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const warnings: string[] = [];
  const component = threaded(at('frame-careless'), { taken: taken.buffer }, { ports: { out: {} } });
  await Pipeline([pool.acquire(properties, timesOf(0))], component).run({
    onLog: ({ message }) => warnings.push(message),
  });
  expect(warnings).toEqual([expect.stringContaining('has not let go of 2 messages')]);
  expect(pool.current?.used).toBe(0);
});

it('a producer hears of slots that came free in the worker', async () => {
  const pool = new FramePool({ name: 'main', onWarning: () => {} });
  const frame = pool.acquire(properties, timesOf(0));
  const generation = pool.current;
  const freed = new Promise<number>((resolve) => {
    if (generation !== undefined) generation.onFree = resolve;
  });
  await Pipeline(
    [frame],
    threaded(at('frame-echo'), { what: 'close' }, { ports: { out: ['outbox'] } }),
    () => {},
  ).run();
  expect(await freed).toBe(0);
  expect(generation?.used).toBe(0);
});

it('a worker’s own pool goes on when its frames are closed here', async () => {
  const seen: number[] = [];
  const source = threaded(at('frame-source'), { count: 40, maxFrames: 3 }, { ports: { in: [] } });
  await Pipeline(source, (frame: VideoFrame) => {
    expect(frame).toBeInstanceOf(VideoFrame);
    seen.push(frame.pts);
    frame.close();
  }).run();
  expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n));
});

async function collected(frames: VideoFrame[], part: ReturnType<typeof threaded>): Promise<VideoFrame[]> {
  const back: VideoFrame[] = [];
  await Pipeline(frames, part, (frame: VideoFrame) => {
    back.push(frame);
  }).run();
  return back;
}

function describeFrame(frame: VideoFrame): object {
  const { format, codedWidth, codedHeight, displayWidth, pts, timebase, duration, keyframe, damaged, discontinuity } =
    frame;
  const first = frame.planes.map(({ data, stride, width, height }) => [data[0], data.length, stride, width, height]);
  return {
    format,
    codedWidth,
    codedHeight,
    displayWidth,
    pts,
    timebase,
    duration,
    keyframe,
    damaged,
    discontinuity,
    first,
  };
}
