// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Branch,
  Component,
  Graphline,
  inspect,
  link,
  Pipeline,
  Scheduler,
  type Steps,
  type SubscriberPolicy,
} from '../index.js';
import { checkInvariants, seededRandom, slicesOf, TestSink, TestSource, virtualClock } from '../testing/index.js';

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** A source that sends when it is told to, a queue and a sink. */
function lineOf(queue: Branch<number>) {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  const source = new TestSource<number>();
  const sink = new TestSink<number>();
  const line = Graphline({ source, queue, sink }, () => [
    link(source.outbox, queue.feed),
    link(queue.outbox, sink.inbox),
  ]).activate({ scheduler, onLog: () => {} });
  const state = () => {
    const { components } = inspect(line);
    const found = components.find(({ path }) => path === queue.path);
    return { ...found?.inboxes[0], sent: found?.outboxes[0]?.sent };
  };
  return { clock, source, sink, line, state };
}

describe('Branch', () => {
  it('passes a message on without a slice of its own while nothing waits, and counts it', async () => {
    const queue = new Branch<number>({ policy: 'drop-oldest' });
    const { clock, source, sink, line, state } = lineOf(queue);
    await clock.settle();
    const slices = slicesOf(line)[queue.path];
    for (let n = 0; n < 1200; n++) {
      source.input.send(n);
      await clock.settle();
    }
    expect(sink.messages).toEqual(numbers(1200));
    expect(slicesOf(line)[queue.path]).toBe(slices);
    expect(state()).toMatchObject({ taken: 1200, sent: 1200, waiting: 0 });
  });

  it.each<SubscriberPolicy>(['block', 'drop-oldest', 'drop-newest'])(
    'with %s keeps order and bounds, and counts, whether messages wait or go straight on',
    async (policy) => {
      const queue = new Branch<number>({ policy, capacity: 5 });
      const { clock, source, sink, line, state } = lineOf(queue);
      const random = seededRandom(7);
      let sent = 0;
      for (let round = 0; round < 300; round++) {
        if (random() < 0.3) sink.hold();
        if (random() < 0.4) sink.take();
        const count = Math.floor(random() * 60);
        source.input.send(...numbers(count, sent));
        sent += count;
        await clock.settle();
        const { waiting = 0, taken = 0 } = state();
        expect(waiting).toBeLessThanOrEqual(5);
        expect(sink.inbox.length).toBeLessThanOrEqual(65);
        expect(taken + waiting).toBe(sent - source.input.waiting - (policy === 'drop-newest' ? queue.lost : 0));
      }
      sink.take();
      source.input.close();
      await clock.settle();
      await line.done;
      expect(sink.messages).toEqual([...sink.messages].sort((a, b) => a - b));
      expect(sink.messages.length + queue.lost).toBe(sent);
      if (policy === 'block') expect(queue.lost).toBe(0);
      else expect(queue.lost).toBeGreaterThan(0);
    },
  );

  class Relay extends Component {
    readonly feed = this.in<number>('feed');
    readonly outbox = this.out<number>('outbox');
    override *main(): Steps {
      while (!this.feed.ended) {
        while (this.feed.ready) this.outbox.send(this.feed.recv());
        yield;
      }
    }
  }

  it.each([
    ['another', () => new Branch<number>()],
    ['a component', () => new Relay()],
  ])('in a ring with %s leaves everybody else their turns', async (_, make) => {
    class Ring extends Component {
      readonly inbox = this.in<number>('inbox');
      constructor() {
        super();
        const [one, other] = [this.add(new Branch<number>()), this.add(make())];
        link(this.inbox, one.feed);
        link(one.outbox, other.feed);
        link(other.outbox, one.feed);
      }
    }
    const clock = virtualClock();
    const scheduler = new Scheduler({ clock });
    const ring = Pipeline(numbers(3), new Ring()).activate({ scheduler, onLog: () => {} });
    const seen: number[] = [];
    const beside = Pipeline(numbers(100), (n: number) => void seen.push(n)).activate({ scheduler });
    await beside.done;
    expect(seen).toHaveLength(100);
    ring.abort();
    await expect(ring.done).rejects.toThrow();
  });
});
