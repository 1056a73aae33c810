// SPDX-License-Identifier: Apache-2.0
import { drive, virtualClock } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { MessageRateLimit } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Most messages in any window of a second. */
function mostInASecond(timesMs: readonly number[]): number {
  return Math.max(...timesMs.map((from) => timesMs.filter((at) => at >= from && at < from + 1000 - 1e-6).length));
}

/** A clock that rings as late as `lateUs` says of the time that was asked for. */
function lateClock(lateUs: (atUs: number) => number) {
  const clock = virtualClock();
  const onTime = clock.alarm.bind(clock);
  clock.alarm = (atUs, ring) => onTime(atUs + lateUs(atUs), ring);
  return clock;
}

describe('MessageRateLimit', () => {
  it('never sends more than n messages in any one-second window, and not fewer either', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 15, buffer: 15 }), { inbox: numbers(100) });
    await run.finish();
    expect(run.outbox.messages).toEqual(numbers(100));
    expect(mostInASecond(run.outbox.timesMs)).toBe(15);
    expect(run.outbox.timesMs[99]).toBeCloseTo((99 / 15) * 1000, 3);
  });

  it('takes the arguments of the original', async () => {
    const run = drive(new MessageRateLimit<number>(10, 2), { inbox: [1, 2, 3] });
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 100, 200]);
  });

  it('waits for its buffer to fill before it begins', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10, buffer: 3 }));
    run.inbox.send(1, 2);
    await run.advance({ ms: 5000 });
    expect(run.outbox.messages).toEqual([]);
    run.inbox.send(3);
    await run.advance({ ms: 100 });
    expect(run.outbox.messages).toEqual([1, 2]);
    expect(run.outbox.timesMs).toEqual([5000, 5100]);
    run.abort();
    await run.done.catch(() => {});
  });

  it('does not lose what it holds when the stream ends before the buffer is full', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10 }));
    run.inbox.send(1, 2, 3);
    await run.advance({ ms: 50 });
    run.inbox.close();
    await run.finish();
    expect(run.outbox.messages).toEqual([1, 2, 3]);
    expect(run.outbox.timesMs).toEqual([50, 150, 250]);
  });

  it('ends at once with an empty stream', async () => {
    const run = drive(new MessageRateLimit({ messagesPerSecond: 1 }), { inbox: [] });
    await run.done;
    expect(run.clock.now()).toBe(0);
  });

  it('sends what is left when it is stopped in order', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10, buffer: 4 }));
    run.inbox.send(1, 2, 3, 4);
    await run.advance({ ms: 150 });
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual([1, 2, 3, 4]);
  });

  it('does not make up for time in which there was nothing to send', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10, buffer: 0 }));
    run.inbox.send(1);
    await run.advance({ ms: 1030 });
    run.inbox.send(2, 3, 4);
    run.inbox.close();
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 1030, 1130, 1230]);
  });

  it('spaces messages that come just too early', async () => {
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10, buffer: 0 }));
    for (const [atMs, message] of [
      [0, 1],
      [30, 2],
      [190, 3],
      [310, 4],
    ] as const) {
      await run.advance({ ms: atMs - run.clock.now() / 1000 });
      run.inbox.send(message);
    }
    run.inbox.close();
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 100, 200, 310]);
  });

  it('does not make up for time in which its outbox was full, and holds no more than its buffer', async () => {
    const limit = new MessageRateLimit<number>({ messagesPerSecond: 100, buffer: 8 });
    const run = drive(limit, { inbox: numbers(200) }, { held: true });
    await run.advance({ ms: 10_000 });
    expect(run.outbox.inbox.length).toBe(64);
    expect(limit.inbox.length).toBeLessThanOrEqual(8);
    run.outbox.take();
    await run.finish();
    expect(run.outbox.messages).toEqual(numbers(200));
    expect(mostInASecond(run.outbox.timesMs.slice(64))).toBeLessThanOrEqual(100);
  });

  it.each([
    ['each timer is three intervals late', 1000, () => 3000, 3],
    ['timers ring in every tenth millisecond', 500, (atUs: number) => 10_000 - (atUs % 10_000), 10],
    ['the program is busy for 30 of every 200 ms', 50, (atUs: number) => Math.max(0, 30_000 - (atUs % 200_000)), 30],
    ['the program is busy for 240 of every 500 ms', 25, (atUs: number) => Math.max(0, 240_000 - (atUs % 500_000)), 240],
  ])('keeps its rate when %s', async (_, messagesPerSecond, lateUs, mostLateMs) => {
    const limit = new MessageRateLimit<number>({ messagesPerSecond, buffer: 0 });
    const run = drive(limit, { inbox: numbers(1000) }, { clock: lateClock(lateUs) });
    await run.finish();
    expect(run.outbox.messages).toEqual(numbers(1000));
    const lateMs = run.outbox.timesMs.map((at, i) => at - (i * 1000) / messagesPerSecond);
    expect(Math.min(...lateMs)).toBeGreaterThan(-1e-6);
    expect(Math.max(...lateMs)).toBeLessThan(mostLateMs + 1e-6);
  });

  it('makes up for no more than a quarter of a second', async () => {
    let once = true;
    const clock = lateClock((atUs) => {
      if (!once || atUs < 1_000_000) return 0;
      once = false;
      return 5_000_000;
    });
    const run = drive(
      new MessageRateLimit<number>({ messagesPerSecond: 20, buffer: 20 }),
      { inbox: numbers(60) },
      { clock },
    );
    await run.finish();
    const times = run.outbox.timesMs.map(Math.round);
    expect(times.slice(18, 30)).toEqual([900, 950, 6000, 6000, 6000, 6000, 6000, 6000, 6050, 6100, 6150, 6200]);
    expect(mostInASecond(run.outbox.timesMs)).toBe(25);
  });

  it('keeps a slow rhythm when a timer is late by less than an interval', async () => {
    const clock = lateClock((atUs) => (atUs === 2_000_000 ? 900_000 : 0));
    const run = drive(
      new MessageRateLimit<number>({ messagesPerSecond: 1, buffer: 0 }),
      { inbox: numbers(5) },
      { clock },
    );
    await run.finish();
    expect(run.outbox.timesMs).toEqual([0, 1000, 2900, 3000, 4000]);
  });

  it('does not make up for want of messages when a timer was late too', async () => {
    const clock = lateClock((atUs) => (atUs === 100_000 ? 150_000 : 0));
    const run = drive(new MessageRateLimit<number>({ messagesPerSecond: 10, buffer: 0 }), {}, { clock });
    run.inbox.send(1, 2);
    await run.advance({ ms: 5000 });
    run.inbox.send(3, 4, 5, 6);
    run.inbox.close();
    await run.finish();
    // 50 ms of lateness were left when the messages ran out.
    expect(run.outbox.timesMs).toEqual([0, 250, 5000, 5050, 5150, 5250]);
  });

  it('disposes what it holds when it is aborted', async () => {
    let disposed = 0;
    const message = () => ({ [Symbol.dispose]: () => disposed++ });
    const run = drive(new MessageRateLimit({ messagesPerSecond: 1, buffer: 3 }));
    run.inbox.send(message(), message());
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(disposed).toBe(2);
  });

  it('works in the order of the article: names of boxes as strings', async () => {
    const limit = new MessageRateLimit<number>(1000, 0);
    const run = drive(limit);
    expect(limit.dataReady('inbox')).toBe(0);
    run.input('inbox').send(1);
    run.input('inbox').close();
    await run.finish();
    expect(run.output('outbox').messages).toEqual([1]);
  });

  it.each([
    [0, 1, /finite number above 0 for messagesPerSecond but received 0/],
    [Number.NaN, 1, /for messagesPerSecond but received NaN/],
    [1, -1, /whole number from 0 to 65536 for buffer but received -1/],
    [1, 1.5, /for buffer but received 1.5/],
  ])('refuses (%s, %s) at construction', (rate, buffer, message) => {
    expect(() => new MessageRateLimit(rate, buffer)).toThrow(message);
    expect(() => new MessageRateLimit({ messagesPerSecond: rate, buffer })).toThrow(message);
  });
});
