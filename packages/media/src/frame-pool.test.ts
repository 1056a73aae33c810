// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Component, Pipeline, type Steps } from '@kamaelia/axon';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { garbageCollector } from './collect-garbage.js';
import { FramePool, type FramePoolOptions, layoutFor } from './frame-pool.js';
import type { VideoFrame } from './video-frame.js';

const times = { pts: 0, timebase: { num: 1, den: 25 } };
const small = { format: 'I420', codedWidth: 8, codedHeight: 4 } as const;

function poolWithLog(options: FramePoolOptions = {}): { pool: FramePool; warnings: string[]; errors: string[] } {
  const warnings: string[] = [];
  const errors: string[] = [];
  const pool = new FramePool({
    name: 'Pipeline-1/Decoder-1',
    onWarning: (message) => warnings.push(message),
    onError: (message) => errors.push(message),
    ...options,
  });
  return { pool, warnings, errors };
}

/** Turns of the event loop, each behind a garbage collection, until something is true. */
async function collectUntil(isTrue: () => boolean, most = 100): Promise<void> {
  const collect = garbageCollector();
  for (let turn = 0; turn < most && !isTrue(); turn++) {
    await nextTurn();
    collect?.();
  }
}

function used(pool: FramePool): number {
  return pool.current?.used ?? 0;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('counts', () => {
  it('counts a frame, its clones and gives the slot back with the last of them', () => {
    const { pool } = poolWithLog();
    const frame = pool.acquire(small, times);
    const generation = pool.current!;
    const freed: number[] = [];
    generation.onFree = (slot) => freed.push(slot);
    expect(generation.counts[0]).toBe(1);
    const clone = frame.clone();
    expect(generation.counts[0]).toBe(2);
    frame.close();
    expect(generation.counts[0]).toBe(1);
    expect(freed).toEqual([]);
    clone.close();
    expect(generation.counts[0]).toBe(0);
    expect(freed).toEqual([0]);
  });

  it('gives a count back once, however often a frame is closed', () => {
    const { pool } = poolWithLog();
    const frame = pool.acquire(small, times);
    const clone = frame.clone();
    frame.close();
    frame.close();
    frame[Symbol.dispose]();
    expect(pool.current?.counts[0]).toBe(1);
    clone.close();
  });

  it('uses a slot again, and never one that is counted', () => {
    const { pool } = poolWithLog();
    const first = pool.acquire(small, times);
    const second = pool.acquire(small, times);
    expect(second.planes[0]?.data.buffer).not.toBe(first.planes[0]?.data.buffer);
    const { buffer } = first.planes[0]!.data;
    first.close();
    const third = pool.acquire(small, times);
    expect(third.planes[0]?.data.buffer).toBe(buffer);
    expect(pool.stats.slots).toBe(2);
    second.close();
    third.close();
  });

  it('adopts a slot that native code has counted, and refuses one that is free or not there', () => {
    const { pool } = poolWithLog();
    const generation = pool.configure(layoutFor(small), 2);
    Atomics.store(generation.counts, 1, 2);
    const frame = generation.adopt(1, times);
    frame.close();
    expect(generation.counts[1]).toBe(1);
    generation.release(1);
    expect(generation.used).toBe(0);
    expect(() => generation.adopt(0, times)).toThrow(
      'PoolGeneration: Expected a slot that is counted but received 0, which is free',
    );
    for (const slot of [-1, 2, 0.5]) expect(() => generation.adopt(slot, times)).toThrow(RangeError);
  });
});

describe('exclusive', () => {
  it('is the frame itself where nobody else has it', () => {
    const { pool } = poolWithLog();
    const frame = pool.acquire(small, times);
    expect(frame.exclusive()).toBe(frame);
    frame.close();
  });

  it('is a copy, which others do not see being written, where the count is over one', () => {
    const { pool } = poolWithLog();
    const frame = pool.acquire({ ...small, fields: 'tff' }, { ...times, pts: 9, damaged: true });
    frame.planes.forEach((plane, i) => {
      plane.data.fill(50 + i);
    });
    const other = frame.clone();
    const own = frame.exclusive();
    expect(own).not.toBe(frame);
    expect(frame.closed).toBe(true);
    expect(own.planes.map((plane) => plane.data[0])).toEqual([50, 51, 52]);
    expect([own.pts, own.damaged, own.fields]).toEqual([9, true, 'tff']);
    own.planes[0]!.data[0] = 1;
    expect(other.planes[0]?.data[0]).toBe(50);
    expect(used(pool)).toBe(2);
    own.close();
    other.close();
    expect(used(pool)).toBe(0);
  });

  it('copies when native code still reads the slot', () => {
    const { pool } = poolWithLog();
    const generation = pool.configure(layoutFor(small), 2);
    Atomics.store(generation.counts, 0, 2);
    const frame = generation.adopt(0, times);
    const own = frame.exclusive();
    expect(own).not.toBe(frame);
    own.close();
    expect([...generation.counts.subarray(0, 2)]).toEqual([1, 0]);
  });

  it('leaves the frame open when there is no slot for the copy', () => {
    const { pool } = poolWithLog({ maxFrames: 2 });
    const frame = pool.acquire(small, times);
    const clone = frame.clone();
    const third = pool.acquire(small, times);
    expect(() => frame.exclusive()).toThrow(expect.objectContaining({ code: 'POOL_EXHAUSTED' }));
    expect(frame.closed).toBe(false);
    for (const open of [frame, clone, third]) open.close();
    expect(used(pool)).toBe(0);
  });
});

describe('growth', () => {
  it('adds slots when none is free, counts each time and warns once', () => {
    const { pool, warnings } = poolWithLog();
    const frames = Array.from({ length: 11 }, () => pool.acquire(small, times));
    expect(pool.stats).toMatchObject({ slots: 14, grown: 3, leaked: 0 });
    expect(warnings).toEqual(['FramePool: Pipeline-1/Decoder-1 grew to 6 frames because none was free']);
    for (const frame of frames) frame.close();
    expect(used(pool)).toBe(0);
  });

  it('stops at maxFrames and names who holds how many', () => {
    const { pool } = poolWithLog({ maxFrames: 5 });
    const frames = Array.from({ length: 5 }, () => pool.acquire(small, times));
    for (const frame of frames.slice(0, 3)) frame.heldBy('Pipeline-1/MessageRateLimit-1');
    frames[3]?.heldBy('Pipeline-1/VideoOverlay-1');
    expect(() => pool.acquire(small, times)).toThrow(
      expect.objectContaining({
        code: 'POOL_EXHAUSTED',
        message:
          'FramePool: Expected a free frame of 5 in Pipeline-1/Decoder-1 but all are held: ' +
          'Pipeline-1/MessageRateLimit-1 (3), Pipeline-1/VideoOverlay-1 (1), a component that was not named (1); ' +
          'raise maxFrames or maxBytes, or close frames',
      }),
    );
    for (const frame of frames) frame.close();
    pool.acquire(small, times).close();
  });

  it('knows which component took a frame last, also through others', async () => {
    const { pool } = poolWithLog({ maxFrames: 3 });
    const frames = [0, 1, 2].map((pts) => pool.acquire(small, { ...times, pts }));
    const pass = (frame: VideoFrame) => frame;
    const kept: VideoFrame[] = [];
    class Keeper extends Component {
      inbox = this.in<VideoFrame>('inbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) kept.push(this.inbox.recv());
          yield;
        }
      }
    }
    await Pipeline(frames, pass, new Keeper()).run();
    expect(() => pool.acquire(small, times)).toThrow(/are held: Pipeline-\d+\/Keeper-1 \(3\);/);
    for (const frame of kept) frame.close();
  });

  it('names nobody who has closed his frames, and counts what JavaScript does not have', () => {
    const { pool } = poolWithLog({ maxFrames: 2 });
    const generation = pool.configure(layoutFor(small), 2);
    Atomics.store(generation.counts, 0, 2);
    const frame = generation.adopt(0, times);
    frame.heldBy('gone');
    frame.close();
    Atomics.store(generation.counts, 1, 1);
    expect(generation.exhausted().message).toContain('are held: native code or another thread (2);');
  });

  it('stops at maxBytes', () => {
    const { slotBytes } = layoutFor(small);
    const { pool } = poolWithLog({ maxBytes: 3 * slotBytes + 1 });
    const frames = Array.from({ length: 3 }, () => pool.acquire(small, times));
    expect(pool.stats.bytes).toBe(3 * slotBytes);
    expect(() => pool.acquire(small, times)).toThrow(/all are held/);
    for (const frame of frames) frame.close();
  });

  it('has as many slots as the producer needs at first, whatever the limits', () => {
    const { pool } = poolWithLog({ maxFrames: 3 });
    const generation = pool.configure(layoutFor(small), 7);
    expect(generation.slots).toHaveLength(7);
    expect(generation.capacity).toBe(7);
    expect(generation.grow(1)).toBe(0);
    expect(pool.relieve(generation)).toBe(true);
  });
});

