// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { CancelledError, Component, type External, Graphline, link, Pipeline, Scheduler, type Steps } from './index.js';
import { IDLE } from './task.js';
import { drive, slicesOf, virtualClock } from './testing/index.js';

class Doubler extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv() * 2);
      yield;
    }
  }
}

class AsyncDoubler extends Component {
  readonly inbox = this.in<number>('inbox', { capacity: 2 });
  readonly outbox = this.out<number>('outbox');
  override async main(): Promise<void> {
    const { inbox, outbox } = this;
    for (let m = await inbox.next(); m !== undefined; m = await inbox.next()) outbox.send(m * 2);
  }
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('a component', () => {
  it('maps its messages in order and ends with its input', async () => {
    const got: number[] = [];
    await Pipeline([1, 2, 3], new Doubler(), new Doubler(), (n: number) => void got.push(n)).run();
    expect(got).toEqual([4, 8, 12]);
  });

  it('carries more messages than its inboxes hold, and grows its rings only up to the capacity', async () => {
    const doubler = new Doubler();
    const run = drive(doubler, { inbox: numbers(1000) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(1000).map((n) => n * 2));
    expect(doubler.inbox.buf.length).toBe(64);
  });

  it('keeps no message in its ring after taking it', async () => {
    const doubler = new Doubler();
    const run = drive(doubler);
    for (const n of numbers(200)) {
      run.inbox.send(n);
      await run.settle();
      expect(doubler.inbox.buf.every((slot) => slot === undefined)).toBe(true);
    }
    run.abort();
  });

  it('is not run while its destination is full, and again when that is half empty', async () => {
    const doubler = new Doubler();
    const run = drive(doubler, { inbox: numbers(300) }, { held: true });
    await run.settle();
    expect(doubler.outbox.open).toBe(false);
    expect(doubler.inbox.length).toBe(64);
    expect(doubler.inbox.ready).toBe(false);
    run.outbox.take(31);
    await run.settle();
    expect(doubler.outbox.open).toBe(false);
    run.outbox.take(1);
    await run.settle();
    expect(run.outbox.messages).toHaveLength(32);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toHaveLength(300);
  });

  it('may take one message a slice', async () => {
    class Slow extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          if (this.inbox.ready) this.outbox.send(this.inbox.recv());
          yield;
        }
      }
    }
    const run = drive(new Slow(), { inbox: numbers(100) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(100));
  });

  it('may send several messages for one, a slice each', async () => {
    class Splitter extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv();
            for (let i = 0; i < n; i++) {
              this.outbox.send(i);
              yield;
            }
          }
          yield;
        }
      }
    }
    const run = drive(new Splitter(), { inbox: [3, 2] });
    await run.done;
    expect(run.outbox.messages).toEqual([0, 1, 2, 0, 1]);
  });

  it('sees the end that came while it yielded in an inner loop', async () => {
    let ext: External | undefined;
    class Outside extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        ext = this.external();
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            answered = false;
            this.inbox.recv();
            while (!answered) yield;
          }
          yield;
        }
      }
    }
    let answered = false;
    const run = drive(new Outside(), { inbox: [1] });
    await run.settle();
    answered = true;
    ext?.wake();
    await run.done;
  });

  it('sleeps when it holds back its input, instead of spinning', async () => {
    class Holder extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 16 });
      override *main(): Steps {
        for (;;) yield;
      }
    }
    const holder = new Holder();
    const run = drive(holder);
    for (let i = 0; i < 10; i++) {
      run.inbox.send(i);
      await run.settle();
    }
    expect(Object.values(slicesOf(holder))[0]).toBeLessThanOrEqual(14);
    run.abort();
  });

  it('takes and hands over whole batches', async () => {
    class Batcher extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          if (this.inbox.ready) this.outbox.sendAll(this.inbox.takeAll().map((n) => -n));
          yield;
        }
      }
    }
    const run = drive(new Batcher(), { inbox: numbers(500) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500).map((n) => -n));
  });

  it('drains by iteration while it is not blocked', async () => {
    class Iterating extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          for (const n of this.inbox) this.outbox.send(n);
          yield;
        }
      }
    }
    const run = drive(new Iterating(), { inbox: numbers(500) }, { held: true });
    await run.settle();
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500));
  });

  it('refuses recv() on an empty inbox by name', async () => {
    class Hasty extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        this.inbox.recv();
      }
    }
    await expect(drive(new Hasty()).done).rejects.toThrow(/Hasty-1\.inbox: Expected a waiting message for recv\(\)/);
  });

  it('refuses a wrong capacity and two boxes of one name where they are declared', () => {
    class Wrong extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 0 });
    }
    class Twice extends Component {
      readonly a = this.in<number>('inbox');
      readonly b = this.in<number>('inbox');
    }
    expect(() => new Wrong()).toThrow(
      /^Wrong: Expected a whole number of at least 1 for capacity of inbox but received 0/,
    );
    expect(() => new Twice()).toThrow(/^Twice: Expected one inbox named "inbox"/);
  });

  it('without a main is refused', async () => {
    class Empty extends Component {}
    await expect(new Empty().run()).rejects.toThrow(/Empty: Expected a method main\(\)/);
  });
});

