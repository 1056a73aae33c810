// SPDX-License-Identifier: Apache-2.0
import { Component, Pipeline, Scheduler, type Steps } from '@kamaelia/axon';
import {
  drive,
  isFinished,
  type TestInput,
  type TestSink,
  TestSource,
  type VirtualClock,
  virtualClock,
} from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { ByteRate_RequestControl, type RequestControlOptions, VariableByteRate_RequestControl } from './index.js';

/** A clock whose alarms ring late, as they do while something else keeps the thread busy. */
function busyClock() {
  const clock = virtualClock();
  const alarm = clock.alarm.bind(clock);
  let late: (() => void)[] | undefined;
  clock.alarm = (atUs, ring) => alarm(atUs, () => (late === undefined ? ring() : late.push(ring)));
  return {
    clock,
    async busyFor(ms: number) {
      late = [];
      await clock.advance({ ms });
      const rung = late;
      late = undefined;
      for (const ring of rung) ring();
      await clock.settle();
    },
  };
}

type Request = [atMs: number, amount: number];

const requests = (run: { outbox: TestSink<number> }): Request[] =>
  run.outbox.messages.map((amount, i) => [run.outbox.timesMs[i]!, amount]);

const rounded = (requests: Request[]): Request[] =>
  requests.map(([at, amount]) => [Math.round(at * 1000) / 1000, amount]);

const every = (ms: number, amount: number, count: number): Request[] =>
  Array.from({ length: count }, (_, i) => [i * ms, amount]);

/** Takes nothing before 2 s have passed, and then everything. */
class Sleeper extends Component {
  readonly inbox = this.in<number>('inbox', { capacity: 1 });
  readonly taken: number[] = [];
  override *main(): Steps {
    yield* this.sleep({ ms: 2000 });
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.taken.push(this.inbox.recv());
      yield;
    }
  }
}

class FirstRequest extends Component {
  readonly inbox = this.in<number>('inbox');
  override *main(): Steps {
    while (!this.inbox.ready) yield;
  }
}

const kinds = [
  ['ByteRate_RequestControl', (options?: RequestControlOptions) => new ByteRate_RequestControl(options)],
  [
    'VariableByteRate_RequestControl',
    (options?: RequestControlOptions) => new VariableByteRate_RequestControl(options),
  ],
] as const;

