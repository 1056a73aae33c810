// SPDX-License-Identifier: Apache-2.0
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { FramePacer, FramePool, type FrameTimes } from './index.js';

const pool = new FramePool({ name: 'test', onWarning: () => {} });
const shape = { format: 'I420', codedWidth: 8, codedHeight: 8 } as const;
const timebase = { num: 1, den: 25 };

function frame(pts: number, times: Partial<FrameTimes> = {}) {
  return pool.acquire(shape, { pts, timebase, ...times });
}

function closeAll(frames: readonly { close(): void }[]): void {
  for (const one of frames) one.close();
  expect(pool.current?.used).toBe(0);
}

describe('FramePacer', () => {
  it('sends the first frame at once and each other one at its time after it', async () => {
    const run = drive(new FramePacer(), { inbox: [50, 51, 52, 54].map((pts) => frame(pts)) });
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 40, 80, 160]);
    closeAll(run.outbox.messages);
  });

  it('sends a late frame at once and the next one at its own time', async () => {
    const run = drive(new FramePacer());
    run.inbox.send(frame(0));
    await run.advance({ ms: 100 });
    run.inbox.send(frame(1), frame(2), frame(3));
    await run.advance({ ms: 100 });
    expect(run.outbox.timesMs).toEqual([0, 100, 100, 120]);
    run.inbox.close();
    await run.finish();
    closeAll(run.outbox.messages);
  });

  it('does not hurry after a source that stood still for more than a second', async () => {
    const run = drive(new FramePacer());
    run.inbox.send(frame(0));
    await run.advance({ ms: 5000 });
    run.inbox.send(frame(1), frame(2), frame(3));
    run.inbox.close();
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 5000, 5040, 5080]);
    closeAll(run.outbox.messages);
  });

  it('begins a new time line at a discontinuity', async () => {
    const frames = [frame(0), frame(1), frame(90_000, { discontinuity: true }), frame(90_001)];
    const run = drive(new FramePacer(), { inbox: frames });
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 40, 40, 80]);
    closeAll(run.outbox.messages);
  });

  it('closes the frame that waits for its time when it is stopped', async () => {
    const run = drive(new FramePacer(), { inbox: [frame(0), frame(100), frame(101)] });
    await run.settle();
    expect(run.outbox.messages.length).toBe(1);
    run.abort();
    await run.done.catch(() => {});
    closeAll(run.outbox.messages);
  });
});
