// SPDX-License-Identifier: Apache-2.0
import { Component, Pipeline, Scheduler, type Steps } from '@kamaelia/axon';
import { drive, virtualClock } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { CheapAndCheerfulClock, Ticker } from './index.js';

describe('Ticker', () => {
  it('sends 0, 1, 2 and so on, the first at once, without drift', async () => {
    const run = drive(new Ticker({ interval: { us: 33_333 } }));
    await run.advance({ ms: 100_000 });
    expect(run.outbox.messages).toEqual(Array.from({ length: 3001 }, (_, i) => i));
    expect(run.outbox.timesMs[3000]).toBeCloseTo(99_999, 6);
  });

  it('sends the messages given, and ends behind the last', async () => {
    const run = drive(new Ticker({ interval: { ms: 10 }, messages: new Set(['a', 'b', 'c']) }));
    await run.finish();
    expect(run.outbox.messages).toEqual(['a', 'b', 'c']);
    expect(run.outbox.timesMs).toEqual([0, 10, 20]);
    expect(run.clock.now()).toBe(20_000);
  });

  it('ends at once without any message', async () => {
    const run = drive(new Ticker({ interval: { ms: 10 }, messages: [] }));
    await run.done;
    expect(run.outbox.ended).toBe(true);
  });

  it('leaves out the ticks for which there was no room, and falls back into its rhythm', async () => {
    const reader = new (class Reader extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 1 });
      readonly taken: [number, number][] = [];
      override *main(): Steps {
        yield* this.sleep({ ms: 35 });
        while (!this.inbox.ended) {
          while (this.inbox.ready) this.taken.push([this.inbox.recv(), this.clock.now() / 1000]);
          yield;
        }
      }
    })();
    const clock = virtualClock();
    const graph = Pipeline(new Ticker({ interval: { ms: 10 } }), reader);
    graph.activate({ scheduler: new Scheduler({ clock }) });
    await clock.advance({ ms: 60 });
    expect(reader.taken).toEqual([
      [0, 35],
      [1, 35],
      [2, 40],
      [3, 50],
      [4, 60],
    ]);
    graph.stop();
    await clock.settle();
    await graph.done;
  });

  it('has nothing in store for a consumer that takes nothing', async () => {
    const run = drive(new Ticker({ interval: { ms: 1 } }), {}, { held: true });
    await run.advance({ ms: 1000 });
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.settle();
    expect(run.outbox.messages).toHaveLength(65);
    run.stop();
    await run.finish();
  });

  it('disposes the message it holds and closes the iterator when it is stopped', async () => {
    const disposed: number[] = [];
    let closed = false;
    function* messages() {
      try {
        for (let n = 0; ; n++) yield { [Symbol.dispose]: () => disposed.push(n) };
      } finally {
        closed = true;
      }
    }
    const run = drive(new Ticker({ interval: { ms: 10 }, messages: messages() }));
    await run.advance({ ms: 15 });
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toHaveLength(2);
    expect(disposed).toEqual([2]);
    expect(closed).toBe(true);
  });

  it('passes on what the iterable throws', async () => {
    function* messages() {
      yield 1;
      throw new Error('no more');
    }
    const run = drive(new Ticker({ interval: { ms: 10 }, messages: messages() }));
    await expect(run.finish()).rejects.toThrow('Ticker-1: no more');
  });

  it.each([
    [{ interval: 100 as never }, /^Ticker: Expected \{ ms \} or \{ us \} above 0 for interval but received 100/],
    [{ interval: { ms: 0 } }, /above 0 for interval/],
    [
      { interval: { ms: 1 }, messages: 'words' as never },
      /a list or another iterable for messages but received "words"/,
    ],
    [{ interval: { ms: 1 }, messages: 3 as never }, /for messages but received 3/],
    [undefined as never, /object of options but received undefined/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new Ticker(options)).toThrow(TypeError);
    expect(() => new Ticker(options)).toThrow(message);
  });
});

describe('CheapAndCheerfulClock', () => {
  it('sends true at once and then at every interval', async () => {
    const run = drive(new CheapAndCheerfulClock({ interval: { ms: 3000 } }));
    await run.advance({ ms: 9000 });
    expect(run.outbox.messages).toEqual([true, true, true, true]);
    expect(run.outbox.timesMs).toEqual([0, 3000, 6000, 9000]);
    run.stop();
    await run.finish();
  });

  it.each([[3 as never], [{ interval: 3 as never }], [{ interval: { ms: -1 } }]])(
    'refuses %o at construction',
    (options) => {
      expect(() => new CheapAndCheerfulClock(options)).toThrow(/^CheapAndCheerfulClock: Expected /);
    },
  );
});
