// SPDX-License-Identifier: Apache-2.0
import {
  Branch,
  Component,
  disposeMessage,
  Graphline,
  link,
  type Outbox,
  Scheduler,
  type Steps,
  type SubscriberPolicy,
} from '@kamaelia/axon';
import { drive, TestSink, TestSource, virtualClock } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { Fanout, TwoWaySplitter } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

class First extends Component {
  readonly inbox = this.in<unknown>('inbox');
  override *main(): Steps {
    while (!this.inbox.ready) yield;
    disposeMessage(this.inbox.recv());
  }
}

const kinds = [
  ['TwoWaySplitter', () => new TwoWaySplitter(), ['outbox', 'outbox2']],
  ['Fanout', () => new Fanout({ boxnames: ['left', 'right'] }), ['left', 'right']],
] as const;

describe.each(kinds)('%s', (name, make, [one, two]) => {
  it('sends every message to both places, as the same object', async () => {
    const message = { n: 1 };
    const run = drive(make(), { inbox: ['a', message, 'b'] });
    await run.settle();
    expect(run.output(one).messages).toEqual(['a', message, 'b']);
    expect(run.output(two).messages[1]).toBe(message);
    await run.done.catch(() => {});
    expect([run.output(one).ended, run.output(two).ended]).toEqual([true, true]);
  });

  it('waits for the slower of the two', async () => {
    const run = drive(make());
    run.output(two).hold();
    run.inbox.send(...numbers(200));
    await run.settle();
    expect(run.output(one).messages).toEqual(numbers(64));
    expect(run.inbox.waiting).toBe(72);
    run.output(two).take();
    run.inbox.close();
    await run.done;
    expect(run.output(one).messages).toEqual(numbers(200));
    expect(run.output(two).messages).toEqual(numbers(200));
  });

  it('clones what has to be disposed, once for each further place', async () => {
    const ledger = new Ledger();
    const run = drive(make(), { inbox: [ledger.shared('a')] });
    await run.done;
    expect(ledger.held).toBe(2);
    for (const box of [one, two]) disposeMessage(run.output(box).messages[0]);
    expect(ledger.held).toBe(0);
  });

  it('refuses and disposes a message that only one can have', async () => {
    const ledger = new Ledger();
    const run = drive(make(), { inbox: [ledger.single('a')] });
    await expect(run.done).rejects.toThrow(
      `${name}: Expected a message that several receivers can have but received Owned, which has Symbol.dispose and no clone()`,
    );
    expect(ledger.held).toBe(0);
  });

  it('goes on for the other place when one has gone, and ends when both have', async () => {
    const ledger = new Ledger();
    const source = new TestSource<unknown>();
    const sink = new TestSink<unknown>();
    const split = make();
    const graph = Graphline({ source, split, first: new First(), sink }, ({ source, split, first, sink }) => {
      const [a, b] = split instanceof Fanout ? Object.values(split.outboxes) : [split.outbox, split.outbox2];
      return [link(source.outbox, split.inbox), link(a!, first.inbox), link(b!, sink.inbox)];
    });
    const clock = virtualClock();
    graph.activate({ scheduler: new Scheduler({ clock }) });
    for (const message of ['a', 'b', 'c']) {
      source.input.send(ledger.shared(message));
      await clock.settle();
    }
    expect(sink.messages).toHaveLength(3);
    expect(ledger.held).toBe(3);
    source.input.close();
    await clock.settle();
    await graph.done;
  });

  it('disposes messages while nobody is linked to it', async () => {
    const ledger = new Ledger();
    const source = new TestSource<unknown>([ledger.shared('a'), ledger.shared('b')]);
    const graph = Graphline({ source, split: make() }, ({ source, split }) => [link(source.outbox, split.inbox)]);
    await graph.run({ scheduler: new Scheduler({ clock: virtualClock() }) });
    expect(ledger.held).toBe(0);
  });
});

