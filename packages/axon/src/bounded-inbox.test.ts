// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { BoundedInbox } from './bounded-inbox.js';
import { Component, type InboxOptions, Pipeline, Scheduler, type Steps } from './index.js';
import { checkInvariants, drive, TestSink, TestSource, virtualClock } from './testing/index.js';

class Part {
  readonly n: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
  readonly duration = 1;
  readonly timebase = { num: 1, den: 25 };
  disposed = 0;
  constructor(n: number, { keyframe = false, bytes = 100 } = {}) {
    this.n = n;
    this.keyframe = keyframe;
    this.data = new Uint8Array(bytes);
  }
  [Symbol.dispose](): void {
    this.disposed++;
  }
}

const parts = (count: number, keyframeEvery = 0) =>
  Array.from({ length: count }, (_, n) => new Part(n, { keyframe: keyframeEvery > 0 && n % keyframeEvery === 0 }));

/** Takes as many messages as it is told to. */
class Consumer extends Component {
  readonly inbox;
  readonly taken: Part[] = [];
  #allowed = 0;
  readonly #external = this.external();
  constructor(options: InboxOptions) {
    super();
    this.inbox = this.in<Part>('inbox', options);
  }
  take(count: number): void {
    this.#allowed += count;
    this.#external.wake();
  }
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.#allowed > 0 && this.inbox.ready) {
        this.#allowed--;
        this.taken.push(this.inbox.recv());
      }
      yield;
    }
  }
}

async function waiting(options: InboxOptions, messages: readonly Part[]) {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  const source = new TestSource<Part>();
  const consumer = new Consumer(options);
  const graph = Pipeline(source, consumer).activate({ scheduler });
  graph.done.catch(() => {});
  source.input.send(...messages);
  await clock.settle();
  return { clock, source, consumer, graph };
}

describe('an inbox bounded in bytes', () => {
  it('blocks its producers at maxBytes, and goes on when half of them have been taken', async () => {
    const { clock, source, consumer, graph } = await waiting({ maxBytes: 1000 }, parts(30));
    expect(consumer.inbox.length).toBe(10);
    expect(source.input.waiting).toBe(20);
    consumer.take(4);
    await clock.settle();
    expect(consumer.inbox.length).toBe(6);
    consumer.take(1);
    await clock.settle();
    expect(consumer.inbox.length).toBe(10);
    consumer.take(100);
    source.input.close();
    await clock.settle();
    await graph.done;
    expect(consumer.taken.map(({ n }) => n)).toEqual(parts(30).map(({ n }) => n));
  });

  it('takes a single message that is larger than the bound', async () => {
    const { consumer, clock, source, graph } = await waiting({ maxBytes: 10 }, parts(2));
    expect(consumer.inbox.length).toBe(1);
    consumer.take(2);
    source.input.close();
    await clock.settle();
    await graph.done;
    expect(consumer.taken).toHaveLength(2);
  });

  it('keeps to whichever bound is reached first', async () => {
    expect((await waiting({ capacity: 3, maxBytes: 1000 }, parts(9))).consumer.inbox.length).toBe(3);
    expect((await waiting({ capacity: 8, maxMediaTime: { ms: 200 } }, parts(9))).consumer.inbox.length).toBe(5);
  });

  it('counts strings, typed arrays and what has data; others weigh nothing', async () => {
    class Mixed extends Component {
      readonly inbox = this.in<unknown>('inbox', { maxBytes: 1e6 });
      override *main(): Steps {
        for (;;) yield;
      }
    }
    const subject = new Mixed();
    const run = drive(subject);
    run.inbox.send('four', new Uint8Array(5), new Part(0), 7, null, { data: 'text' });
    await run.settle();
    expect((subject.inbox as BoundedInbox).bytes).toBe(8 + 5 + 100);
    run.abort();
    await run.done.catch(() => {});
  });
});