describe('lost frames', () => {
  it('finds a frame that was dropped, gives its slot back, counts it and names who had it', async () => {
    const { pool, warnings } = poolWithLog();
    const drop = () => pool.acquire(small, times).heldBy('Pipeline-1/Careless-1');
    drop();
    expect(used(pool)).toBe(1);
    await collectUntil(() => used(pool) === 0);
    expect(used(pool)).toBe(0);
    expect(pool.stats.leaked).toBe(1);
    expect(warnings).toEqual([
      'FramePool: a frame of Pipeline-1/Decoder-1 was dropped without close() by Pipeline-1/Careless-1',
    ]);
  });

  it('does not take a closed frame, or an open one that somebody has, for lost', async () => {
    const { pool, warnings } = poolWithLog();
    const kept = pool.acquire(small, times);
    const close = () => pool.acquire(small, times).close();
    const drop = () => kept.clone();
    close();
    drop();
    await collectUntil(() => pool.stats.leaked > 0);
    await collectUntil(() => false, 5);
    expect(pool.stats.leaked).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(pool.current?.counts[0]).toBe(1);
    kept.close();
  });

  it('looks for them once more by force before it fails at the ceiling', async () => {
    const { pool } = poolWithLog({ maxFrames: 4 });
    const fill = (): void => {
      for (let i = 0; i < 4; i++) pool.acquire(small, times);
    };
    fill();
    // Engines keep what was made in a job until it ends.
    await nextTurn();
    const frame = pool.acquire(small, times);
    expect(pool.stats.leaked).toBe(4);
    expect(used(pool)).toBe(1);
    frame.close();
    await collectUntil(() => false, 5);
    expect(pool.stats.leaked).toBe(4);
    expect(used(pool)).toBe(0);
  });
});