describe('an async main', () => {
  it('is bounded like any other and sees the end as undefined', async () => {
    const component = new AsyncDoubler();
    const run = drive(component, { inbox: numbers(500) }, { held: true });
    await run.settle();
    expect(component.inbox.length).toBe(2);
    expect(run.outbox.messages).toHaveLength(0);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500).map((n) => n * 2));
  });

  it('waits for room as a source', async () => {
    class Source extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let i = 0; i < 200; i++) {
          await this.outbox.room();
          this.outbox.send(i);
        }
      }
    }
    const run = drive(new Source(), {}, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(200));
  });

  it('gets CancelledError from its wait when it is stopped, and its clean-up runs', async () => {
    const seen: unknown[] = [];
    class Waiting extends Component {
      readonly inbox = this.in<number>('inbox');
      override async main(): Promise<void> {
        try {
          await this.inbox.next();
        } catch (error) {
          seen.push(error, this.signal.aborted);
          throw error;
        } finally {
          seen.push('closed');
        }
      }
    }
    const waiting = new Waiting();
    waiting.activate({ clock: virtualClock() });
    await Promise.resolve();
    waiting.stop();
    await waiting.done;
    expect(seen[0]).toBeInstanceOf(CancelledError);
    expect(seen.slice(1)).toEqual([true, 'closed']);
  });

  it('may run several waiting loops side by side', async () => {
    class Both extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly other = this.in<number>('other');
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        const loop = async (inbox: typeof this.inbox) => {
          for (let m = await inbox.next(); m !== undefined; m = await inbox.next()) this.outbox.send(m);
        };
        await Promise.all([loop(this.inbox), loop(this.other)]);
      }
    }
    const run = drive(new Both(), { inbox: numbers(300), other: numbers(300) });
    await run.done;
    expect([...run.outbox.messages].sort((a, b) => a - b)).toEqual(numbers(600).map((n) => n >> 1));
  });

  it('passes time with delay() on the virtual clock', async () => {
    class Ticking extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let i = 0; i < 3; i++) {
          await this.delay({ ms: 10 });
          this.outbox.send(i);
        }
      }
    }
    const run = drive(new Ticking());
    await run.advance({ ms: 25 });
    expect(run.outbox.timesMs).toEqual([10, 20]);
    await run.finish();
    expect(run.outbox.timesMs).toEqual([10, 20, 30]);
  });
});

describe("the article's spelling", () => {
  class Shout extends Component {
    override *main(): Steps {
      for (;;) {
        while (this.dataReady('inbox')) this.send(`${String(this.recv('inbox'))}!`, 'outbox');
        yield 1;
      }
    }
  }

  it('works without declared boxes, bounded', async () => {
    const run = drive(new Shout(), {}, { held: true });
    run.inbox.send(...numbers(200));
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.settle();
    expect(run.outbox.messages).toEqual(numbers(200).map((n) => `${n}!`));
    run.abort();
  });

  it('parks on `yield 1` instead of polling', async () => {
    const shout = new Shout();
    const run = drive(shout);
    run.inbox.send('a');
    await run.settle();
    expect(Object.values(slicesOf(shout))[0]).toBeLessThanOrEqual(5);
    run.abort();
  });

  it('reaches declared boxes too, and names the nearest for a slip', async () => {
    class Slip extends Component {
      readonly video = this.in<number>('video');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        expect(this.dataReady('video')).toBe(0);
        expect(this.anyReady()).toBe(false);
        this.send(1, 'outbix');
      }
    }
    await expect(drive(new Slip()).done).rejects.toThrow(
      /Slip-1: Expected the name of an outbox but received "outbix"; did you mean "outbox"\?/,
    );
  });

  it('tells which inbox is ready', async () => {
    const seen: (string | false)[] = [];
    class Any extends Component {
      readonly a = this.in<number>('a');
      readonly b = this.in<number>('b');
      override *main(): Steps {
        while (!this.b.ended) {
          seen.push(this.anyReady());
          if (this.b.ready) this.b.recv();
          yield;
        }
      }
    }
    await drive(new Any(), { b: [1] }).done;
    expect(seen).toContain('b');
  });
});

