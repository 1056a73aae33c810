// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Component, inspect, type LogEntry, Pipeline, Scheduler, Step, type Steps } from './index.js';
import { virtualClock } from './testing/index.js';

let nowMs = 0;
beforeEach(() => {
  nowMs = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Has a slice of each of these lengths. */
class Busy extends Component {
  readonly #slicesMs: readonly number[];
  constructor(...slicesMs: number[]) {
    super();
    this.#slicesMs = slicesMs;
  }
  override *main(): Steps {
    for (const ms of this.#slicesMs) {
      nowMs += ms;
      yield* this.sleep({ us: 1 });
    }
  }
}

/** Has `slices` slices one behind the other; those of the map last so many milliseconds, the others no time. */
class Hiccup extends Component {
  readonly #slices: number;
  readonly #longMs: ReadonlyMap<number, number>;
  constructor(slices: number, longMs: ReadonlyMap<number, number>) {
    super();
    this.#slices = slices;
    this.#longMs = longMs;
  }
  override *main(): Steps {
    for (let n = 0; n < this.#slices; n++) {
      nowMs += this.#longMs.get(n) ?? 0;
      yield Step.again;
    }
  }
}

async function logsOf(component: Component, slowSlice?: { ms: number }): Promise<LogEntry[]> {
  const logs: LogEntry[] = [];
  const clock = virtualClock();
  const options = { clock, onLog: (entry: LogEntry) => logs.push(entry), ...(slowSlice && { slowSlice }) };
  const graph = Pipeline(component).activate(options);
  await clock.advance({ ms: 1 });
  await graph.done;
  return logs;
}

const told = (tookMs: number) => ({
  level: 'warn',
  path: 'Pipeline-1/Busy-1',
  message: `a slice took ${tookMs} ms, in which nothing else could run; such work belongs in a thread`,
  fields: { tookMs },
});

describe('the watchdog', () => {
  it('warns of a slice above slowSlice with its path, when it is the longest of its component so far', async () => {
    expect(await logsOf(new Busy(5, 25, 21, 20, 40), { ms: 20 })).toEqual([told(25), told(40)]);
    expect(await logsOf(new Busy(5, 20), { ms: 20 })).toEqual([]);
    expect(await logsOf(new Busy(5, 25, 40), { ms: 30 })).toEqual([told(40)]);
  });

  it('warns of a single slow slice among very many short ones', async () => {
    for (const slowAt of [2500, 2507, 2999]) {
      const logs: LogEntry[] = [];
      const options = { slowSlice: { ms: 20 }, onLog: (entry: LogEntry) => logs.push(entry) };
      await Pipeline(new Hiccup(3000, new Map([[slowAt, 30]]))).run(options);
      expect(logs).toMatchObject([{ level: 'warn', fields: { tookMs: 30 } }]);
    }
  });

  it('says nothing in virtual time where nobody asked for it', async () => {
    expect(await logsOf(new Busy(5000))).toEqual([]);
  });

  it('tells in real time of a slice above a second, as information', async () => {
    const logs: LogEntry[] = [];
    await Pipeline([900, 1100], (ms) => {
      nowMs += ms;
    }).run({ scheduler: new Scheduler(), onLog: (entry) => logs.push(entry) });
    expect(logs).toMatchObject([{ level: 'info', fields: { tookMs: expect.any(Number) } }]);
  });

  it('counts slices above 20 ms and keeps the longest for inspect()', async () => {
    const busy = new Busy(5, 25, 20, 40, 3);
    await logsOf(busy);
    const [report] = inspect(busy).components;
    expect(report).toMatchObject({ slowSlices: 2, longestMs: 40 });
  });

  it('finds out whose a slow slice is among short ones when it comes again within 10 s', async () => {
    const hiccup = new Hiccup(
      8000,
      new Map([
        [2507, 30],
        [6500, 25],
      ]),
    );
    await Pipeline(hiccup).run({ scheduler: new Scheduler() });
    expect(inspect(hiccup).components[0]).toMatchObject({ slowSlices: 1, longestMs: 25 });
  });

  it('times the slice of a run that has only one', async () => {
    const busy = new Busy(0, 30, 0, 0, 30, 0);
    await logsOf(busy);
    expect(inspect(busy).components[0]).toMatchObject({ slowSlices: 2, longestMs: 30 });
  });

  it('refuses a slowSlice that is no duration', () => {
    expect(() => new Busy(1).activate({ slowSlice: 20 as never })).toThrow(
      'Busy: slowSlice: Expected { ms } or { us } of at least 0 for duration but received 20',
    );
  });
});
