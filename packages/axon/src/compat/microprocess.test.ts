// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, type Steps } from '../index.js';
import { virtualClock } from '../testing/index.js';
import { component, microprocess, reactivate, scheduler, shutdownMicroprocess, WaitComplete } from './index.js';

const newScheduler = () => new scheduler({ clock: virtualClock() });

/** Counts its steps for ever. */
class Counting extends microprocess {
  steps = 0;
  override *main(): Steps {
    for (;;) {
      this.steps++;
      yield 1;
    }
  }
}

describe('microprocess', () => {
  it('1. two microprocesses never share an id', () => {
    const ids = Array.from({ length: 100 }, (_, n) => (n % 2 ? new microprocess() : new component()).id);
    expect(new Set(ids).size).toBe(100);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
    expect(new Counting().name).toMatch(/^Counting_\d+$/);
    expect(new microprocess({ tag: ':x' }).name).toMatch(/^microprocess_\d+:x$/);
  });

  it('2. activate uses the given scheduler, else that of the class', async () => {
    const given = newScheduler();
    const process = new microprocess();
    expect(process.scheduler).toBe(undefined);
    expect(process.activate(given)).toBe(process);
    expect(process.scheduler).toBe(given);
    expect(given.listAllThreads()).toEqual([process]);
    const other = new microprocess().activate();
    expect(other.scheduler).toBe(scheduler.run);
    await Promise.all([process.done, other.done]);
    expect(process.scheduler).toBe(undefined);
  });

  it('3. setSchedulerClass on a subclass is honoured', async () => {
    class Special extends microprocess {}
    class MoreSpecial extends Special {}
    const Ours = { run: newScheduler() };
    expect(microprocess.schedulerClass).toBe(scheduler);
    Special.setSchedulerClass(Ours);
    expect([microprocess, component, Special, MoreSpecial].map((cls) => cls.schedulerClass)).toEqual([
      scheduler,
      scheduler,
      Ours,
      Ours,
    ]);
    const [plain, special] = [new microprocess().activate(), new MoreSpecial().activate()];
    expect(Ours.run.listAllThreads()).toEqual([special]);
    await Promise.all([plain.done, special.done]);
  });

  it('4. stepping an overridden main returns its yields, then ends exactly once', () => {
    let closed = 0;
    class Ten extends microprocess {
      override *main(): Steps {
        for (let n = 1; n <= 10; n++) yield n;
      }
      override _closeDownMicroprocess(): unknown {
        closed++;
        return super._closeDownMicroprocess();
      }
    }
    const process = new Ten();
    for (let n = 1; n <= 10; n++) expect(process.next()).toEqual({ done: false, value: n });
    expect(process.next()).toEqual({ done: true, value: undefined });
    expect(closed).toBe(1);
    expect(process._isStopped()).toBe(true);
  });

  it('5. after stop it is stopped and not runnable', async () => {
    const s = newScheduler();
    const process = new Counting().activate(s);
    expect([process._isStopped(), process._isRunnable()]).toEqual([false, true]);
    process.stop();
    expect([process._isStopped(), process._isRunnable()]).toEqual([true, false]);
    process.unpause();
    expect([process._isStopped(), process._isRunnable()]).toEqual([true, false]);
    await s.runThreads();
    expect(s.listAllThreads()).toEqual([]);
  });

  it('5 by hand: one that was stopped yields once more, without its body, and ends', () => {
    const process = new Counting();
    for (let n = 1; n <= 5; n++) expect(process.next()).toEqual({ done: false, value: 1 });
    process.pause();
    process.next();
    // Whether it is paused is the scheduler's affair.
    expect(process.steps).toBe(6);
    process.stop();
    expect(process.next()).toEqual({ done: false, value: undefined });
    expect(process.next().done).toBe(true);
    expect(process.steps).toBe(6);
  });

  it('6. after pause it is not runnable until unpause', async () => {
    const s = newScheduler();
    const process = new Counting().activate(s);
    expect(process._isRunnable()).toBe(true);
    process.pause();
    expect(process._isRunnable()).toBe(false);
    process.unpause();
    expect(process._isRunnable()).toBe(true);
    process.stop();
    await s.runThreads();
  });

  it('7. the close-down value of a bare microprocess is 0, that of a component none', () => {
    expect(new microprocess()._closeDownMicroprocess()).toBe(0);
    expect(new component()._closeDownMicroprocess()).toBe(undefined);
    expect(new microprocess({ closeDownValue: 'x' })._closeDownMicroprocess()).toBe('x');
  });

  it('takes a ready generator, and the name of another method', async () => {
    const log: string[] = [];
    function* ready(): Steps {
      log.push('ready');
      yield 1;
    }
    class Other extends microprocess {
      *second(): Steps {
        log.push('second');
        yield 1;
      }
    }
    const s = newScheduler();
    new microprocess({ thread: ready() }).activate(s);
    new Other().activate(s, undefined, 'second');
    await s.runThreads();
    expect(log).toEqual(['ready', 'second']);
    new Other().activate(s, undefined, 'third');
    await expect(s.runThreads()).rejects.toThrow(/Other: Expected a generator from third\(\) but received undefined/);
  });

  it('ends at once when it was stopped asleep, and runs its finally blocks', async () => {
    const log: string[] = [];
    class Sleeper extends microprocess {
      override *main(): Steps {
        try {
          this.pause();
          yield 1;
          log.push('woken');
        } finally {
          yield 'in finally';
          log.push('finally');
        }
      }
    }
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const process = new Sleeper().activate(s);
    const all = s.runThreads();
    await clock.settle();
    expect(process._isRunnable()).toBe(false);
    process.stop();
    await all;
    expect(log).toEqual(['finally']);
  });

  it('closes down with a request for others: they are stopped, or woken', async () => {
    const s = newScheduler();
    const [stopped, woken] = [new Counting(), new Counting()];
    class Ends extends microprocess {
      override *main(): Steps {}
    }
    stopped.activate(s);
    woken.activate(s).pause();
    new Ends({ closeDownValue: new shutdownMicroprocess(stopped) }).activate(s);
    new Ends({ closeDownValue: new reactivate(woken) }).activate(s);
    const main = s.main();
    for (let n = 0; n < 20; n++) main.next();
    expect(stopped._isStopped()).toBe(true);
    expect(woken.steps).toBeGreaterThan(0);
    main.return();
    woken.stop();
    await s.runThreads();
  });

  it('is activated once', async () => {
    const s = newScheduler();
    const process = new microprocess().activate(s);
    expect(() => process.activate(s)).toThrow(/activated already/);
    await s.runThreads();
  });

  it('run() resolves when its scheduler has nothing left', async () => {
    class Brief extends microprocess {
      override *main(): Steps {
        yield* this.sleep({ ms: 1 });
      }
    }
    const process = new Brief();
    await process.run();
    expect(process._isStopped()).toBe(true);
    const failing = new (class extends microprocess {
      override *main(): Steps {
        throw new Error('no');
      }
    })();
    await expect(failing.run()).rejects.toThrow(/: no$/);
  });
});