describe.each(kinds)('%s', (name, control) => {
  it('153. rate 100, chunk 25: 25 at 0, 0.25, 0.5 s and so on, with aggregation and without', async () => {
    for (const allow of [true, false]) {
      const run = drive(control({ rate: 100, chunksize: 25, allowchunkaggregation: allow }));
      await run.advance({ ms: 1500 });
      expect(requests(run)).toEqual(every(250, 25, 7));
    }
  });

  it('154. a stall of 1 s, with aggregation: one request for 100, then on in the old rhythm', async () => {
    const { clock, busyFor } = busyClock();
    const run = drive(control({ rate: 100, chunksize: 25, allowchunkaggregation: true }), {}, { clock });
    await run.advance({ ms: 280 });
    await busyFor(1000);
    await run.advance({ ms: 500 });
    expect(requests(run)).toEqual([
      [0, 25],
      [250, 25],
      [1280, 100],
      [1500, 25],
      [1750, 25],
    ]);
  });

  it('155. a stall of 1 s, without aggregation: four requests for 25, then on in the old rhythm', async () => {
    const { clock, busyFor } = busyClock();
    const run = drive(control({ rate: 100, chunksize: 25 }), {}, { clock });
    await run.advance({ ms: 280 });
    await busyFor(1000);
    await run.advance({ ms: 500 });
    expect(requests(run)).toEqual([
      [0, 25],
      [250, 25],
      [1280, 25],
      [1280, 25],
      [1280, 25],
      [1280, 25],
      [1500, 25],
      [1750, 25],
    ]);
  });

  it('156. chunkrate 3: 33, 33, 34 and so on, with aggregation and without', async () => {
    for (const allow of [true, false]) {
      const run = drive(control({ rate: 100, chunkrate: 3, allowchunkaggregation: allow }));
      await run.advance({ ms: 3999 });
      expect(run.outbox.messages).toEqual([33, 33, 34, 33, 33, 34, 33, 33, 34, 33, 33, 34]);
      expect(run.outbox.timesMs.map(Math.round)).toEqual([
        0, 333, 667, 1000, 1333, 1667, 2000, 2333, 2667, 3000, 3333, 3667,
      ]);
    }
  });

  it('asks for exactly the rate in the long run, whatever fraction a chunk has', async () => {
    const run = drive(control({ rate: 44_100, chunkrate: 29.97 }));
    await run.advance({ ms: 10_000 });
    const asked = run.outbox.messages.reduce((sum, n) => sum + n, 0);
    expect(asked).toBe(Math.floor((run.outbox.messages.length * 44_100) / 29.97));
    expect(run.outbox.messages).toHaveLength(300);
  });

  it('asks ten times a second unless told otherwise, and for at least 1 item', async () => {
    const run = drive(control());
    await run.advance({ ms: 200 });
    expect(requests(run)).toEqual(every(100, 10_000, 3));
    const slow = drive(control({ rate: 2 }));
    await slow.advance({ ms: 1000 });
    expect(requests(slow)).toEqual(every(500, 1, 3));
  });

  it.each([
    [true, [25, 200]],
    [false, [25, 25, 25, 25, 25, 25, 25, 25, 25]],
  ])('makes up for the time in which the reader took nothing (aggregation %s)', async (allow, amounts) => {
    const reader = new Sleeper();
    const clock = virtualClock();
    const pace = control({ rate: 100, chunksize: 25, allowchunkaggregation: allow });
    const graph = Pipeline(pace, reader).activate({ scheduler: new Scheduler({ clock }) });
    await clock.advance({ ms: 2000 });
    expect(reader.taken).toEqual(amounts);
    await clock.advance({ ms: 250 });
    expect(reader.taken).toEqual([...amounts, 25]);
    graph.stop();
    await clock.settle();
    await graph.done;
  });

  it('ends when the reader does', async () => {
    const graph = Pipeline(control({ rate: 1 }), new FirstRequest());
    await graph.run({ scheduler: new Scheduler({ clock: virtualClock() }) });
    expect(isFinished(graph)).toBe(true);
  });

  it('holds no more than its reader does, and stops at once while that is full', async () => {
    const run = drive(control({ rate: 1000, chunkrate: 100 }), {}, { held: true });
    await run.advance({ ms: 60_000 });
    expect(run.outbox.inbox.length).toBe(64);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
  });

  it('stops in order', async () => {
    const run = drive(control({ rate: 1 }));
    await run.advance({ ms: 100 });
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual([1]);
    expect(run.outbox.ended).toBe(true);
  });

  it.each([
    [{ chunksize: 10, chunkrate: 10 }, TypeError, /Expected chunksize or chunkrate but received both/],
    [{ rate: 0 }, RangeError, /finite number above 0 for rate but received 0/],
    [{ rate: '5' as never }, TypeError, /Expected a number for rate but received "5"/],
    [{ chunksize: 0.5 }, RangeError, /chunks of at least 1 item but received 0.5/],
    [{ rate: 5, chunkrate: 10 }, RangeError, /at least 1 item but received a chunkrate of 10 at 5 items a second/],
    [{ chunkrate: Number.POSITIVE_INFINITY }, RangeError, /for chunkrate but received Infinity/],
    [{ allowchunkaggregation: 1 as never }, TypeError, /true or false for allowchunkaggregation but received 1/],
    [null as never, TypeError, /Expected an object of options but received null/],
  ])('refuses %o at construction', (options, kind, message) => {
    expect(() => control(options)).toThrow(kind);
    expect(() => control(options)).toThrow(message);
    expect(() => control(options)).toThrow(new RegExp(`^${name}: `));
  });
});

