// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { Filter, PassThrough, PureTransformer, RangeFilter, type RangeFilterOptions } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Components that give one message for each they take. */
const oneToOne = [
  ['PureTransformer', () => new PureTransformer((message: unknown) => message)],
  ['Filter', () => new Filter()],
  ['PassThrough', () => new PassThrough()],
  ['RangeFilter', () => new RangeFilter([[0, 1e6]])],
] as const;

describe.each(oneToOne)('%s', (_name, make) => {
  const messages = numbers(200).map((n) => [n, `message ${n}`] as const);

  it('keeps the order, and ends with the stream', async () => {
    const run = drive(make(), { inbox: messages });
    await run.done;
    expect(run.outbox.messages).toEqual(messages);
    expect(run.outbox.ended).toBe(true);
  });

  it('goes no faster than its consumer', async () => {
    const run = drive(make());
    run.outbox.hold();
    run.inbox.send(...(messages as never[]));
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    expect(run.inbox.waiting).toBe(200 - 128);
    run.outbox.take();
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toHaveLength(200);
  });

  it('disposes what waits when it is aborted', async () => {
    const ledger = new Ledger();
    const run = drive(make(), {}, { held: true });
    const owned = numbers(100).map((n) => Object.assign(ledger.single(`${n}`), { 0: n }));
    run.inbox.send(...(owned as never[]));
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(run.inbox.waiting);
  });
});

describe('PureTransformer', () => {
  it('sends what its function gives, but for null and undefined', async () => {
    const results = [1, null, 0, undefined, '', false, 'end'];
    const run = drive(new PureTransformer((n: number) => results[n]), { inbox: numbers(7) });
    await run.done;
    expect(run.outbox.messages).toEqual([1, 0, '', false, 'end']);
  });

  it('waits for a promise, in order', async () => {
    const halves = new PureTransformer(async (n: number) => (n % 2 === 0 ? n / 2 : null));
    const run = drive(halves, { inbox: numbers(6) });
    await run.done;
    expect(run.outbox.messages).toEqual([0, 1, 2]);
  });

  it('takes processMessage of a subclass for its function', async () => {
    class Doubler extends PureTransformer<number, number> {
      override processMessage(n: number) {
        return n * 2;
      }
    }
    const run = drive(new Doubler(), { inbox: numbers(3) });
    await run.done;
    expect(run.outbox.messages).toEqual([0, 2, 4]);
  });

  it('fails the graph with what the function throws, now or later', async () => {
    const late = async () => Promise.reject(new Error('no such thing'));
    const now = () => {
      throw new Error('no such thing');
    };
    for (const transform of [late, now]) {
      const run = drive(new PureTransformer(transform), { inbox: [1] });
      await expect(run.done).rejects.toThrow('PureTransformer-1: no such thing');
    }
  });

  it('disposes a result that comes after it was stopped', async () => {
    const ledger = new Ledger();
    let give = (_message: unknown) => {};
    const result = new Promise((resolve) => {
      give = resolve;
    });
    const run = drive(new PureTransformer(() => result));
    run.inbox.send('question');
    // Until it has asked; a promise that is waited for keeps the clock from being settled.
    await new Promise((resolve) => setImmediate(resolve));
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    give(ledger.single('answer'));
    await result;
    expect(ledger.disposed).toEqual(['answer']);
  });

  it.each([[undefined], [null], ['upper']])('refuses %o for its function at construction', (transform) => {
    expect(() => new PureTransformer(transform as never)).toThrow(/^PureTransformer: Expected a function but received/);
  });
});

describe('Filter', () => {
  it('sends what its filter gives, but for null and undefined', async () => {
    const results = [1, null, 0, undefined, '', false, 'end'];
    const run = drive(new Filter<number, unknown>({ filter: (n) => results[n] }), { inbox: numbers(7) });
    await run.done;
    expect(run.outbox.messages).toEqual([1, 0, '', false, 'end']);
  });

  it('asks the filter for what it has kept at the end of the stream, until there is no more', async () => {
    class Sorter {
      readonly #kept: number[] = [];
      filter(n: number) {
        this.#kept.push(n);
        return null;
      }
      flush() {
        return this.#kept.sort((a, b) => a - b).shift();
      }
    }
    const run = drive(new Filter(new Sorter()), { inbox: numbers(100).reverse() }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(100));
  });

  it('fails the graph with what the filter throws', async () => {
    const filter = () => {
      throw new Error('no such thing');
    };
    const run = drive(new Filter({ filter }), { inbox: [1] });
    await expect(run.done).rejects.toThrow('Filter-1: no such thing');
  });

  it.each([
    [{}, /^Filter: Expected an object with a method filter\(\) but received \{\}/],
    [(n: number) => n, /method filter\(\) but received a function/],
    [{ filter: (n: number) => n, flush: 1 }, /a method for flush but received 1/],
  ])('refuses %o at construction', (filter, message) => {
    expect(() => new Filter(filter as never)).toThrow(message);
  });
});

describe('RangeFilter', () => {
  it('lets through what lies in one of its ranges, both ends included', async () => {
    const values = [0, 1, 2, 5, 6, 7, 8, 11, 12, 13, 29, 3];
    const messages = values.map((value) => [value, `item ${value}`] as const);
    for (const options of [
      {
        ranges: [
          [1, 5],
          [8, 12],
        ],
      } as RangeFilterOptions,
      new Set([
        [1, 5],
        [8, 12],
      ] as const),
    ]) {
      const run = drive(new RangeFilter(options), { inbox: messages });
      await run.done;
      expect(run.outbox.messages.map(([value]) => value)).toEqual([1, 2, 5, 8, 11, 12, 3]);
      expect(run.outbox.messages[0]).toBe(messages[1]);
    }
  });

  it('compares text and big integers too', async () => {
    const names = drive(new RangeFilter<[string]>([['b', 'd']]), { inbox: [['a'], ['b'], ['cat'], ['dog']] });
    await names.done;
    expect(names.outbox.messages).toEqual([['b'], ['cat']]);
    const times = drive(new RangeFilter<[bigint]>([[2n, 3n]]), { inbox: [[1n], [3n]] });
    await times.done;
    expect(times.outbox.messages).toEqual([[3n]]);
  });

  it('disposes the others, and what has no first item', async () => {
    const ledger = new Ledger();
    const messages = [1, 7, undefined].map((value) => Object.assign(ledger.single(`${value}`), { 0: value }));
    const run = drive(new RangeFilter([[0, 5]]), { inbox: [...messages, null, 3, []] });
    await run.done;
    expect(run.outbox.messages).toEqual([messages[0]]);
    expect(ledger.disposed).toEqual(['7', 'undefined']);
    disposeMessage(messages[0]);
  });

  it('lets nothing through without a range', async () => {
    const run = drive(new RangeFilter([]), { inbox: [[1]] });
    await run.done;
    expect(run.outbox.messages).toEqual([]);
  });

  it.each([
    [[[5, 1]], /^RangeFilter: Expected \[low, high\] with low <= high for a range but received \[5,1\]/],
    [[[Number.NaN, 1]], /for a range but received \[null,1\]/],
    [[1, 5], /for a range but received 1/],
    [{ ranges: 5 }, /another iterable for ranges but received 5/],
    [undefined, /object of options but received undefined/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new RangeFilter(options as never)).toThrow(message);
  });
});
