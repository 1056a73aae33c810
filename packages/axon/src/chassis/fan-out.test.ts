// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Branch,
  Component,
  checkOwnership,
  Graphline,
  inspect,
  link,
  noteReceivers,
  Pipeline,
  RECEIVED,
  Scheduler,
  Step,
  type Steps,
  type SubscriberPolicy,
} from '../index.js';
import {
  checkInvariants,
  seededRandom,
  slicesOf,
  type TestHandle,
  TestHandles,
  TestSink,
  TestSource,
  virtualClock,
} from '../testing/index.js';

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

  it('passes on what may be sent by its owner only, and says to it who has it', async () => {
    noteReceivers();
    checkOwnership();
    const handles = new TestHandles();
    const seen: string[] = [];
    const queue = new Branch<TestHandle<number>>();
    const clock = virtualClock();
    const scheduler = new Scheduler({ clock });
    const source = new TestSource<TestHandle<number>>();
    const sink = new TestSink<TestHandle<number>>();
    const line = Graphline({ source, queue, sink }, () => [
      link(source.outbox, queue.feed),
      link(queue.outbox, sink.inbox),
    ]).activate({ scheduler });
    await clock.settle();
    const slices = slicesOf(line)[queue.path];
    for (let n = 0; n < 10; n++) {
      const handle = handles.make(n);
      const receivers = { [RECEIVED]: (by: { path(): string }) => seen.push(by.path()) };
      source.input.send(Object.assign(handle, receivers));
      await clock.settle();
    }
    source.input.close();
    await clock.settle();
    await line.done;
    expect(sink.messages.map(({ value }) => value)).toEqual(numbers(10));
    expect(seen.filter((path) => path === queue.path)).toHaveLength(10);
    expect(slicesOf(line)[queue.path]).toBe((slices ?? 0) + 1);
    for (const handle of sink.messages) handle[Symbol.dispose]();
    handles.check();
  });

  /** Sends as long as there is room, up to what nobody would send in one slice. */
  class Endless extends Component {
    readonly outbox = this.out<number>('outbox');
    most = 0;
    override *main(): Steps {
      // The others are parked by then.
      yield* this.sleep({ ms: 1 });
      while (this.most < 10_000) {
        let sent = 0;
        while (this.outbox.open && sent < 10_000) this.outbox.send(sent++);
        this.most = Math.max(this.most, sent);
        yield Step.again;
      }
    }
  }

  class Few extends Component {
    readonly inbox = this.in<number>('inbox', { lossy: 'oldest' });
    override *main(): Steps {
      for (let taken = 0; taken < 1000 && !this.inbox.ended; ) {
        for (; this.inbox.ready; taken++) this.inbox.recv();
        yield;
      }
    }
  }

  it('that blocks holds its sender back also before an inbox that never is full', async () => {
    const [source, queue, few] = [new Endless(), new Branch<number>({ capacity: 8 }), new Few()];
    await Graphline({ source, queue, few }, () => [
      link(source.outbox, queue.feed),
      link(queue.outbox, few.inbox),
    ]).run();
    expect(source.most).toBeLessThan(100);
  });

  it('takes its turn in a row of very many, which would need as deep a stack', async () => {
    const clock = virtualClock();
    const source = new TestSource<number>();
    const sink = new TestSink<number>();
    class Row extends Component {
      constructor() {
        super();
        let { outbox } = this.add(source);
        for (let n = 0; n < 20_000; n++) {
          const queue = this.add(new Branch<number>());
          link(outbox, queue.feed);
          outbox = queue.outbox;
        }
        link(outbox, this.add(sink).inbox);
      }
    }
    const row = new Row().activate({ scheduler: new Scheduler({ clock }) });
    await clock.settle();
    source.input.send(...numbers(3));
    await clock.settle();
    expect(sink.messages).toEqual(numbers(3));
    row.abort();
    await expect(row.done).rejects.toThrow();
  });

  it.each([1, 2])('in a ring with an async main of %i loops does not have it go round in one turn', async (loops) => {
    class Round extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly orders = this.in<number>('orders', { priority: 'control' });
      readonly outbox = this.out<number>('outbox');
      most = 0;
      override async main(): Promise<void> {
        this.outbox.send(0);
        await Promise.all([this.#rounds(), ...(loops > 1 ? [this.orders.next()] : [])]);
      }
      async #rounds(): Promise<void> {
        for (let turn = 0; turn < 10; turn++) {
          const n = await this.inbox.next();
          this.outbox.send(n ?? 0);
          let inTurn = 0;
          for (; this.inbox.ready && inTurn < 100; inTurn++) this.outbox.send(this.inbox.recv());
          this.most = Math.max(this.most, inTurn);
        }
        this.stop();
      }
    }
    const [round, queue] = [new Round(), new Branch<number>()];
    const orders = new TestSource<number>();
    const ring = Graphline({ round, queue, orders }, () => [
      link(round.outbox, queue.feed),
      link(queue.outbox, round.inbox),
      link(orders.outbox, round.orders),
    ]).activate({ onLog: () => {} });
    await ring.done.catch(() => {});
    expect(round.most).toBeLessThan(2);
  });
});
