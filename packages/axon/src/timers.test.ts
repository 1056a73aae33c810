// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { WallClock } from './clock.js';
import { TASK } from './component.js';
import { Component, type Steps } from './index.js';
import { seededRandom, virtualClock } from './testing/index.js';
import { Timers } from './timers.js';

class Sleeper extends Component {
  override *main(): Steps {
    yield* this.sleep({ ms: 1 });
  }
}

describe('timers', () => {
  it('ring in the order of their times, equal ones in the order they were set', async () => {
    const random = seededRandom(7);
    const clock = virtualClock();
    const timers = new Timers(clock);
    const task = new Sleeper()[TASK];
    const times = Array.from({ length: 500 }, () => Math.floor(random() * 100) * 1000);
    const rung: { at: number; n: number; now: number }[] = [];
    for (const [n, at] of times.entries()) timers.add(at, task, () => rung.push({ at, n, now: clock.now() }));
    await clock.advance({ ms: 1000 });
    const expected = times.map((at, n) => ({ at, n, now: at })).sort((a, b) => a.at - b.at || a.n - b.n);
    expect(rung).toEqual(expected);
    expect(timers.size).toBe(0);
  });

  it('of an ended component are forgotten, the others kept', async () => {
    const clock = virtualClock();
    const timers = new Timers(clock);
    const [a, b] = [new Sleeper()[TASK], new Sleeper()[TASK]];
    const rung: string[] = [];
    for (let i = 20; i > 0; i--) {
      timers.add(i * 1000, a, () => rung.push(`a${i}`));
      timers.add(i * 1000 + 1, b, () => rung.push(`b${i}`));
    }
    timers.forget(a);
    await clock.advance({ ms: 100 });
    expect(rung).toEqual(Array.from({ length: 20 }, (_, i) => `b${i + 1}`));
  });

  it('never ring early on the wall clock', async () => {
    const clock = new WallClock();
    const due = clock.now() + 3_300;
    const rung = await new Promise<number>((resolve) => clock.alarm(due, () => resolve(clock.now())));
    expect(rung).toBeGreaterThanOrEqual(due);
    const takeBack = clock.alarm(clock.now() + 1, () => expect.unreachable());
    takeBack();
    await new Promise<number>((resolve) => clock.alarm(clock.now() + 5_000, () => resolve(0)));
  });

  it('refuse a bare number and a negative time', async () => {
    const clock = virtualClock();
    await expect(clock.advance(5 as never)).rejects.toThrow(/^VirtualClock: Expected \{ ms \} or \{ us \}/);
    await expect(clock.advance({ ms: -1 })).rejects.toThrow(/of at least 0 for duration but received/);
  });

  it('refuse a time that is none, in the component that names it, and ring for the others', async () => {
    class Wrong extends Component {
      readonly #how: (self: Wrong) => Steps;
      constructor(how: (self: Wrong) => Steps) {
        super();
        this.#how = how;
      }
      override *main(): Steps {
        yield* this.#how(this);
      }
      untilThen(atUs: number): Steps {
        return this.sleepUntil(atUs);
      }
      *alarm(atUs: number): Steps {
        this.wakeAt(atUs);
        yield;
      }
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined as never, '5' as never]) {
      const message = `Wrong: Expected a time in microseconds for atUs but received ${String(value)}`;
      for (const how of [(self: Wrong) => self.untilThen(value), (self: Wrong) => self.alarm(value)]) {
        const clock = virtualClock();
        const sleeper = new Sleeper();
        const done = sleeper.run({ clock });
        await expect(new Wrong(how).run({ clock, onLog: () => {} })).rejects.toThrow(message);
        await clock.advance({ ms: 1 });
        await done;
      }
    }
  });
});
