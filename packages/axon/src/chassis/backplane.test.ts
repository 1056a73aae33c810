// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Backplane, Component, Pipeline, PublishTo, Scheduler, type Steps, SubscribeTo } from '../index.js';
import { checkInvariants, TestSink, TestSource, virtualClock } from '../testing/index.js';

function setUp() {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  const logs: string[] = [];
  const options = {
    scheduler,
    onLog: ({ level, message }: { level: string; message: string }) => logs.push(`${level}: ${message}`),
  };
  const start = <C extends Component>(component: C): C => {
    component.activate(options).done.catch(() => {});
    return component;
  };
  return { clock, start, logs };
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe('Backplane', () => {
  it('gives every subscriber everything from then on, in order, from several publishers', async () => {
    const { clock, start } = setUp();
    const plane = start(new Backplane('NEWS'));
    const first = new TestSink<number>();
    const second = new TestSink<number>();
    start(Pipeline(new SubscribeTo<number>('NEWS'), first));
    const source = new TestSource<number>();
    start(Pipeline(source, new PublishTo<number>('NEWS')));
    source.input.send(...numbers(200));
    await clock.settle();
    start(Pipeline(new SubscribeTo<number>('NEWS'), second));
    start(Pipeline(new TestSource(numbers(5, 1000)), new PublishTo<number>('NEWS')));
    await clock.settle();
    source.input.send(...numbers(100, 200));
    await clock.settle();
    expect(first.messages).toEqual([...numbers(200), ...numbers(5, 1000), ...numbers(100, 200)]);
    expect(second.messages).toEqual([...numbers(5, 1000), ...numbers(100, 200)]);
    expect(plane.subscribers).toBe(2);
    plane.stop();
    await clock.settle();
    await plane.done;
    expect(first.ended && second.ended).toBe(true);
  });

  it('goes on when its publishers have ended, and when its subscribers have', async () => {
    const { clock, start } = setUp();
    const plane = start(new Backplane('NEWS'));
    await Promise.all([start(Pipeline([1, 2], new PublishTo('NEWS'))).done, clock.settle()]);
    class One extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        this.inbox.recv();
      }
    }
    const one = start(Pipeline(new SubscribeTo<number>('NEWS'), new One()));
    await clock.settle();
    await Promise.all([start(Pipeline([3, 4, 5], new PublishTo('NEWS'))).done, clock.settle()]);
    await one.done;
    expect(plane.subscribers).toBe(0);
    const sink = new TestSink<number>();
    start(Pipeline(new SubscribeTo<number>('NEWS'), sink));
    await Promise.all([start(Pipeline([6], new PublishTo('NEWS'))).done, clock.settle()]);
    expect(sink.messages).toEqual([6]);
    plane.abort();
    await clock.settle();
    expect(sink.ended).toBe(true);
  });

  it('makes publishers wait for a subscriber of policy block', async () => {
    const { clock, start } = setUp();
    start(new Backplane('NEWS'));
    const slow = new TestSink<number>();
    slow.hold();
    start(Pipeline(new SubscribeTo<number>({ name: 'NEWS', capacity: 4 }), slow));
    const source = new TestSource<number>();
    start(Pipeline(source, new PublishTo<number>('NEWS')));
    source.input.send(...numbers(1000));
    await clock.settle();
    expect(source.input.waiting).toBeGreaterThan(500);
    slow.take();
    await clock.settle();
    expect(slow.messages).toEqual(numbers(1000));
  });

  it.each([
    ['drop-oldest', numbers(4, 996)],
    ['drop-newest', numbers(4)],
  ] as const)('with %s a slow subscriber misses messages and holds up nobody', async (policy, kept) => {
    const { clock, start } = setUp();
    start(new Backplane('NEWS'));
    const slow = new TestSink<number>();
    slow.hold();
    const subscription = new SubscribeTo<number>({ name: 'NEWS', capacity: 4, policy });
    start(Pipeline(subscription, slow));
    const fast = new TestSink<number>();
    start(Pipeline(new SubscribeTo<number>('NEWS'), fast));
    // The sink's own inbox takes 64 and one batch more before the subscription's begins to fill.
    await Promise.all([start(Pipeline(numbers(1000), new PublishTo('NEWS'))).done, clock.settle()]);
    expect(fast.messages).toEqual(numbers(1000));
    slow.take();
    await clock.settle();
    expect(slow.messages.length + subscription.lost).toBe(1000);
    expect(subscription.lost).toBeGreaterThan(800);
    if (policy === 'drop-oldest') expect(slow.messages.slice(-4)).toEqual(kept);
    else expect(slow.messages.slice(0, 4)).toEqual(kept);
  });

  it('with disconnect a slow subscriber ends behind what it has, with one warning', async () => {
    const { clock, start, logs } = setUp();
    const plane = start(new Backplane('NEWS'));
    const slow = new TestSink<number>();
    slow.hold();
    const viewer = start(Pipeline(new SubscribeTo<number>({ name: 'NEWS', capacity: 8, policy: 'disconnect' }), slow));
    const fast = new TestSink<number>();
    start(Pipeline(new SubscribeTo<number>('NEWS'), fast));
    await Promise.all([start(Pipeline(numbers(500), new PublishTo('NEWS'))).done, clock.settle()]);
    expect(fast.messages).toEqual(numbers(500));
    expect(plane.subscribers).toBe(1);
    expect(logs).toEqual(['warn: is too slow and gets no more']);
    slow.take();
    await clock.settle();
    await viewer.done;
    expect(slow.messages).toEqual(numbers(slow.messages.length));
    expect(slow.messages.length).toBeLessThan(200);
  });

  it('clones what has to be disposed of, and disposes of it where nobody listens', async () => {
    const { clock, start } = setUp();
    let open = 0;
    class Handle {
      constructor() {
        open++;
      }
      clone(): Handle {
        return new Handle();
      }
      [Symbol.dispose](): void {
        open--;
      }
    }
    const plane = start(new Backplane('FRAMES'));
    await Promise.all([start(Pipeline([new Handle()], new PublishTo('FRAMES'))).done, clock.settle()]);
    expect(open).toBe(0);
    const sinks = [new TestSink<Handle>(), new TestSink<Handle>(), new TestSink<Handle>()];
    for (const sink of sinks) start(Pipeline(new SubscribeTo<Handle>('FRAMES'), sink));
    await Promise.all([start(Pipeline([new Handle()], new PublishTo('FRAMES'))).done, clock.settle()]);
    expect(open).toBe(3);
    expect(new Set(sinks.map(({ messages }) => messages[0])).size).toBe(3);
    plane.stop();
    await clock.settle();
  });

  it('refuses a message that can have one owner only, in the publisher', async () => {
    const { clock, start } = setUp();
    const plane = start(new Backplane('NEWS'));
    class Single {
      [Symbol.dispose](): void {}
    }
    const publisher = start(Pipeline([new Single()], new PublishTo('NEWS')));
    await clock.settle();
    await expect(publisher.done).rejects.toThrow(
      /PublishTo-\d+: PublishTo: Expected a message that several receivers can have but received Single/,
    );
    plane.stop();
    await clock.settle();
    await plane.done;
  });

  it('sends on to its outbox as a forwarder', async () => {
    const { clock, start } = setUp();
    start(new Backplane('NEWS'));
    const there = new TestSink<number>();
    start(Pipeline(new SubscribeTo<number>('NEWS'), there));
    const here = new TestSink<number>();
    start(Pipeline(numbers(3), new PublishTo<number>({ name: 'NEWS', forwarder: true }), here));
    await clock.settle();
    expect([here.messages, there.messages]).toEqual([numbers(3), numbers(3)]);
  });

  it('ends its publishers when it ends', async () => {
    const { clock, start } = setUp();
    const plane = start(new Backplane('NEWS'));
    const source = new TestSource<number>();
    const line = start(Pipeline(source, new PublishTo<number>('NEWS')));
    await clock.settle();
    plane.abort();
    await clock.settle();
    await line.done;
  });

  it('names what it has to be called, and what is near', async () => {
    const { clock, start } = setUp();
    expect(() => new Backplane('')).toThrow('Backplane: Expected a non-empty string for name but received ""');
    expect(() => new SubscribeTo({ name: 'A', policy: 'drop' as 'block' })).toThrow(
      /drop-oldest, .* for policy but received drop/,
    );
    start(new Backplane('NEWS'));
    const twice = start(new Backplane('NEWS'));
    const wrong = start(new SubscribeTo('NEW'));
    const none = start(Pipeline([1], new PublishTo('WEATHER')));
    await clock.settle();
    await expect(twice.done).rejects.toThrow('Expected a name that is not taken but "NEWS" runs already');
    await expect(wrong.done).rejects.toThrow('did you mean "NEWS"?');
    await expect(none.done).rejects.toThrow('running: "NEWS"');
  });

  it('has names of its own on each scheduler', async () => {
    const one = setUp();
    const other = setUp();
    const planes = [one.start(new Backplane('NEWS')), other.start(new Backplane('NEWS'))];
    await one.clock.settle();
    await other.clock.settle();
    for (const plane of planes) plane.stop();
    await one.clock.settle();
    await other.clock.settle();
    await Promise.all(planes.map(({ done }) => done));
  });
});