describe('a change of format', () => {
  it('leaves earlier frames as they are until they are closed', () => {
    const { pool } = poolWithLog();
    const old = pool.acquire(small, times);
    old.planes[0]?.data.fill(7);
    const generation = pool.current!;
    const next = pool.acquire({ ...small, codedWidth: 16 }, times);
    next.planes[0]?.data.fill(9);
    expect(pool.current).not.toBe(generation);
    expect([old.codedWidth, next.codedWidth]).toEqual([8, 16]);
    expect(old.planes[0]?.data[0]).toBe(7);
    const clone = old.clone();
    old.close();
    expect(generation.counts[0]).toBe(1);
    expect(clone.planes[0]?.data[0]).toBe(7);
    clone.close();
    expect(generation.used).toBe(0);
    next.close();
  });

  it('counts slots of an earlier format as long as one of its frames is open', () => {
    const { pool } = poolWithLog();
    const old = pool.acquire(small, times);
    pool.acquire({ ...small, codedWidth: 16 }, times).close();
    expect(pool.stats).toMatchObject({ generations: 2, slots: 4 });
    old.close();
    expect(pool.stats).toMatchObject({ generations: 2, slots: 2 });
  });

  it('begins a generation for every property that differs and for none that is equal', () => {
    const { pool } = poolWithLog();
    const shape = {
      ...small,
      visibleRect: { x: 0, y: 0, width: 6, height: 4 },
      colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
      pixelAspect: { num: 12, den: 11 },
      frameRate: { num: 25, den: 1 },
      fields: 'tff',
      chromaLocation: 'center',
    } as const;
    pool.acquire(shape, times).close();
    pool.acquire(structuredClone(shape), times).close();
    expect(pool.stats.generations).toBe(1);
    const changes = [
      { visibleRect: { x: 2, y: 0, width: 6, height: 4 } },
      { colorSpace: { ...shape.colorSpace, fullRange: true } },
      { pixelAspect: { num: 16, den: 11 } },
      { frameRate: { num: 50, den: 1 } },
      { fields: 'bff' },
      { chromaLocation: 'left' },
      { format: 'I422' },
    ] as const;
    changes.forEach((change, i) => {
      pool.acquire({ ...shape, ...change }, times).close();
      expect(pool.stats.generations).toBe(i + 2);
    });
    pool.acquire(small, times).close();
    expect(pool.stats.generations).toBe(changes.length + 2);
  });
});

