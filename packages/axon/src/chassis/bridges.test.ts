// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TakeThenEnd } from '../../test/bridge-ends.js';
import { turn } from '../../test/surroundings.js';
import { Pipeline } from '../index.js';
import { TestSink, virtualClock } from '../testing/index.js';

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

async function* asyncNumbers(n: number, closed: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < n; i++) yield i;
  } finally {
    closed.push('closed');
  }
}

function webNumbers(n: number): ReadableStream<number> {
  let i = 0;
  return new ReadableStream<number>({
    pull: (controller) => (i < n ? controller.enqueue(i++) : controller.close()),
  });
}

describe('sources of a pipeline', () => {
  it.each([
    ['an iterable', () => new Set(numbers(200))],
    ['an async iterable', () => asyncNumbers(200)],
    ['a ReadableStream', () => webNumbers(200)],
  ])('%s gives every message, its end, and waits for room', async (_, make) => {
    const sink = new TestSink<number>();
    sink.hold();
    const graph = Pipeline(make() as Iterable<number>, sink).activate();
    while (sink.inbox.length < 64) await turn();
    expect(sink.inbox.length).toBe(64);
    sink.take();
    await graph.done;
    expect(sink.messages).toEqual(numbers(200));
  });

  it('are closed when the consumer ends first', async () => {
    const closed: string[] = [];
    await Pipeline(asyncNumbers(1000, closed), new TakeThenEnd(3)).run();
    let cancelled = false;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(1),
      cancel: () => {
        cancelled = true;
      },
    });
    await Pipeline(stream, new TakeThenEnd(3)).run();
    await turn();
    expect(cancelled).toBe(true);
    expect(closed).toEqual(['closed']);
  });

  it('fail the graph with their error and path', async () => {
    const broken = (async function* () {
      yield 1;
      throw new Error('gone');
    })();
    await expect(Pipeline(broken, new TakeThenEnd(9)).run()).rejects.toThrow(
      /^Pipeline-\d+\/AsyncIterableSource-\d+: gone$/,
    );
    const stream = new ReadableStream({ start: (controller) => controller.error(new Error('web')) });
    await expect(Pipeline(stream, new TakeThenEnd(9)).run()).rejects.toThrow(/ReadableStreamSource-\d+: web$/);
  });
});

describe('a stopped source', () => {
  it('disposes of the message for which there was no room', async () => {
    let open = 0;
    class Handle {
      constructor() {
        open++;
      }
      [Symbol.dispose](): void {
        open--;
      }
    }
    function* handles(): Generator<Handle> {
      for (;;) yield new Handle();
    }
    const sink = new TestSink<Handle>();
    sink.hold();
    const clock = virtualClock();
    const line = Pipeline(handles(), sink).activate({ clock });
    await clock.settle();
    expect(open).toBeGreaterThan(60);
    line.abort(new Error('over'));
    await line.done.catch(() => {});
    expect(open).toBe(0);
  });
});

describe('iterators of any kind', () => {
  it('may answer without a promise, and need not say what return() gives', async () => {
    for (const back of [undefined, () => undefined as never, () => Promise.reject(new Error('no'))]) {
      let n = 0;
      const iterator = { next: () => ({ done: n > 2, value: ++n }) as never, ...(back && { return: back }) };
      const seen: unknown[] = [];
      await Pipeline({ [Symbol.asyncIterator]: () => iterator }, (x: unknown) => {
        seen.push(x);
      }).run();
      expect(seen).toEqual([1, 2, 3]);
      n = 0;
      const early = Pipeline({ [Symbol.asyncIterator]: () => iterator }, new TakeThenEnd(1));
      await early.run({ onLog: () => {} });
    }
  });

  it('that throw when they are closed are warned of, and end the graph as ever', async () => {
    const logs: string[] = [];
    const iterator = {
      next: () => Promise.resolve({ done: false, value: 1 }),
      return: () => {
        throw new Error('stuck');
      },
    };
    await Pipeline({ [Symbol.asyncIterator]: () => iterator }, new TakeThenEnd(1)).run({
      onLog: ({ message }) => logs.push(message),
    });
    await turn();
    expect(logs).toEqual(['closing the source failed: Error: stuck']);
  });
});

describe('functions of a pipeline', () => {
  it('map, drop null and undefined, and wait for promises in order', async () => {
    const sink = new TestSink<number>();
    const half = async (n: number) => (n % 2 === 0 ? n / 2 : null);
    await Pipeline(numbers(100), half, (n: number) => (n > 10 ? n : undefined), sink).run({ clock: virtualClock() });
    expect(sink.messages).toEqual(numbers(50).filter((n) => n > 10));
  });

  it('hold the pipeline back while they work', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let produced = 0;
    const source = (function* () {
      for (; produced < 500; produced++) yield produced;
    })();
    const got: number[] = [];
    const graph = Pipeline(source, async (n: number) => {
      await gate;
      got.push(n);
    }).activate();
    for (let i = 0; i < 5; i++) await turn();
    expect(produced).toBeLessThanOrEqual(66);
    release();
    await graph.done;
    expect(got).toEqual(numbers(500));
  });

  it('carry their name in an error', async () => {
    function parse(): never {
      throw new SyntaxError('bad');
    }
    await expect(Pipeline([1], parse).run({ clock: virtualClock() })).rejects.toThrow('Pipeline-1/parse: bad');
    const reject = async () => Promise.reject(new Error('later'));
    await expect(Pipeline([1], reject).run({ clock: virtualClock() })).rejects.toThrow('Pipeline-1/reject: later');
  });
});

describe('sinks of a pipeline', () => {
  it('a WritableStream gets everything and is closed; its failure fails the graph; an abort aborts it', async () => {
    const got: number[] = [];
    let end = '';
    const stream = () =>
      new WritableStream<number>({
        write: (n) => void got.push(n),
        close: () => {
          end = 'closed';
        },
        abort: () => {
          end = 'aborted';
        },
      });
    await Pipeline(numbers(100), stream()).run();
    expect([got, end]).toEqual([numbers(100), 'closed']);
    const failing = new WritableStream<number>({
      write: () => {
        throw new Error('refused');
      },
    });
    await expect(Pipeline(numbers(10), failing).run()).rejects.toThrow(/WritableStreamSink-\d+: refused$/);
    const target = stream();
    const graph = Pipeline(new ReadableStream<number>(), target).activate();
    while (!target.locked) await turn();
    graph.abort();
    await expect(graph.done).rejects.toThrow('was aborted');
    await turn();
    expect(end).toBe('aborted');
  });
});
