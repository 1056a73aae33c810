// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turn } from '../../test/surroundings.js';
import { type LogEntry, link, Step, type Steps } from '../index.js';
import { TestSink, TestSource, virtualClock } from '../testing/index.js';
import { component, coordinatingassistanttracker, scheduler } from './index.js';

/** Counts how often it was woken. */
class Woken extends component {
  unpaused = 0;
  override *main(): Steps {
    for (;;) {
      this.pause();
      yield 1;
      this.unpaused++;
    }
  }
}

/** Components that sleep, and a function that lets everything happen and gives how often each was woken since. */
async function sleepers(n: number): Promise<[all: Woken[], woken: () => Promise<number[]>]> {
  const clock = virtualClock();
  const s = new scheduler({ clock });
  const all = Array.from({ length: n }, () => new Woken().activate(s));
  const woken = async (): Promise<number[]> => {
    await clock.settle();
    const counts = all.map(({ unpaused }) => unpaused);
    for (const each of all) each.unpaused = 0;
    return counts;
  };
  expect(await woken()).toEqual(Array(n).fill(0));
  return [all, woken];
}

describe('What wakes a paused component', () => {
  it('36. with no events it stays paused', async () => {
    const [[a, b], woken] = (await sleepers(2)) as [[Woken, Woken], () => Promise<number[]>];
    a.link([a, 'outbox'], [b, 'inbox']);
    b.link([b, 'outbox'], [a, 'inbox']);
    for (let n = 0; n < 3; n++) {
      await turn();
      expect(await woken()).toEqual([0, 0]);
    }
  });

  it('37. delivery wakes the consumer', async () => {
    const [[a, b], woken] = (await sleepers(2)) as [[Woken, Woken], () => Promise<number[]>];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.send('x');
    expect((await woken())[1]).toBe(1);
  });

  it('38. sending does not wake the producer', async () => {
    const [[a, b], woken] = (await sleepers(2)) as [[Woken, Woken], () => Promise<number[]>];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.send('x');
    expect((await woken())[0]).toBe(0);
  });

  it('39. collection wakes the producer', async () => {
    const [[a, b], woken] = (await sleepers(2)) as [[Woken, Woken], () => Promise<number[]>];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.send('x');
    await woken();
    b.recv();
    expect(await woken()).toEqual([1, 0]);
  });

  async function chain(): Promise<[Woken[], () => Promise<number[]>]> {
    const [all, woken] = await sleepers(4);
    const [a, b, c, d] = all as [Woken, Woken, Woken, Woken];
    a.link([a, 'outbox'], [b, 'inbox']);
    b.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    c.link([c, 'inbox'], [d, 'inbox'], { passthrough: 1 });
    return [all, woken];
  }

  it('40. in a chain with several inboxes only the final owner is woken', async () => {
    const [all, woken] = await chain();
    all[0]!.send('x');
    expect(await woken()).toEqual([0, 0, 0, 1]);
  });

  it('41. on collection only owners of outboxes are woken', async () => {
    const [all, woken] = await chain();
    all[0]!.send('x');
    await woken();
    all[3]!.recv();
    expect(await woken()).toEqual([1, 0, 0, 0]);
  });

  /** a, b and c pass outboxes on to d's inbox, which e gets. */
  async function fan() {
    const [all, woken] = await sleepers(6);
    const [a, b, c, d, e] = all as [Woken, Woken, Woken, Woken, Woken];
    a.link([a, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    const middle = b.link([b, 'outbox'], [c, 'outbox'], { passthrough: 2 });
    c.link([c, 'outbox'], [d, 'inbox']);
    d.link([d, 'inbox'], [e, 'inbox'], { passthrough: 1 });
    a.send('x');
    await woken();
    return { all: all as [Woken, Woken, Woken, Woken, Woken, Woken], woken, middle };
  }

  it('42. all of them', async () => {
    const { all, woken } = await fan();
    expect(all[3].recv()).toBe('x');
    expect(await woken()).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('43. a link broken before the collection: no wake across it', async () => {
    const { all, woken, middle } = await fan();
    all[1].unlink(middle);
    all[3].recv();
    expect(await woken()).toEqual([0, 0, 1, 0, 0, 0]);
  });

  it('44. broken, then re-made: present owners of outboxes are woken', async () => {
    const { all, woken, middle } = await fan();
    const [, b, c, d] = all;
    b.unlink(middle);
    await woken();
    b.link([b, 'outbox'], [c, 'outbox'], { passthrough: 2 });
    d.recv();
    expect(await woken()).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('45. a link added after the sending: the new owner is woken too', async () => {
    const { all, woken } = await fan();
    const [, , c, d, , f] = all;
    f.link([f, 'outbox'], [c, 'outbox'], { passthrough: 2 });
    d.recv();
    expect(await woken()).toEqual([1, 1, 1, 0, 0, 1]);
  });

  it('a message that came while it worked, not one that it had left lying', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class OneEach extends component {
      readonly seen: unknown[] = [];
      override *main(): Steps {
        for (;;) {
          if (this.dataReady()) this.seen.push(this.recv());
          this.pause();
          yield 1;
        }
      }
    }
    const one = new OneEach().activate(s);
    await clock.settle();
    for (const message of ['x', 'y', 'z']) one._deliver(message);
    await clock.settle();
    expect(one.seen).toEqual(['x']);
    one._deliver('!');
    await clock.settle();
    expect(one.seen).toEqual(['x', 'y']);
    one.unpause();
    one.unpause();
    await clock.settle();
    expect(one.seen).toEqual(['x', 'y', 'z']);
  });

  it('time, promises and wakes from outside, as any component', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const log: string[] = [];
    class Waits extends component {
      readonly outside = this.external();
      override *main(): Steps {
        this.pause();
        yield* this.sleep({ ms: 5 });
        log.push(`slept ${this.clock.now()}`);
        log.push(yield* this.until(Promise.resolve('promise')));
        this.pause();
        this.wakeAt(this.clock.now() + 1000);
        yield 1;
        log.push(`alarm ${this.clock.now()}`);
        this.pause();
        yield 1;
        log.push('external');
      }
    }
    const waits = new Waits().activate(s);
    await clock.advance({ ms: 5 });
    // While it waits for time, pause changes nothing, and wakes are kept for its next plain yield.
    await clock.advance({ ms: 1 });
    expect(log).toEqual(['slept 5000', 'promise', 'alarm 6000']);
    waits.outside.wake();
    await s.runThreads();
    expect(log.at(-1)).toBe('external');
  });
});

describe('A component that yields', () => {
  class Idle extends component {
    slices = 0;
    override *main(): Steps {
      for (;;) {
        this.slices++;
        yield 1;
      }
    }
  }

  async function warned(make: (idle: Idle) => void): Promise<LogEntry[]> {
    const clock = virtualClock();
    const logs: LogEntry[] = [];
    const idle = new Idle();
    make(idle);
    idle.activate({ clock, onLog: (entry) => logs.push(entry) });
    await clock.settle();
    for (let n = 0; n < 3; n++) {
      idle.unpause();
      await clock.settle();
    }
    // The first yield of all is a common beginning, and never sleeps.
    expect(idle.slices).toBe(5);
    return logs;
  }

  it('sleeps until something changes, and says once when nothing can', async () => {
    const [entry, ...others] = await warned(() => {});
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ level: 'warn', path: expect.stringMatching(/^Idle_\d+$/) });
    expect(entry?.message).toMatch(/^yielded with nothing that could wake it/);
  });

  it('says nothing when something can: a linked inbox, a child, a service', async () => {
    expect(await warned((idle) => link(new TestSource().outbox, idle.inboxes.inbox as never))).toEqual([]);
    expect(await warned((idle) => idle.addChildren(new component()))).toEqual([]);
    const cat = coordinatingassistanttracker.getcat();
    expect(await warned((idle) => cat.registerService('idle', idle, 'inbox'))).toEqual([]);
    cat.zap();
  });

  it('says nothing when it is told to pause', async () => {
    const logs: LogEntry[] = [];
    const clock = virtualClock();
    new Woken().activate({ clock, onLog: (entry) => logs.push(entry) });
    await clock.settle();
    expect(logs).toEqual([]);
  });

  it('goes on as long as it takes or sends something, or says so', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class Ten extends component {
      readonly notes: string[] = [];
      override *main(): Steps {
        for (let n = 0; n < 10; n++) {
          this.send(n);
          yield 1;
        }
        for (let n = 0; n < 10; n++) yield Step.again;
        this.notes.push('end');
      }
    }
    const ten = new Ten();
    const sink = new TestSink();
    ten.link([ten, 'outbox'], [sink, 'inbox']);
    ten.activate(s);
    s._addThread(sink);
    await s.runThreads();
    expect(sink.messages).toHaveLength(10);
    expect(ten.notes).toEqual(['end']);
  });
});
