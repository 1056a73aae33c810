// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Counter, failing } from '../test/bridge-ends.js';
import { inNode, turn } from '../test/surroundings.js';
import { Pipeline } from './index.js';
import { TestSource } from './testing/index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

class Handle {
  static open = 0;
  readonly n: number;
  constructor(n: number) {
    this.n = n;
    Handle.open++;
  }
  clone(): Handle {
    return new Handle(this.n);
  }
  [Symbol.dispose](): void {
    Handle.open--;
  }
}

describe('values()', () => {
  it('gives what a component sends, and ends with it', async () => {
    const seen: number[] = [];
    for await (const n of Pipeline(numbers(500), (n) => n * 2).values()) seen.push(n);
    expect(seen).toEqual(numbers(500).map((n) => n * 2));
  });

  it('holds the component back while nobody asks', async () => {
    const counter = new Counter();
    const values = counter.values();
    expect(await values.next()).toEqual({ done: false, value: 0 });
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(counter.sent).toBeLessThan(40);
    await values.return?.();
    expect(counter.closed).toBe(1);
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('stops the component when the loop is left', async () => {
    const counter = new Counter();
    for await (const n of counter.values()) if (n === 100) break;
    expect(counter.closed).toBe(1);
    await counter.done;
  });

  it('throws the failure of the component behind what it had sent before', async () => {
    const seen: unknown[] = [];
    const loop = async () => {
      for await (const n of failing().values()) seen.push(n);
    };
    await expect(loop()).rejects.toThrow('three is too much');
    expect(seen.length).toBeLessThanOrEqual(2);
  });

  it('is at its end when it has thrown: asked again or left, it says so and does not throw again', async () => {
    const values = failing().values();
    const all = async () => {
      for (;;) if ((await values.next()).done) return;
    };
    await expect(all()).rejects.toThrow('three is too much');
    const end = { done: true, value: undefined };
    expect([await values.next(), await values.return?.(), await values.next()]).toEqual([end, end, end]);
  });

  it('answers each of several that ask at once, in order', async () => {
    const values = Pipeline(numbers(3), async (n) => n).values();
    const answers = await Promise.all([1, 2, 3, 4].map(() => values.next()));
    expect(answers.map(({ value }) => value)).toEqual([0, 1, 2, undefined]);
    expect(answers.map(({ done }) => done)).toEqual([false, false, false, true]);
  });

  it('throws the reason of its signal', async () => {
    const stop = new AbortController();
    const loop = async () => {
      for await (const n of new Counter().values({ signal: stop.signal }))
        if (n === 50) stop.abort(new Error('enough'));
    };
    await expect(loop()).rejects.toThrow('enough');
  });

  it('disposes of a handle when the next is asked for, or the loop is left, but not of its clones', async () => {
    Handle.open = 0;
    const kept: Handle[] = [];
    for await (const handle of Pipeline(numbers(10), (n) => new Handle(n)).values()) {
      if (handle.n === 4) kept.push(handle.clone());
      if (handle.n === 7) break;
    }
    expect(kept.map(({ n }) => n)).toEqual([4]);
    expect(Handle.open).toBe(1);
  });

  it('does nothing before it is asked, and can be left without ever', async () => {
    const counter = new Counter();
    await counter.values().return?.();
    expect([counter.sent, counter.closed]).toEqual([0, 0]);
  });

  it('left without ever being asked, closes the source', async () => {
    let closed = 0;
    function* begun() {
      try {
        for (;;) yield 1;
      } finally {
        closed++;
      }
    }
    async function* begunLater() {
      yield* begun();
    }
    const iterator = begun();
    iterator.next();
    await Pipeline(iterator).values().return?.();
    expect(closed).toBe(1);
    const later = begunLater();
    await later.next();
    await Pipeline(later).values().return?.();
    expect(closed).toBe(2);
    let cancelled = 0;
    const stream = new ReadableStream({ cancel: () => void cancelled++ });
    const values = Pipeline(stream).values();
    await values.return?.();
    expect(cancelled).toBe(1);
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('is how the component runs: run() and activate() are refused beside it', async () => {
    const refusal = 'Counter: Expected one of run(), values(), toWeb() and toReadable() but received two of them';
    for (const outward of ['values', 'toWeb', 'toReadable'] as const) {
      if (outward === 'toReadable' && !inNode) continue;
      const counter = new Counter();
      counter[outward]();
      expect(() => counter.run()).toThrow(refusal);
      expect(() => counter.values()).toThrow(refusal);
    }
    const values = Pipeline(numbers(3)).values();
    expect(await values.next()).toEqual({ done: false, value: 0 });
    await values.return?.();
  });

  it('feeds another pipeline', async () => {
    const seen: number[] = [];
    await Pipeline(Pipeline([1, 2, 3], (n) => n + 1).values(), (n: number) => {
      seen.push(n);
    }).run();
    expect(seen).toEqual([2, 3, 4]);
  });

  it('is refused for a component that runs already', () => {
    const counter = new Counter().activate();
    counter.done.catch(() => {});
    expect(() => counter.values()).toThrow('Expected a component that is new but it is activated already');
    counter.abort();
  });
});

describe('toWeb()', () => {
  it('is a stream with its back-pressure, end and cancellation', async () => {
    const seen: number[] = [];
    for await (const n of Pipeline(numbers(100), (n) => n + 1).toWeb()) seen.push(n);
    expect(seen).toEqual(numbers(100).map((n) => n + 1));
    const counter = new Counter();
    const reader = counter.toWeb().getReader();
    await reader.read();
    expect(counter.sent).toBeLessThan(40);
    await reader.cancel();
    expect(counter.closed).toBe(1);
  });

  it('fails with the component', async () => {
    const reader = failing().toWeb().getReader();
    const read = async () => {
      while (!(await reader.read()).done);
    };
    await expect(read()).rejects.toThrow('three is too much');
  });
});

// There it is tested in streams-of-node.test.ts.
if (!inNode) {
  it('toReadable() in a page says that it needs Node', () => {
    expect(() => new Counter().toReadable()).toThrow('Counter: Expected Node for toReadable(); use toWeb()');
  });
}

it('toWeb() disposes of a message that was on its way when the stream was cancelled', async () => {
  for (let later = 0; later < 8; later++) {
    Handle.open = 0;
    const source = new TestSource<Handle>();
    const reader = Pipeline(source).toWeb().getReader();
    const read = reader.read();
    await turn();
    source.input.send(new Handle(1));
    for (let i = 0; i < later; i++) await undefined;
    await reader.cancel();
    const { value } = await read;
    value?.[Symbol.dispose]();
    await turn();
    // What the source was not asked for is still its own.
    expect(Handle.open - source.input.waiting, `${later} microtasks later`).toBe(0);
  }
});
