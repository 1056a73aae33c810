// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { inNode, turn } from '../../test/surroundings.js';
import { TASK } from '../component.js';
import { Component, type Steps } from '../index.js';
import { slicesOf, TestSource, virtualClock } from '../testing/index.js';
import { component, microprocess, newComponent, scheduler } from './index.js';

const newScheduler = () => new scheduler({ clock: virtualClock() });

/** Steps so many times, or for ever. */
class Stepper extends microprocess {
  steps = 0;
  stops = 0;
  readonly count: number;
  constructor(count: number = Number.POSITIVE_INFINITY) {
    super();
    this.count = count;
  }
  override *main(): Steps {
    while (this.steps < this.count) {
      this.steps++;
      yield 1;
    }
  }
  override stop(): void {
    this.stops++;
    super.stop();
  }
}

/** Steps each by hand so often that all of them have had several turns; tells which of them were stepped. */
function stepped(main: Steps, all: readonly Stepper[]): boolean[] {
  const before = all.map(({ steps }) => steps);
  for (let n = 0; n < 3 * (all.length + 1); n++) expect(main.next().done).toBe(false);
  return all.map(({ steps }, at) => steps > (before[at] as number));
}

function many(s: scheduler, n: number): Stepper[] {
  return Array.from({ length: n }, () => new Stepper().activate(s));
}

