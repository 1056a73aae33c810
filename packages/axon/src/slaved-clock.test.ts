// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Pipeline, SlavedClock, type Steps } from './index.js';
import { seededRandom, TestSink, virtualClock } from './testing/index.js';

describe('SlavedClock', () => {
  it('runs with its base before the first report, and from there on after it', async () => {
    const base = virtualClock();
    await base.advance({ ms: 7 });
    const clock = new SlavedClock({ base });
    expect(clock.now()).toBe(7000);
    await base.advance({ ms: 5 });
    expect([clock.now(), clock.rate]).toEqual([12_000, 1]);
    clock.report(90_000_000);
    expect([clock.now(), clock.timeOf(90_000_000), clock.discontinuities]).toEqual([12_000, 12_000, 0]);
    await base.advance({ ms: 1 });
    expect([clock.now(), clock.timeOf(90_001_000)]).toEqual([13_000, 13_000]);
  });

  it.each([1.0002, 0.9995, 1.005])('finds the rate of a master at %f in spite of 5 ms of jitter', async (rate) => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    const random = seededRandom(7);
    for (let n = 0; n < 300; n++) {
      // What is reported was so a little ago, which the report does not say.
      clock.report(base.now() * rate - random() * 5000);
      await base.advance({ ms: 100 });
    }
    expect(Math.abs(clock.rate - rate)).toBeLessThan(5e-4);
    const positionUs = base.now() * rate;
    // Half of the jitter cannot be told from a delay.
    expect(Math.abs(clock.timeOf(positionUs) - clock.now() - 2500)).toBeLessThan(2500);
    expect([clock.jumps, clock.discontinuities]).toEqual([0, 0]);
  });

  it('makes a small error good within the time for it, without a step', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    clock.report(0);
    await base.advance({ ms: 100 });
    clock.report(180_000);
    expect([clock.now(), clock.errorUs]).toEqual([100_000, 40_000]);
    await base.advance({ ms: 500 });
    expect(clock.now()).toBeCloseTo(620_000);
    await base.advance({ ms: 500 });
    expect(clock.now()).toBeCloseTo(1_140_000);
    await base.advance({ ms: 500 });
    expect(clock.now()).toBeCloseTo(1_640_000);
  });

  it('jumps ahead with its master, and rings at once, in order, what is due by that', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    const rung: string[] = [];
    for (const [name, atUs] of Object.entries({ c: 700_000, a: 500_000, b: 500_000, later: 2_500_000 })) {
      clock.alarm(atUs, () => rung.push(`${name} ${Math.round(clock.now() / 1000)}`));
    }
    clock.report(0);
    await base.advance({ ms: 100 });
    clock.report(2_000_000);
    expect([rung, clock.jumps]).toEqual([[], 0]);
    await base.advance({ ms: 20 });
    clock.report(2_020_000);
    expect([rung, clock.jumps, clock.now()]).toEqual([['a 2020', 'b 2020', 'c 2020'], 1, 2_020_000]);
    await base.advance({ ms: 479 });
    expect(rung).toHaveLength(3);
    await base.advance({ ms: 1 });
    expect(rung[3]).toBe('later 2500');
    expect(clock.timeOf(2_500_000)).toBe(2_500_000);
  });

  it('leaves a single report out that came late', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    for (let n = 0; n < 20; n++) {
      clock.report(n === 10 ? 0 : n * 100_000);
      await base.advance({ ms: 100 });
      expect(clock.now()).toBeCloseTo(base.now());
    }
    expect([clock.jumps, clock.discontinuities]).toEqual([0, 0]);
  });

  it.each([-3_600_000_000, 11_000_000])('goes on where it is when its master begins anew %i us away', async (away) => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    clock.report(0);
    await base.advance({ ms: 100 });
    const rung: number[] = [];
    clock.alarm(300_000, () => rung.push(clock.now()));
    clock.report(100_000 + away);
    await base.advance({ ms: 100 });
    clock.report(200_000 + away);
    expect([clock.now(), clock.discontinuities, clock.jumps]).toEqual([200_000, 1, 0]);
    expect(clock.timeOf(300_000 + away)).toBe(300_000);
    await base.advance({ ms: 100 });
    expect(rung).toEqual([300_000]);
  });

  it('takes a position that is told to be a discontinuity at once, near as it may be', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    clock.report(1_000_000);
    await base.advance({ ms: 50 });
    clock.report(1_020_000, { discontinuity: true });
    expect([clock.discontinuities, clock.errorUs, clock.timeOf(1_020_000)]).toEqual([1, 0, 50_000]);
  });

  it('takes the time of a report into account', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    await base.advance({ ms: 100 });
    clock.report(5_000_000, { atUs: 60_000 });
    expect(clock.timeOf(5_000_000)).toBe(60_000);
    await base.advance({ ms: 100 });
    clock.report(5_100_000, { atUs: 160_000 });
    expect(clock.errorUs).toBeCloseTo(0);
  });

  it('never goes back, never rings early, late or twice, whatever is reported', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const base = virtualClock();
      const clock = new SlavedClock({ base, settle: { ms: 200 }, step: { ms: 50 }, jump: { ms: 500 } });
      let position = 0;
      let latest = clock.now();
      let pending = 0;
      const check = () => {
        const now = clock.now();
        expect(now, `seed ${seed}`).toBeGreaterThanOrEqual(latest);
        latest = now;
      };
      for (let n = 0; n < 200; n++) {
        const r = random();
        if (r < 0.4) {
          const atUs = clock.now() + random() * 300_000;
          pending++;
          let rung = 0;
          const take = clock.alarm(atUs, () => {
            check();
            expect(++rung, `seed ${seed}`).toBe(1);
            expect(clock.now(), `seed ${seed}`).toBeGreaterThanOrEqual(atUs);
            pending--;
          });
          if (random() < 0.1 && rung === 0) {
            take();
            pending--;
          }
        } else if (r < 0.8) {
          const wild = random();
          position += wild < 0.1 ? (random() - 0.5) * 4_000_000 : (random() - 0.5) * 30_000;
          clock.report(position, { discontinuity: random() < 0.05 });
        }
        check();
        const us = random() * 40_000;
        position += us * 1.002;
        await base.advance({ us });
        check();
      }
      await base.advance({ ms: 10_000 });
      expect(pending, `seed ${seed}`).toBe(0);
    }
  });

  it('carries graphs at the pace of its master', async () => {
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    const shown: number[] = [];
    class Pictures extends Component {
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        for (let n = 1; n <= 100; n++) {
          yield* this.sleepUntil(clock.timeOf(n * 40_000));
          this.outbox.send(n);
        }
      }
    }
    const sink = new TestSink<number>();
    clock.report(0);
    const graph = Pipeline(new Pictures(), sink as Component).activate({ clock });
    const line = Pipeline([1], (n: number) => shown.push(n)).run({ clock });
    // Half of a hundredth too slow.
    while (sink.messages.length < 100) {
      await base.advance({ ms: 20 });
      clock.report(base.now() * 0.995);
    }
    await Promise.all([graph.done, line]);
    const lastUs = 4_000_000 / 0.995;
    expect(Math.abs(base.now() - lastUs)).toBeLessThanOrEqual(40_000);
    expect(shown).toEqual([1]);
  });

  it('refuses what is no time, an earlier report, and bounds that contradict each other', async () => {
    expect(() => new SlavedClock({ settle: { ms: 100 } })).toThrow(
      'SlavedClock: Expected less than settle, 100000 us, for step but received 100000 us',
    );
    expect(() => new SlavedClock({ maxDrift: 0.5 })).toThrow('Expected a number from 0 to below 0.5 for maxDrift');
    const base = virtualClock();
    const clock = new SlavedClock({ base });
    expect(() => clock.report(Number.NaN)).toThrow(
      'Expected microseconds for a position and its time but received NaN',
    );
    expect(() => clock.report(0, { atUs: Number.POSITIVE_INFINITY })).toThrow('received Infinity');
    expect(() => clock.timeOf(Number.NaN)).toThrow(TypeError);
    await base.advance({ ms: 1 });
    clock.report(0);
    expect(() => clock.report(0, { atUs: 999 })).toThrow(
      'SlavedClock: Expected 1000 or later for atUs but received 999',
    );
    clock.report(10);
    expect(clock.errorUs).toBe(10);
  });

  it('runs on real time by default', () => {
    const clock = new SlavedClock();
    const before = performance.now() * 1000;
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    const take = clock.alarm(clock.now() + 1e9, () => {});
    take();
  });
});
