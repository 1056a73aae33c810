// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turn } from '../test/surroundings.js';
import { Component, inspect, Pipeline, type Steps, tap } from './index.js';
import { Scheduler } from './scheduler.js';
import { checkInvariants, slicesOf, TestHandles, TestSink } from './testing/index.js';

const numbers = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

class Ends extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
}

/** An outbox linked to an inbox whose component does not run by itself. */
function linked() {
  const from = new Ends();
  const to = new Ends();
  class Both extends Component {
    constructor() {
      super();
      this.add(from);
      this.add(to);
      this.link([from, 'outbox'], [to, 'inbox']);
    }
  }
  new Both();
  return { outbox: from.outbox, inbox: to.inbox };
}

class Batches extends Component {
  readonly outbox = this.out<number>('outbox');
  readonly #sizes: readonly number[];
  constructor(sizes: readonly number[]) {
    super();
    this.#sizes = sizes;
  }
  override *main(): Steps {
    const { outbox } = this;
    let n = 0;
    for (const size of this.#sizes) {
      while (!outbox.open) yield;
      outbox.sendAll(numbers(size, n));
      n += size;
    }
  }
}

describe('an array that is sent', () => {
  it('is what takeAll() gives, where the inbox was empty', () => {
    const { inbox, outbox } = linked();
    const first = numbers(3);
    const second = numbers(100);
    outbox.sendAll(first);
    expect([inbox.length, inbox.ready, inbox.ended]).toEqual([3, true, false]);
    expect(inbox.takeAll()).toBe(first);
    expect([inbox.length, inbox.ready]).toEqual([0, false]);
    expect(() => inbox.recv()).toThrow('the inbox is empty');
    outbox.sendAll(second);
    expect(inbox.takeAll()).toBe(second);
    expect(inbox.takeAll()).toEqual([]);
  });

  it('is followed by single messages, and taken one by one, in order', () => {
    const { inbox, outbox } = linked();
    const taken: number[] = [];
    const sent = numbers(5);
    for (let round = 0; round < 50; round++) {
      outbox.sendAll(sent);
      taken.push(inbox.recv());
      outbox.send(5);
      outbox.sendAll([6, 7]);
      outbox.sendAll([]);
      taken.push(inbox.recv(), inbox.recv(), ...inbox.takeAll());
    }
    expect(taken).toEqual(numbers(50).flatMap(() => numbers(8)));
    expect(sent).toEqual(numbers(5));
  });

  it('holds its sender back from the capacity on, until half of it is taken', () => {
    const { inbox, outbox } = linked();
    outbox.sendAll(numbers(63));
    expect(outbox.open).toBe(true);
    inbox.takeAll();
    outbox.sendAll(numbers(64));
    expect(outbox.open).toBe(false);
    for (let i = 0; i < 31; i++) inbox.recv();
    expect(outbox.open).toBe(false);
    inbox.recv();
    expect(outbox.open).toBe(true);
    expect(inbox.length).toBe(32);
    inbox.takeAll();
    outbox.sendAll(numbers(200));
    expect(outbox.open).toBe(false);
    expect(inbox.takeAll()).toHaveLength(200);
    expect(outbox.open).toBe(true);
  });

  it('is one output: at most the capacity less one and one array wait', async () => {
    const scheduler = new Scheduler({ onSlice: () => checkInvariants(scheduler) });
    const sink = new TestSink<number>();
    sink.hold();
    const sizes = numbers(100).map((i) => 1 + ((i * 37) % 90));
    const line = Pipeline(new Batches(sizes), sink).activate({ scheduler });
    while (sink.inbox.length < 64) await turn();
    expect(sink.inbox.length).toBeLessThanOrEqual(63 + 90);
    sink.take();
    await line.done;
    expect(sink.messages).toEqual(numbers(sizes.reduce((sum, size) => sum + size)));
  });

  it('goes through a row of components with one slice each, and is counted by its messages', async () => {
    class Pass extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          if (this.inbox.ready) this.outbox.sendAll(this.inbox.takeAll());
          yield;
        }
      }
    }
    const pass = new Pass();
    const sink = new TestSink<number>();
    const line = Pipeline(new Batches(numbers(100).map(() => 640)), pass, new Pass(), sink);
    await line.run();
    expect(sink.messages).toEqual(numbers(64_000));
    expect(slicesOf(line)[pass.path]).toBeLessThan(220);
    const { components } = inspect(line);
    expect(components[2]?.inboxes[0]).toMatchObject({ taken: 64_000, highWater: 640, waiting: 0 });
    expect(components[2]?.outboxes[0]?.sent).toBe(64_000);
  });

  it('is seen message by message by a tap, and by bounds in bytes', async () => {
    const { inbox, outbox } = linked();
    const seen: string[] = [];
    tap(inbox, ({ text }) => seen.push(text));
    outbox.sendAll([1, 2, 3]);
    expect(seen).toEqual(['1', '2', '3']);
    expect(inbox.takeAll()).toEqual([1, 2, 3]);

    class Few extends Component {
      readonly inbox = this.in<Uint8Array>('inbox', { maxBytes: 100 });
    }
    const few = new Few();
    const from = new Ends();
    from.link([from, 'outbox'], [few, 'inbox']);
    from.outbox.sendAll([new Uint8Array(60), new Uint8Array(60)] as unknown as number[]);
    expect(from.outbox.open).toBe(false);
  });

  it('is disposed of where nobody takes it', async () => {
    const handles = new TestHandles();
    class Sender extends Component {
      readonly outbox = this.out<Disposable>('outbox');
      override *main(): Steps {
        this.outbox.sendAll([handles.make(1), handles.make(2)]);
        yield;
      }
    }
    class Ignorer extends Component {
      readonly inbox = this.in<Disposable>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    await Pipeline(new Sender(), new Ignorer()).run();
    await new Sender().run();
    handles.check();
  });

  it('has places, at which what waits can be lent to another thread', () => {
    const { inbox, outbox } = linked();
    outbox.sendAll([1, 2, 3]);
    expect(inbox.exchange(1, (n) => n * 10)).toBe(2);
    outbox.send(4);
    expect(inbox.takeAll()).toEqual([1, 20, 3, 4]);
  });

  it('moves on when its inbox is passed on to that of a part', () => {
    const shell = new Ends();
    const part = new Ends();
    const from = new Ends();
    from.link([from, 'outbox'], [shell, 'inbox']);
    from.outbox.sendAll([1, 2, 3]);
    shell.link([shell, 'inbox'], [part, 'inbox']);
    from.outbox.send(4);
    expect(part.inbox.takeAll()).toEqual([1, 2, 3, 4]);
  });
});