describe('slots', () => {
  it('have rows at multiples of 64 bytes, planes in the order of the format and 64 spare bytes', () => {
    const layout = layoutFor({ format: 'I420P10', codedWidth: 65, codedHeight: 3 });
    expect(layout.planes).toEqual([
      { offset: 0, stride: 192, width: 65, height: 3 },
      { offset: 576, stride: 128, width: 33, height: 2 },
      { offset: 832, stride: 128, width: 33, height: 2 },
    ]);
    expect(layout.slotBytes).toBe(832 + 256 + 64);
  });

  it('begin where the producer says that the buffer is aligned', () => {
    const { pool } = poolWithLog();
    const generation = pool.configure(layoutFor(small), 1, () => 40);
    const slot = generation.tryAcquire();
    const frame = generation.adopt(slot, times);
    expect(frame.planes[1]?.data.byteOffset).toBe(40 + 256);
    const { buffer, baseOffset } = generation.slots[slot]!;
    expect(buffer.byteLength).toBeGreaterThanOrEqual(baseOffset + generation.layout.slotBytes);
    frame.close();
  });
});

describe('KAMAELIA_CHECK=frames', () => {
  const write = (frame: VideoFrame) => {
    frame.planes[1]!.data[5]! ^= 1;
  };

  it('reports a write to an adopted frame, naming who had it, once', () => {
    vi.stubEnv('KAMAELIA_CHECK', 'frames');
    const { pool, errors } = poolWithLog();
    const generation = pool.configure(layoutFor(small), 2);
    const frame = generation.adopt(generation.tryAcquire(), times);
    const clone = frame.clone();
    frame.heldBy('Pipeline-1/Scribbler-1');
    clone.heldBy('Pipeline-1/Reader-1');
    write(frame);
    frame.close();
    clone.close();
    expect(errors).toEqual([
      'FramePool: a read-only frame of Pipeline-1/Decoder-1 was written to: its samples had changed when it was closed ' +
        'by Pipeline-1/Scribbler-1, also open in Pipeline-1/Reader-1 (1); exclusive() gives a writable one',
    ]);
    expect(pool.stats.violations).toBe(1);
  });

  it('lets a producer write until the first clone, and whoever has an exclusive frame', () => {
    const { pool, errors } = poolWithLog({ check: true });
    const frame = pool.acquire(small, times);
    write(frame);
    const clone = frame.clone();
    const own = frame.exclusive();
    write(own);
    own.close();
    write(clone.exclusive());
    clone.close();
    expect(errors).toEqual([]);
    const again = pool.acquire(small, times);
    write(again);
    const copy = again.clone();
    write(copy);
    expect(() => copy.clone().close()).not.toThrow();
    expect(errors).toHaveLength(1);
    again.close();
    copy.close();
  });

  it('is off by default: nothing is read', () => {
    vi.stubEnv('KAMAELIA_CHECK', 'other');
    const { pool, errors } = poolWithLog();
    expect(pool.checked).toBe(false);
    const frame = pool.acquire(small, times);
    frame.clone().close();
    write(frame);
    frame.close();
    expect(errors).toEqual([]);
  });
});