describe('a lossy inbox', () => {
  it.each([
    ['newest', [0, 1, 2, 3]],
    ['oldest', [6, 7, 8, 9]],
  ] as const)('drops the %s and holds nobody back', async (lossy, kept) => {
    const all = parts(10);
    const { consumer, source, clock, graph } = await waiting({ capacity: 4, lossy }, all);
    expect(source.input.waiting).toBe(0);
    expect(consumer.inbox.lost).toBe(6);
    consumer.take(10);
    source.input.close();
    await clock.settle();
    await graph.done;
    expect(consumer.taken.map(({ n }) => n)).toEqual(kept);
    for (const part of all) expect(part.disposed).toBe(kept.some((n) => n === part.n) ? 0 : 1);
  });

  it('drops up to the next keyframe, so that what is kept can be decoded', async () => {
    const all = parts(14, 5);
    const { consumer, source, clock, graph } = await waiting({ capacity: 3, lossy: 'keyframes' }, all.slice(0, 7));
    // Full at 3; 3 and 4 are dropped, 5 is a keyframe and takes the place of everything, 6 follows it.
    expect(consumer.inbox.length).toBe(2);
    consumer.take(1);
    await clock.settle();
    source.input.send(...all.slice(7, 10));
    await clock.settle();
    consumer.take(1);
    await clock.settle();
    source.input.send(...all.slice(10));
    await clock.settle();
    consumer.take(20);
    source.input.close();
    await clock.settle();
    await graph.done;
    expect(consumer.taken.map(({ n }) => n)).toEqual([5, 6, 7, 8, 10]);
    expect(consumer.inbox.lost).toBe(14 - 5);
  });

  it('drops by bytes too', async () => {
    const { consumer } = await waiting({ maxBytes: 500, lossy: 'oldest' }, parts(20));
    expect(consumer.inbox.length).toBe(5);
    expect(consumer.inbox.lost).toBe(15);
  });
});

describe('options of an inbox', () => {
  it.each([
    [{ maxBytes: 0 }, 'Consumer.inbox: Expected a number of bytes above 0 for maxBytes but received 0'],
    [{ lossy: 'some' as 'oldest' }, 'Expected newest, oldest or keyframes for lossy but received some'],
    [{ maxMediaTime: 5 as never }, 'Consumer.inbox: Expected { ms } or { us }'],
    [{ capacity: 0, maxBytes: 5 }, 'Expected a whole number of at least 1 for capacity of inbox but received 0'],
  ])('refuses %j', (options, message) => {
    expect(() => new Consumer(options)).toThrow(message);
  });

  it('grows in every bound when components wait for each other', async () => {
    class Joiner extends Component {
      readonly left = this.in<Part>('left', { maxBytes: 300 });
      readonly right = this.in<Part>('right', { maxBytes: 300 });
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        // Wants all of the right one first.
        let sum = 0;
        while (!this.right.ended) {
          while (this.right.ready) sum += this.right.recv().n;
          yield;
        }
        while (!this.left.ended) {
          while (this.left.ready) sum += this.left.recv().n;
          yield;
        }
        this.outbox.send(sum);
      }
    }
    class Splitter extends Component {
      readonly inbox = this.in<Part>('inbox');
      readonly left = this.out<Part>('left');
      readonly right = this.out<Part>('right');
      override *main(): Steps {
        let n = 0;
        while (!this.inbox.ended) {
          while (this.inbox.ready) (n++ < 20 ? this.left : this.right).send(this.inbox.recv());
          yield;
        }
      }
    }
    const { Graphline, link } = await import('./index.js');
    const source = new TestSource(parts(40));
    const sink = new TestSink<number>();
    await Graphline({ source, split: new Splitter(), join: new Joiner(), sink }, ({ source, split, join, sink }) => [
      link(source.outbox, split.inbox),
      link(split.left, join.left),
      link(split.right, join.right),
      link(join.outbox, sink.inbox),
    ]).run({ onLog: () => {} });
    expect(sink.messages).toEqual([(39 * 40) / 2]);
  });
});

it('an inbox is empty in bytes when it is empty, although a message became shorter while it waited', async () => {
  const { clock, source, consumer, graph } = await waiting({ maxBytes: 300, lossy: 'oldest' }, []);
  const shrinking = { byteLength: 100 };
  consumer.inbox.push(shrinking as never);
  shrinking.byteLength = 0;
  consumer.take(1);
  source.input.send(...parts(2));
  await clock.settle();
  source.input.send(...parts(3));
  await clock.settle();
  consumer.take(100);
  source.input.close();
  await clock.settle();
  await graph.done;
  expect(consumer.taken).toHaveLength(4);
});