describe('WaitComplete', () => {
  it('suspends the microprocess until the generator has ended, and gives what that returned', async () => {
    const log: unknown[] = [];
    class Waits extends microprocess {
      override *main(): Steps {
        log.push(yield new WaitComplete(this.inner(2)));
        log.push('end');
      }
      *inner(depth: number): Generator<unknown, string, unknown> {
        yield 1;
        log.push(`inner ${depth}`);
        if (depth > 1) log.push(yield new WaitComplete(this.inner(depth - 1)));
        return `result ${depth}`;
      }
    }
    const s = newScheduler();
    new Waits().activate(s);
    await s.runThreads();
    expect(log).toEqual(['inner 2', 'inner 1', 'result 1', 'result 2', 'end']);
  });

  it('lets messages arrive, and pause() pause', async () => {
    class Waits extends component {
      slices = 0;
      override *main(): Steps {
        this.send(yield new WaitComplete(this.inner()));
      }
      *inner(): Generator<unknown, unknown, unknown> {
        while (!this.dataReady()) {
          this.slices++;
          this.pause();
          yield 1;
        }
        return this.recv();
      }
    }
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const [waits, sink] = [new Waits(), new component()];
    waits.link([waits, 'outbox'], [sink, 'inbox']);
    waits.activate(s);
    const all = s.runThreads();
    await clock.settle();
    expect(waits.slices).toBe(1);
    waits._deliver('x');
    await all;
    expect(sink.recv()).toBe('x');
  });

  it("throws the generator's error where it was yielded", async () => {
    let caught: unknown;
    function* fails(): Generator<unknown, void, unknown> {
      yield 1;
      throw new Error('inner');
    }
    class Catches extends microprocess {
      override *main(): Steps {
        try {
          yield new WaitComplete(fails());
        } catch (error) {
          caught = error;
        }
      }
    }
    const s = newScheduler();
    new Catches().activate(s);
    await s.runThreads();
    expect(caught).toEqual(new Error('inner'));
  });

  it('refuses what is no generator', () => {
    expect(() => new WaitComplete((() => 1) as never)).toThrow(/^WaitComplete: Expected a generator but received/);
  });
});

describe('A microprocess among components of the runtime', () => {
  it('stays runnable on a plain yield, and lets them run', async () => {
    const s = newScheduler();
    const log: string[] = [];
    class Once extends Component {
      override *main(): Steps {
        log.push('once');
      }
    }
    class Three extends microprocess {
      override *main(): Steps {
        for (let n = 1; n <= 3; n++) {
          log.push(`step ${n}`);
          yield 1;
        }
      }
    }
    new Three().activate(s);
    s._addThread(new Once());
    await s.runThreads();
    expect(log).toEqual(['step 1', 'step 2', 'once', 'step 3']);
  });
});
