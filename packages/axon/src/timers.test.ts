// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { WallClock } from './clock.js';
import { TASK } from './component.js';
import { Component, type Steps } from './index.js';
import { DONE } from './task.js';
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
    a.state = DONE;
    timers.forget(a);
    await clock.advance({ ms: 100 });
    expect(rung).toEqual(Array.from({ length: 20 }, (_, i) => `b${i + 1}`));
  });

  it('of components that end one by one are forgotten without a look at all the others each time', async () => {
    const base = virtualClock();
    const timers = new Timers(base);
    const random = seededRandom(3);
    const tasks = Array.from({ length: 2000 }, () => new Sleeper()[TASK]);
    const rung = new Set<number>();
    let looks = 0;
    for (const [n, task] of tasks.entries()) {
      let { state } = task;
      Object.defineProperty(task, 'state', {
        get: () => {
          looks++;
          return state;
        },
        set: (value) => {
          state = value;
        },
      });
      timers.add(1_000_000 + Math.floor(random() * 1000), task, () => rung.add(n));
    }
    looks = 0;
    for (const [n, task] of tasks.entries()) {
      if (n % 10 === 0) continue;
      task.state = DONE;
      timers.forget(task);
    }
    expect(looks).toBeLessThan(20 * tasks.length);
    expect(timers.size).toBe(200);
    await base.advance({ ms: 2000 });
    expect([...rung].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i * 10));
    expect(timers.size).toBe(0);
    // And the last one that ends takes the alarm with it.
    const last = new Sleeper()[TASK];
    timers.add(base.now() + 5, last, () => {});
    last.state = DONE;
    timers.forget(last);
    expect(await base.advanceToNextAlarm()).toBe(false);
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