describe('time and the world outside', () => {
  it('sleeps and is woken at deadlines on the virtual clock', async () => {
    class Ticker extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        yield* this.sleep({ ms: 5, us: 500 });
        this.outbox.send('slept');
        const deadline = this.clock.now() + 20_000;
        this.wakeAt(deadline);
        while (this.clock.now() < deadline) {
          while (this.inbox.ready) this.outbox.send(`message ${this.inbox.recv()}`);
          yield;
        }
        this.outbox.send('deadline');
      }
    }
    const run = drive(new Ticker());
    await run.advance({ ms: 10 });
    run.inbox.send(7);
    await run.advance({ ms: 100 });
    expect(run.outbox.messages).toEqual(['slept', 'message 7', 'deadline']);
    expect(run.outbox.timesMs).toEqual([5.5, 10, 25.5]);
  });

  it('gives the result of a promise and throws its rejection', async () => {
    class Until extends Component {
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        this.outbox.send(yield* this.until(Promise.resolve(4)));
        try {
          yield* this.until(Promise.reject(new Error('no')));
        } catch (error) {
          this.outbox.send((error as Error).message.length);
        }
      }
    }
    const run = drive(new Until());
    await run.done;
    expect(run.outbox.messages).toEqual([4, 2]);
  });

  it('wakes once for many calls, and not after its end', async () => {
    let ext: External | undefined;
    class Woken extends Component {
      turns = 0;
      override *main(): Steps {
        ext = this.external();
        for (; this.turns < 3; this.turns++) yield;
      }
    }
    const woken = new Woken();
    const clock = virtualClock();
    woken.activate({ clock });
    await clock.settle();
    expect(woken.turns).toBe(0);
    for (let i = 0; i < 10; i++) ext?.wake();
    await clock.settle();
    expect(woken.turns).toBe(1);
    ext?.wake();
    await clock.settle();
    ext?.wake();
    await woken.done;
    ext?.wake();
    ext?.hold();
    ext?.release();
    expect(woken.turns).toBe(3);
  });

  it('does not lose a wake-up that comes while it waits for a promise', async () => {
    let ext: External | undefined;
    let settle = (): void => {};
    class Busy extends Component {
      looks = 0;
      override *main(): Steps {
        ext = this.external();
        yield new Promise<void>((resolve) => {
          settle = resolve;
        });
        this.looks++;
        yield;
        this.looks++;
      }
    }
    const busy = new Busy();
    const clock = virtualClock();
    busy.activate({ clock });
    await Promise.resolve();
    await Promise.resolve();
    ext?.wake();
    settle();
    await busy.done;
    expect(busy.looks).toBe(2);
  });

  it('keeps virtual time still while outside work is held', async () => {
    let ext: External | undefined;
    class Holding extends Component {
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        ext = this.external();
        ext.hold();
        yield* this.sleep({ ms: 1 });
        this.outbox.send(this.clock.now());
      }
    }
    const run = drive(new Holding());
    const advanced = run.advance({ ms: 5 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.clock.now()).toBe(0);
    ext?.release();
    await advanced;
    expect(run.outbox.messages).toEqual([1000]);
    expect(() => ext?.release()).not.toThrow();
  });

  it('takes no slice while nothing happens, with 10000 components parked', async () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    class Parked extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (!this.inbox.ended) yield;
      }
    }
    let slices = 0;
    const counting = new Scheduler({ clock: scheduler.clock, onSlice: () => slices++ });
    const all = Array.from({ length: 10_000 }, () => new Parked().activate({ scheduler: counting }));
    await counting.settled();
    const before = slices;
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(slices).toBe(before);
    for (const parked of all) parked.stop();
    await counting.settled();
    expect(counting.graphs.size).toBe(0);
  });

  it('gives the event loop its turn during endless work', async () => {
    class Endless extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        this.outbox.send(0);
        for (;;) {
          while (this.inbox.ready) this.outbox.send(this.inbox.recv() + 1);
          yield;
        }
      }
    }
    const a = new Endless();
    const b = new Endless();
    const ring = Graphline({ a, b }, () => [link(a.outbox, b.inbox), link(b.outbox, a.inbox)]);
    ring.activate({ clock: virtualClock() });
    let turns = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++turns === 3) {
          clearInterval(timer);
          resolve();
        }
      }, 1);
    });
    ring.stop();
    await ring.done;
  });
});

it('Inbox.push and the task agree on the number of the state IDLE', () => {
  expect(IDLE).toBe(3);
});
