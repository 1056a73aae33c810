// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turn } from '../test/surroundings.js';
import { Component, type External, Graphline, link, Scheduler, type Steps } from './index.js';
import { drive, virtualClock } from './testing/index.js';

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
    // On a busy machine the first slice may come a turn of the event loop later.
    while (ext === undefined) await turn();
    (ext as External).wake();
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
    do await turn();
    while (ext === undefined);
    expect(run.clock.now()).toBe(0);
    (ext as External).release();
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
    for (let i = 0; i < 20; i++) await turn();
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