describe('wrong use', () => {
  it.each([
    [{ maxFrames: 0 }, 'FramePool: Expected a positive integer for maxFrames but received 0'],
    [{ maxFrames: 1.5 }, 'FramePool: Expected a positive integer for maxFrames but received 1.5'],
    [{ maxBytes: -1 }, 'FramePool: Expected a positive integer for maxBytes but received -1'],
    [{ maxBytes: '9' as unknown as number }, 'FramePool: Expected a positive integer for maxBytes but received 9'],
    [{ name: 7 as unknown as string }, 'FramePool: Expected a string for name but received 7'],
    [{ onWarning: 'no' as unknown as () => void }, 'FramePool: Expected a function for onWarning but received no'],
  ])('refuses %j', (options, message) => {
    expect(() => new FramePool(options)).toThrow(message);
  });

  it('refuses a picture that is larger than maxBytes, naming the option', () => {
    expect(() => new FramePool({ maxBytes: 100 }).acquire(small, times)).toThrow(
      'FramePool: Expected frames of at most 100 bytes (maxBytes) but received 576',
    );
  });

  it.each([
    [{ ...small, codedWidth: 0 }, 'layoutFor: Expected a positive integer for codedWidth but received 0'],
    [{ ...small, codedHeight: Number.NaN }, 'layoutFor: Expected a positive integer for codedHeight but received NaN'],
    [{ ...small, visibleRect: { x: 4, y: 0, width: 5, height: 4 } }, 'Expected visibleRect within 8x4'],
    [{ ...small, format: 'YV12' as 'I420' }, 'pixelFormat: Expected one of I420, '],
  ])('refuses the shape %j', (shape, message) => {
    expect(() => new FramePool().acquire(shape, times)).toThrow(message);
  });

  it('refuses a layout whose planes do not fit', () => {
    const pool = new FramePool();
    const layout = layoutFor(small);
    expect(() => pool.configure({ ...layout, planes: layout.planes.slice(1) })).toThrow('Expected 3 planes for I420');
    expect(() => pool.configure({ ...layout, slotBytes: 500 })).toThrow('Expected planes within 500 bytes');
    expect(() => pool.configure(layout, -1)).toThrow('Expected a whole number for initial but received -1');
  });

  it.each([
    [{ pts: 0.5, timebase: times.timebase }, 'VideoFrame: Expected a safe integer for pts but received 0.5'],
    [{ pts: 2 ** 53, timebase: times.timebase }, 'Expected a safe integer for pts'],
    [
      { pts: 0, timebase: { num: 0, den: 1 } },
      'VideoFrame: Expected two positive integers for timebase but received 0/1',
    ],
    [{ pts: 0 } as typeof times, 'Expected two positive integers for timebase'],
    [{ ...times, duration: Number.NaN }, 'Expected a safe integer for duration but received NaN'],
  ])('refuses the times %j and takes no slot for them', (wrong, message) => {
    const pool = new FramePool();
    expect(() => pool.acquire(small, wrong)).toThrow(message);
    expect(used(pool)).toBe(0);
  });
});