describe('VariableByteRate_RequestControl with another rate', () => {
  const at = async (
    run: { advance(d: { ms: number }): Promise<void>; inbox: TestInput<number> },
    ms: number,
    n = 100,
  ) => {
    await run.advance({ ms });
    run.inbox.send(n);
    await run.advance({ ms: 0 });
  };

  it('157. changing to the same rate, however often: no change', async () => {
    const run = drive(new VariableByteRate_RequestControl({ rate: 100, chunksize: 25 }));
    for (const ms of [850, 200, 50, 50, 20]) await at(run, ms);
    await run.advance({ ms: 330 });
    expect(requests(run)).toEqual(every(250, 25, 7));
  });

  it('158. changing in mid-interval keeps the share that has elapsed', async () => {
    const run = drive(new VariableByteRate_RequestControl({ rate: 100, chunksize: 50 }));
    await at(run, 2250, 200);
    await run.advance({ ms: 625 });
    expect(requests(run)).toEqual([...every(500, 50, 5), [2375, 50], [2625, 50], [2875, 50]]);
  });

  it('159. changing several times in an interval likewise', async () => {
    const run = drive(new VariableByteRate_RequestControl({ rate: 10, chunksize: 10 }));
    await at(run, 2150, 20);
    await at(run, 250, 10);
    await run.advance({ ms: 2350 });
    expect(rounded(requests(run))).toEqual([...every(1000, 10, 3), [2750, 10], [3750, 10], [4750, 10]]);
  });

  it('asks less often at a lower rate, from the instant it arrives', async () => {
    const run = drive(new VariableByteRate_RequestControl({ rate: 100, chunksize: 50 }));
    await at(run, 750, 10);
    await run.advance({ ms: 10_000 });
    expect(rounded(requests(run)).slice(0, 4)).toEqual([
      [0, 50],
      [500, 50],
      [3250, 50],
      [8250, 50],
    ]);
  });

  it('counts what was missed before the change at the old rate', async () => {
    const reader = new Sleeper();
    const clock = virtualClock();
    const rates = new TestSource<number>();
    rates.input.send(100);
    const pace = new VariableByteRate_RequestControl({ rate: 100, chunksize: 25, allowchunkaggregation: true });
    const graph = Pipeline(rates, pace, reader).activate({ scheduler: new Scheduler({ clock }) });
    await clock.advance({ ms: 1125 });
    // The pace is blocked by the reader's full inbox; the new rate holds from now on all the same.
    rates.input.send(1000);
    await clock.advance({ ms: 1000 });
    // 5 chunks by 1125 ms; 36 in 875 ms, the first of them after the half interval that was left.
    expect(reader.taken[1]).toBe(4 * 25 + 35 * 25);
    graph.abort();
    await clock.settle();
    await expect(graph.done).rejects.toThrow();
  });

  it('keeps no more alarms than it needs while rates go up and down', async () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    const run = drive(new VariableByteRate_RequestControl({ rate: 1, chunksize: 1 }), {}, { scheduler });
    const clock = scheduler.clock as VirtualClock;
    for (let i = 0; i < 500; i++) {
      run.inbox.send(i % 2 === 0 ? 1000 : 0.001);
      await clock.advance({ us: 700 });
    }
    expect(scheduler.timers.size).toBeLessThan(5);
  });

  it('fails the graph for a rate that is none, with its path', async () => {
    const run = drive(new VariableByteRate_RequestControl(), { inbox: [0] });
    await expect(run.finish()).rejects.toThrow(/VariableByteRate_RequestControl-1: .* above 0 for rate but received 0/);
  });

  it('ends with the source of rates', async () => {
    const run = drive(new VariableByteRate_RequestControl({ rate: 10, chunksize: 1 }));
    await run.advance({ ms: 250 });
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1, 1, 1]);
  });
});