describe('TwoWaySplitter', () => {
  it('sends every command to both signal boxes, also while an outbox is full', async () => {
    const run = drive(new TwoWaySplitter());
    run.output('outbox').hold();
    run.inbox.send(...numbers(100));
    await run.settle();
    run.input('control').send('stop', 'go');
    await run.settle();
    expect(run.output('signal').messages).toEqual(['stop', 'go']);
    expect(run.output('signal2').messages).toEqual(['stop', 'go']);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('ends with the stream of messages though commands could still come', async () => {
    const run = drive(new TwoWaySplitter(), { inbox: [1] });
    await run.done;
    expect(run.output('signal').ended).toBe(true);
  });

  it('goes on without commands', async () => {
    const run = drive(new TwoWaySplitter(), { control: ['last'] });
    run.inbox.send(1);
    await run.settle();
    expect(run.output('signal2').messages).toEqual(['last']);
    expect(run.outbox.ended).toBe(false);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1]);
  });

  it('ends with the stream of commands where there are no messages', async () => {
    const commands = new TestSource<unknown>(['go']);
    const sink = new TestSink<unknown>();
    const graph = Graphline({ commands, split: new TwoWaySplitter(), sink }, ({ commands, split, sink }) => [
      link(commands.outbox, split.control),
      link(split.signalBox, sink.inbox),
    ]);
    await graph.run({ scheduler: new Scheduler({ clock: virtualClock() }) });
    expect(sink.messages).toEqual(['go']);
  });
});

describe('Fanout', () => {
  it('sends to the named outboxes and to no other', async () => {
    const fanout = new Fanout<number, 'toFile' | 'toConsole' | 'toNet'>(['toFile', 'toConsole', 'toNet']);
    expect(Object.keys(fanout.outboxes)).toEqual(['toFile', 'toConsole', 'toNet']);
    const run = drive(fanout, { inbox: [1, 2] });
    await run.done;
    for (const name of ['toFile', 'toConsole', 'toNet']) expect(run.output(name).messages).toEqual([1, 2]);
    expect(() => run.output('outbox')).toThrow(RangeError);
    expect(() => run.output('signal')).toThrow(RangeError);
  });

  it.each([
    [[], /^Fanout: Expected at least one name for boxnames but received none/],
    [['a', 'a'], /^Fanout: Expected one outbox named "a" but received two/],
    [['a', ''], /^Fanout: Expected a non-empty string for boxnames but received ""/],
    [[7], /non-empty string for boxnames but received 7/],
    [{ boxnames: 'left' }, /another iterable for boxnames but received "left"/],
    ['left', /object of options but received "left"/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new Fanout(options as never)).toThrow(message);
  });
});

it('TwoWaySplitter still sends what waits when both its streams have ended', async () => {
  const run = drive(new TwoWaySplitter(), { inbox: numbers(100), control: [] }, { held: true });
  await run.settle();
  for (const name of ['outbox', 'outbox2', 'signal', 'signal2']) run.output(name).take();
  await run.done;
  expect([run.outbox.messages, run.output('outbox2').messages]).toEqual([numbers(100), numbers(100)]);
});

it.each<[SubscriberPolicy, number[]]>([
  ['block', numbers(300)],
  ['drop-oldest', numbers(300).slice(-4)],
  ['drop-newest', numbers(4)],
  ['disconnect', numbers(4)],
])('Fanout with a Branch of policy %s before a slow place', async (policy, kept) => {
  const clock = virtualClock();
  const parts = {
    source: new TestSource<number>(),
    split: new Fanout<number>(['fast', 'slow']),
    queue: new Branch<number>({ policy, capacity: 4 }),
    fast: new TestSink<number>(),
    slow: new TestSink<number>(),
  };
  parts.slow.hold();
  const graph = Graphline(parts, ({ source, split, queue, fast, slow }) => [
    link(source.outbox, split.inbox),
    link(split.outboxes['fast' as never] as Outbox<number>, fast.inbox),
    link(split.outboxes['slow' as never] as Outbox<number>, queue.feed),
    link(queue.outbox, slow.inbox),
  ]).activate({ scheduler: new Scheduler({ clock }), onLog: () => {} });
  // The slow place itself takes 64 first.
  for (let n = 0; n < 64; n++) {
    parts.source.input.send(-1);
    await clock.settle();
  }
  parts.source.input.send(...numbers(300));
  await clock.settle();
  if (policy === 'block') expect(parts.fast.messages.length).toBeLessThan(364);
  else expect(parts.fast.messages).toHaveLength(364);
  parts.source.input.close();
  parts.slow.take();
  await graph.done;
  const seen = parts.slow.messages.filter((n) => n >= 0);
  expect(policy === 'drop-oldest' ? seen.slice(-4) : policy === 'block' ? seen : seen.slice(0, 4)).toEqual(kept);
  expect(parts.slow.messages.length + parts.queue.lost).toBe(policy === 'disconnect' ? 69 : 364);
});