describe('scheduler', () => {
  it('8. with no work it ends at once', async () => {
    const s = newScheduler();
    await s.runThreads();
    expect(s.main().next().done).toBe(true);
  });

  it('9. with one microprocess it ends only when that did, and its stop was called', async () => {
    for (const byHand of [true, false]) {
      const s = newScheduler();
      const process = new Stepper(10).activate(s);
      if (byHand) for (const _ of s.main());
      else await s.runThreads();
      expect(process.steps).toBe(10);
      expect(process.stops).toBe(1);
      expect(process._isStopped()).toBe(true);
    }
  });

  it('10. many are all run to completion', async () => {
    for (const byHand of [true, false]) {
      const s = newScheduler();
      const all = [10, 20, 30, 40].map((count) => new Stepper(count).activate(s));
      if (byHand) for (const _ of s.main());
      else await s.runThreads();
      expect(all.map(({ steps, stops }) => [steps, stops])).toEqual([10, 20, 30, 40].map((count) => [count, 1]));
    }
  });

  it('steps them in turn, the order kept', () => {
    const s = newScheduler();
    const order: number[] = [];
    for (let n = 0; n < 3; n++) {
      class Named extends microprocess {
        override *main(): Steps {
          for (let step = 0; step < 3; step++) {
            order.push(n);
            yield 1;
          }
        }
      }
      new Named().activate(s);
    }
    for (const _ of s.main());
    expect(order).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('11. a paused one is not stepped', () => {
    const s = newScheduler();
    const all = many(s, 1);
    const main = s.main();
    expect(stepped(main, all)).toEqual([true]);
    s.pauseThread(all[0]!);
    expect(stepped(main, all)).toEqual([false]);
    main.return();
  });

  it('12. others continue meanwhile', () => {
    const s = newScheduler();
    const all = many(s, 4);
    const main = s.main();
    s.pauseThread(all[2]!);
    expect(stepped(main, all)).toEqual([true, true, false, true]);
    main.return();
  });

  it('13. a wake resumes it', () => {
    const s = newScheduler();
    const all = many(s, 2);
    const main = s.main();
    s.pauseThread(all[0]!);
    expect(stepped(main, all)).toEqual([false, true]);
    s.wakeThread(all[0]!);
    expect(stepped(main, all)).toEqual([true, true]);
    main.return();
  });

  it('14. waking one does not wake others', () => {
    const s = newScheduler();
    const all = many(s, 3);
    const main = s.main();
    for (const process of all) s.pauseThread(process);
    expect(stepped(main, all)).toEqual([false, false, false]);
    s.wakeThread(all[1]!);
    expect(stepped(main, all)).toEqual([false, true, false]);
    main.return();
  });

  it('15. waking an awake one and pausing a paused one change nothing', () => {
    const s = newScheduler();
    const all = many(s, 2);
    const main = s.main();
    s.wakeThread(all[0]!);
    expect(stepped(main, all)).toEqual([true, true]);
    for (let n = 0; n < 2; n++) {
      s.pauseThread(all[0]!);
      expect(stepped(main, all)).toEqual([false, true]);
    }
    expect(s.listAllThreads()).toEqual(all);
    main.return();
  });

  it('16. wake or pause of one that is not activated does nothing: it does not start', async () => {
    const s = newScheduler();
    const all = many(s, 1);
    const other = new Stepper(3);
    const main = s.main();
    for (const change of [() => s.wakeThread(other), () => s.pauseThread(other), () => other.unpause()]) {
      change();
      expect(stepped(main, [...all, other])).toEqual([true, false]);
      expect(s.listAllThreads()).toEqual(all);
    }
    other.pause();
    other.activate(s);
    expect(stepped(main, [other])).toEqual([true]);
    main.return();
  });

  it('17. listAllThreads has those awake and those asleep', () => {
    const s = newScheduler();
    const all = many(s, 5);
    const main = s.main();
    expect(s.listAllThreads()).toEqual(all);
    s.pauseThread(all[1]!);
    s.pauseThread(all[4]!);
    stepped(main, all);
    expect(s.listAllThreads()).toEqual(all);
    main.return();
  });

  it('18. isThreadPaused is false while it is active, true after pause', () => {
    const s = newScheduler();
    const all = many(s, 3);
    const main = s.main();
    const paused = () => all.map((process) => s.isThreadPaused(process));
    stepped(main, all);
    expect(paused()).toEqual([false, false, false]);
    s.pauseThread(all[1]!);
    stepped(main, all);
    expect(paused()).toEqual([false, true, false]);
    s.wakeThread(all[1]!);
    stepped(main, all);
    expect(paused()).toEqual([false, false, false]);
    main.return();
  });

  it('19. isThreadPaused is true for strangers', async () => {
    const [s, t] = [newScheduler(), newScheduler()];
    const [ours, theirs] = [new Stepper().activate(s), new Stepper().activate(t)];
    expect([ours, theirs, new Stepper()].map((process) => s.isThreadPaused(process))).toEqual([false, true, true]);
    ours.stop();
    theirs.stop();
    await Promise.all([s.runThreads(), t.runThreads()]);
    expect(s.isThreadPaused(ours)).toBe(true);
  });

  it('20. a pause that is immediately followed by the end still ends, and is closed down', async () => {
    const s = newScheduler();
    let closed = 0;
    class Ends extends microprocess {
      override *main(): Steps {
        this.pause();
      }
      override _closeDownMicroprocess(): unknown {
        closed++;
        return undefined;
      }
    }
    const process = new Ends().activate(s);
    await s.runThreads();
    expect(process._isStopped()).toBe(true);
    expect(closed).toBe(1);
  });

  it('21. slowmo delays each pass, yielding meanwhile', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const [a, b] = many(s, 2) as [Stepper, Stepper];
    const main = s.main({ slowmo: { ms: 1000 } });
    for (let n = 0; n < 100; n++) expect(main.next()).toEqual({ done: false, value: 1 });
    expect([a.steps, b.steps]).toEqual([0, 0]);
    await clock.advance({ ms: 1000 });
    for (let n = 0; n < 100; n++) main.next();
    expect([a.steps, b.steps]).toEqual([1, 1]);
    await clock.advance({ ms: 999 });
    for (let n = 0; n < 100; n++) main.next();
    expect([a.steps, b.steps]).toEqual([1, 1]);
    main.return();
    for (const process of [a, b]) process.stop();
    await s.runThreads();
  });

  it('21 in runThreads: the event loop goes on during the delay, and nothing happens while all sleep', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const process = new Stepper(3).activate(s);
    const sleeper = new Stepper(1).activate(s);
    sleeper.pause();
    let ended = false;
    const all = s.runThreads({ slowmo: { ms: 10 } }).then(() => {
      ended = true;
    });
    const steps: number[] = [];
    for (let n = 0; n < 5; n++) {
      await clock.advance({ ms: 10 });
      await turn();
      steps.push(process.steps);
    }
    expect(steps).toEqual([1, 2, 3, 3, 3]);
    await turn();
    expect(await clock.advanceToNextAlarm()).toBe(false);
    expect(ended).toBe(false);
    sleeper.unpause();
    for (let n = 0; n < 3; n++) {
      await turn();
      await clock.advance({ ms: 10 });
    }
    await all;
    expect(sleeper.steps).toBe(1);
  });

  it('22. a hand-stepped main never blocks when all sleep', () => {
    const s = newScheduler();
    const all = many(s, 5);
    const main = s.main();
    stepped(main, all);
    for (const process of all) s.pauseThread(process);
    for (let n = 0; n < 1000; n++) expect(main.next().done).toBe(false);
    main.return();
  });

  it('23. runThreads blocks, and takes no slices, when all sleep', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class Sleeper extends microprocess {
      override *main(): Steps {
        this.pause();
        yield 1;
      }
    }
    const all = Array.from({ length: 5 }, () => new Sleeper().activate(s));
    let ended = false;
    const run = s.runThreads().then(() => {
      ended = true;
    });
    await clock.settle();
    const slices = () => all.map((process) => Object.values(slicesOf(process))[0]);
    const before = slices();
    for (let n = 0; n < 20; n++) await turn();
    expect(slices()).toEqual(before);
    expect(ended).toBe(false);
    for (const process of all) s.wakeThread(process);
    await run;
  });

  it('24. re-pausing a sleeper and then waking it runs it', () => {
    const s = newScheduler();
    const all = many(s, 2);
    const main = s.main();
    for (let n = 0; n < 3; n++) {
      s.pauseThread(all[0]!);
      expect(stepped(main, all)).toEqual([false, true]);
      s.pauseThread(all[0]!);
      s.pauseThread(all[0]!);
      expect(stepped(main, all)).toEqual([false, true]);
      s.wakeThread(all[0]!);
      expect(stepped(main, all)).toEqual([true, true]);
    }
    main.return();
  });

  it('a wake and a pause before the next step leave it awake', () => {
    const s = newScheduler();
    class Both extends microprocess {
      steps = 0;
      override *main(): Steps {
        for (;;) {
          this.steps++;
          this.pause();
          this.unpause();
          yield 1;
        }
      }
    }
    const process = new Both().activate(s);
    const main = s.main();
    for (let n = 0; n < 10; n++) main.next();
    expect(process.steps).toBeGreaterThan(3);
    main.return();
  });

  it('activates what is yielded as a newComponent, of either kind', async () => {
    const s = newScheduler();
    const brief = new Stepper(2);
    const source = new TestSource([]);
    class Starter extends component {
      override *main(): Steps {
        yield new newComponent(brief, source);
      }
    }
    new Starter().activate(s);
    await s.runThreads();
    await Promise.all([brief.done, source.done]);
    expect(brief.steps).toBe(2);
  });

  it('rejects with the first failure after everything else was stopped', async () => {
    class Fails extends microprocess {
      override *main(): Steps {
        yield 1;
        throw new Error('broken');
      }
    }
    const s = newScheduler();
    const other = new Stepper().activate(s);
    new Fails().activate(s);
    await expect(s.runThreads()).rejects.toThrow(/^Fails_\d+: broken$/);
    expect(other._isStopped()).toBe(true);
    expect(s.listAllThreads()).toEqual([]);
    new Fails().activate(s);
    expect(() => {
      for (const _ of s.main());
    }).toThrow(/broken/);
  });

  it('outlives failures when it is immortal', async () => {
    class Fails extends microprocess {
      override *main(): Steps {
        throw new RangeError('rogue');
      }
    }
    const before = scheduler.run;
    const logged: string[] = [];
    try {
      scheduler.run = newScheduler();
      scheduler.immortalise();
      new Fails().activate({ onLog: ({ message }) => logged.push(message) });
      const other = new Stepper(5).activate();
      await scheduler.run.runThreads();
      expect(other.steps).toBe(5);
      await turn();
      expect(logged).toEqual(['rogue']);
      scheduler.mortalise();
      new Fails().activate();
      await expect(scheduler.run.runThreads()).rejects.toThrow(/rogue/);
    } finally {
      scheduler.run = before;
      if (inNode) process.exitCode = undefined;
    }
  });

  it('stop() stops every microprocess, awake or asleep, and components of the runtime', async () => {
    for (const byHand of [true, false]) {
      const s = newScheduler();
      const all = many(s, 3);
      all[0]!.pause();
      const source = new TestSource<number>();
      s._addThread(source);
      const main = byHand ? s.main() : undefined;
      const run = byHand ? undefined : s.runThreads();
      if (main !== undefined) stepped(main, all);
      else await turn();
      s.stop();
      if (main !== undefined) while (main.next().done !== true);
      await run;
      expect(all.every((process) => process._isStopped())).toBe(true);
      await source.done;
    }
  });

  it('waitForOne() keeps it until a first one has come and gone', async () => {
    const s = newScheduler();
    s.waitForOne();
    let ended = false;
    const run = s.runThreads().then(() => {
      ended = true;
    });
    await turn();
    expect(ended).toBe(false);
    new Stepper(1).activate(s);
    await run;
    const byHand = newScheduler();
    byHand.waitForOne();
    const main = byHand.main();
    for (let n = 0; n < 10; n++) expect(main.next().done).toBe(false);
    new Stepper(1).activate(byHand);
    while (main.next().done !== true);
  });

  it('runs inside another scheduler until everything in it has ended', async () => {
    const [outer, inner] = [newScheduler(), newScheduler()];
    const process = new Stepper(7).activate(inner);
    inner.activate(outer);
    await outer.runThreads();
    expect(process.steps).toBe(7);
  });

  it('waits for components that were activated without it, in the order of the runtime', async () => {
    const s = newScheduler();
    const first = new Stepper(1).activate(s);
    class Late extends Component {
      ended = false;
      override *main(): Steps {
        for (let n = 0; n < 20; n++) yield Promise.resolve();
        this.ended = true;
      }
    }
    const late = new Late();
    late.activate({ scheduler: first[TASK].scheduler });
    await s.runThreads();
    expect(late.ended).toBe(true);
  });

  it('has one main loop at a time', () => {
    const s = newScheduler();
    many(s, 1);
    const main = s.main();
    main.next();
    expect(() => s.main().next()).toThrow(/scheduler_\d+: Expected one main loop but a second was begun/);
    main.return();
  });

  it('tells the time of its clock in seconds', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    await clock.advance({ ms: 1500 });
    expect(s.time).toBe(1.5);
  });
});
