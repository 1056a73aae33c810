// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from '../component.js';
import { Component, Pipeline, Scheduler, type Steps } from '../index.js';
import { checkInvariants, TestSink, TestSource, virtualClock } from '../testing/index.js';
import { component, noSpaceInBox, scheduler } from './index.js';

const some = (n: number): component[] => Array.from({ length: n }, () => new component());

/** a sends to b, whose inbox has a size. */
function sized(size: number | null): [component, component] {
  const [a, b] = some(2) as [component, component];
  b.inboxes.inbox?.setSize(size);
  a.link([a, 'outbox'], [b, 'inbox']);
  return [a, b];
}

function sends(from: component, times: number): void {
  for (let n = 0; n < times; n++) from.send(n);
}

describe('The size of an inbox', () => {
  it('60. setSize can be called', () => {
    const [a] = some(1) as [component];
    expect(a.inboxes.inbox?.getSize()).toBe(undefined);
    a.inboxes.inbox?.setSize(5);
    expect(a.inboxes.inbox?.getSize()).toBe(5);
    a.setInboxSize('inbox', 7);
    expect(a.inboxes.inbox?.getSize()).toBe(7);
    for (const wrong of [-1, 1.5, Number.NaN]) {
      expect(() => a.setInboxSize('inbox', wrong)).toThrow(
        new RegExp(`${a.name}.inbox: Expected a whole number from 0 for size but received ${wrong}`),
      );
    }
    expect(() => a.setInboxSize('outbox', 1)).toThrow(/Expected the name of an inbox/);
  });

  it('61. size 5 takes 5', () => {
    const [a, b] = sized(5);
    sends(a, 5);
    expect(b.dataReady()).toBe(5);
  });

  it('62. the sixth raises noSpaceInBox', () => {
    const [a, b] = sized(5);
    sends(a, 5);
    expect(() => a.send('sixth')).toThrow(noSpaceInBox);
    expect(() => a.send('sixth')).toThrow(`${b.name}.inbox: Expected room for a message but it holds 5 of 5`);
    expect(b.dataReady()).toBe(5);
    try {
      a.send('sixth');
    } catch (error) {
      expect(error).toMatchObject({ name: 'noSpaceInBox', args: [5, 5], current: 5, capacity: 5 });
    }
  });

  it('63. taking 3 allows exactly 3 more', () => {
    const [a, b] = sized(5);
    sends(a, 5);
    for (let n = 0; n < 3; n++) b.recv();
    sends(a, 3);
    expect(() => a.send('x')).toThrow(noSpaceInBox);
  });

  it('64. a limit in the middle of a chain has no effect', () => {
    const [a, b] = sized(5);
    const c = new component();
    b.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    sends(a, 10);
    expect(c.dataReady()).toBe(10);
  });

  it('65. until the chain breaks', () => {
    const [a, b] = sized(5);
    const c = new component();
    const middle = b.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    sends(a, 10);
    b.unlink(middle);
    sends(a, 5);
    expect(() => a.send('x')).toThrow(noSpaceInBox);
    expect([b.dataReady(), c.dataReady()]).toEqual([5, 10]);
  });

  it('66. size none = unlimited', () => {
    const [a, b] = sized(null);
    sends(a, 9999);
    expect(b.dataReady()).toBe(9999);
  });

  it('67. a limit, then none = unlimited', () => {
    const [a, b] = sized(5);
    sends(a, 5);
    b.setInboxSize('inbox', null);
    sends(a, 500);
    expect(b.dataReady()).toBe(505);
    expect(b.inboxes.inbox?.getSize()).toBe(undefined);
  });

  it('68. all producers of one sink see the same fullness', () => {
    const [a, b, c, d, e] = some(5) as [component, component, component, component, component];
    e.setInboxSize('inbox', 16);
    a.link([a, 'outbox'], [e, 'inbox']);
    b.link([b, 'outbox'], [e, 'inbox']);
    c.link([c, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    d.link([d, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    for (let n = 0; n < 32; n++) {
      const sender = [a, b, c, d][n % 4] as component;
      if (n < 16) sender.send(n);
      else expect(() => sender.send(n)).toThrow(noSpaceInBox);
    }
    expect([...e.Inbox()]).toEqual(Array.from({ length: 16 }, (_, n) => n));
  });

  it('is set by pipewidth, synchronous and setSynchronous; 0 is legal', () => {
    const [a, b] = some(2) as [component, component];
    const made = a.link([a, 'outbox'], [b, 'inbox'], { pipewidth: 3 });
    sends(a, 3);
    expect(() => a.send('x')).toThrow(noSpaceInBox);
    expect(made.setSynchronous(4)).toBe(4);
    a.send('x');
    expect(() => a.send('x')).toThrow(noSpaceInBox);
    expect(made.setSynchronous(null)).toBe(undefined);
    sends(a, 100);
    a.link([a, 'signal'], [b, 'control'], { synchronous: true });
    a.send('x', 'signal');
    expect(() => a.send('x', 'signal')).toThrow(noSpaceInBox);
    b.setInboxSize('control', 0);
    b.recv('control');
    expect(() => a.send('x', 'signal')).toThrow(/holds 0 of 0/);
  });

  it('is looked at before waiting messages are moved: all of them move, or none', () => {
    const [a, b, c] = some(3) as [component, component, component];
    for (let n = 0; n < 4; n++) a._deliver(n);
    b.setInboxSize('inbox', 3);
    expect(() => c.link([a, 'inbox'], [b, 'inbox'], 1)).toThrow(noSpaceInBox);
    expect([a.dataReady(), b.dataReady()]).toEqual([4, 0]);
    expect(c.postoffice.linkages).toEqual([]);
    b.setInboxSize('inbox', 4);
    c.link([a, 'inbox'], [b, 'inbox'], 1);
    expect([...b.Inbox()]).toEqual([0, 1, 2, 3]);
  });

  it('a sender that was refused sleeps until one is taken, and goes on with other work meanwhile', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const log: string[] = [];
    class Sender extends component {
      override *main(): Steps {
        for (let n = 0; n < 4; n++) {
          for (;;) {
            try {
              this.send(n);
              break;
            } catch (error) {
              if (!(error instanceof noSpaceInBox)) throw error;
              this.send(`waits with ${n}`, 'signal');
              this.pause();
              yield 1;
            }
          }
        }
      }
    }
    const sender = new Sender();
    const [sink, told] = [new component(), new TestSink<string>()];
    sender.link([sender, 'outbox'], [sink, 'inbox'], { pipewidth: 2 });
    sender.link([sender, 'signal'], [told, 'inbox']);
    sender.activate(s);
    s._addThread(told);
    const all = s.runThreads();
    await clock.settle();
    log.push(...told.messages.splice(0));
    expect(sender[TASK].blocked).toBe(0);
    sink.recv();
    await clock.settle();
    log.push(...told.messages.splice(0));
    expect(log).toEqual(['waits with 2', 'waits with 3']);
    sink.recv();
    await all;
    expect([...sink.Inbox()]).toEqual([2, 3]);
  });

  it('holds back components of the runtime, which are not refused', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const s = scheduler.of(core);
    class Slow extends component {
      readonly got: unknown[] = [];
      override *main(): Steps {
        for (;;) {
          this.pause();
          yield 1;
          if (this.dataReady()) this.got.push(this.recv());
        }
      }
    }
    const source = new TestSource(Array.from({ length: 10 }, (_, n) => n));
    const slow = new Slow();
    slow.link([source, 'outbox'], [slow, 'inbox'], { pipewidth: 3 });
    slow.activate(s);
    s._addThread(source);
    await core.settled();
    for (let n = 0; n < 10; n++) {
      expect(slow.inboxes.inbox?.length).toBeLessThanOrEqual(3);
      checkInvariants(core);
      slow.unpause();
      await core.settled();
    }
    expect(slow.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    slow.stop();
    await s.runThreads();
  });

  it('may be given to an inbox of the runtime, and taken back', async () => {
    const sink = new TestSink<number>();
    sink.hold();
    class Sender extends component {
      refused = 0;
      override *main(): Steps {
        try {
          sends(this, 100);
        } catch {
          this.refused++;
        }
      }
    }
    const sender = new Sender();
    const made = sender.link([sender, 'outbox'], [sink, 'inbox'], { pipewidth: 5 });
    const core = new Scheduler({ clock: virtualClock() });
    sink.activate({ scheduler: core });
    sender.activate(scheduler.of(core));
    await core.settled();
    expect([sender.refused, sink.inbox.length]).toEqual([1, 5]);
    made.setSynchronous();
    expect(sink.inbox.capacity).toBe(64);
    sink.take();
    await Promise.all([sender.done, sink.done]);
  });

  it('refuses whoever uses this.send(), by an error that ends those who do not expect it', async () => {
    class Article extends Component {
      override *main(): Steps {
        for (let n = 0; n < 10; n++) this.send(n, 'outbox');
      }
    }
    class Old extends component {
      override *main(): Steps {
        sends(this, 10);
      }
    }
    for (const sender of [new Article(), new Old()]) {
      const sink = new component();
      sink.setInboxSize('inbox', 3);
      await expect(Pipeline(sender, sink).run()).rejects.toThrow(/holds 3 of 3/);
    }
  });
});
