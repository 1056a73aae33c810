// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { Counter, failing, TakeThenEnd } from '../test/bridge-ends.js';
import { turn } from '../test/surroundings.js';
import { Pipeline, Scheduler } from './index.js';
import { TestHandles, TestSink } from './testing/index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a Node Readable as source', () => {
  it('gives every message, its end, and waits for room', async () => {
    const sink = new TestSink<number>();
    sink.hold();
    const graph = Pipeline(Readable.from(numbers(200)), sink).activate();
    while (sink.inbox.length < 64) await turn();
    expect(sink.inbox.length).toBe(64);
    sink.take();
    await graph.done;
    expect(sink.messages).toEqual(numbers(200));
  });

  it('is destroyed when the consumer ends first', async () => {
    const readable = Readable.from(numbers(1000));
    await Pipeline(readable, new TakeThenEnd(3)).run();
    expect(readable.destroyed).toBe(true);
  });

  it('is closed even when it never answers', async () => {
    let destroyed = false;
    const silent = new Readable({
      read() {},
      destroy(error, done) {
        destroyed = true;
        done(error);
      },
    });
    const graph = Pipeline(silent, new TakeThenEnd(1)).activate();
    await turn();
    graph.abort(new Error('enough'));
    await expect(graph.done).rejects.toThrow('enough');
    expect(destroyed).toBe(true);
  });

  it('fails the graph with its error and path', async () => {
    const broken = new Readable({ read: () => {} });
    const { done } = Pipeline(broken, new TakeThenEnd(9)).activate();
    while (broken.listenerCount('error') === 0) await turn();
    broken.destroy(new Error('gone'));
    await expect(done).rejects.toThrow(/^Pipeline-\d+\/AsyncIterableSource-\d+: gone$/);
  });
});

describe('a sink of a pipeline', () => {
  it('a Writable gets everything, is waited for and ended', async () => {
    const got: number[] = [];
    let most = 0;
    const writable = new Writable({
      objectMode: true,
      highWaterMark: 4,
      write(n: number, _encoding, done) {
        most = Math.max(most, writable.writableLength);
        got.push(n);
        setImmediate(done);
      },
    });
    await Pipeline(numbers(100), writable).run();
    expect(got).toEqual(numbers(100));
    expect(most).toBeLessThanOrEqual(4);
    expect(writable.writableFinished).toBe(true);
    expect(writable.listenerCount('error')).toBe(0);
  });

  it('a Writable that fails, or goes away, ends the graph', async () => {
    const failing = new Writable({
      objectMode: true,
      write: (_chunk, _encoding, done) => done(new Error('disk full')),
    });
    await expect(Pipeline(numbers(10), failing).run()).rejects.toThrow(/WritableSink-\d+: disk full$/);
    const leaving = new Writable({ objectMode: true, highWaterMark: 1, write: () => {} });
    const endless = (function* () {
      for (;;) yield 1;
    })();
    const graph = Pipeline(endless, leaving).activate();
    setImmediate(() => leaving.destroy());
    await graph.done;
  });

  it('a Writable that has ended or was destroyed is refused', async () => {
    const destroyed = new Writable({ write: (_chunk, _encoding, done) => done() });
    destroyed.destroy();
    const ended = new Writable({ write: (_chunk, _encoding, done) => done() });
    ended.end();
    for (const writable of [destroyed, ended]) {
      for (const source of [['a'], []]) {
        await expect(Pipeline(source, writable).run()).rejects.toThrow(
          'Expected a Writable that is open but received one that has ended or was destroyed',
        );
      }
    }
  });

  it('both ends of a graph that is aborted before it began are destroyed', async () => {
    for (const slices of [0, 1, 2, 3, 4]) {
      const source = Readable.from(numbers(3));
      const writable = new Writable({ objectMode: true, write: () => {} });
      const scheduler = new Scheduler();
      scheduler.drive(() => {});
      const graph = Pipeline(source, writable).activate({ scheduler });
      for (let n = 0; n < slices; n++) scheduler.step();
      graph.abort(new Error('stop'));
      scheduler.drive(undefined);
      await expect(graph.done).rejects.toThrow('stop');
      expect([source.destroyed, writable.destroyed], `after ${slices} slices`).toEqual([true, true]);
    }
  });

  it('a Writable is destroyed when the graph is aborted', async () => {
    const writable = new Writable({ objectMode: true, write: () => {} });
    const graph = Pipeline(numbers(3), writable).activate();
    await turn();
    graph.abort(new Error('stop'));
    await expect(graph.done).rejects.toThrow('stop');
    expect(writable.destroyed).toBe(true);
  });

  it("the process's own output is never ended", async () => {
    const fake = Object.assign(new EventEmitter(), {
      writable: true,
      written: [] as unknown[],
      ends: 0,
      write(chunk: unknown) {
        this.written.push(chunk);
        return true;
      },
      end() {
        this.ends++;
      },
      destroy() {},
    });
    const original = Object.getOwnPropertyDescriptor(process, 'stdout') as PropertyDescriptor;
    Object.defineProperty(process, 'stdout', { value: fake, configurable: true });
    try {
      await Pipeline(['a', 'b'], fake as unknown as Writable).run();
    } finally {
      Object.defineProperty(process, 'stdout', original);
    }
    expect([fake.written, fake.ends]).toEqual([['a', 'b'], 0]);
  });
});

describe('toReadable()', () => {
  it('is a stream with its back-pressure and end', async () => {
    const seen: number[] = [];
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(n: number, _encoding, done) {
        seen.push(n);
        setImmediate(done);
      },
    });
    await pipeline(Pipeline(numbers(100), (n) => n + 1).toReadable() as never, slow);
    expect(seen).toEqual(numbers(100).map((n) => n + 1));
  });

  it('disposes of what it had not been read of when it is destroyed', async () => {
    const handles = new TestHandles();
    const readable = Pipeline(numbers(20), (n) => handles.make(n)).toReadable() as unknown as Readable;
    // It has asked for one, and nobody reads it.
    const closed = new Promise((resolve) => readable.on('close', resolve));
    await new Promise((resolve) => readable.once('readable', resolve));
    expect(readable.readableLength).toBe(1);
    readable.destroy();
    await closed;
    handles.check();
    expect(handles.made).toBeGreaterThan(1);
  });

  it('destroyed before anybody read destroys its source', async () => {
    const source = Readable.from(numbers(3));
    const readable = Pipeline(source).toReadable() as unknown as Readable;
    const closed = new Promise((resolve) => readable.on('close', resolve));
    readable.destroy();
    await closed;
    expect(source.destroyed).toBe(true);
  });

  it('stops the component when it is destroyed, and fails with it', async () => {
    const counter = new Counter();
    const readable = counter.toReadable();
    for await (const n of readable) if (n === 10) break;
    await counter.done;
    expect(counter.closed).toBe(1);
    const read = async () => {
      for await (const _ of failing().toReadable());
    };
    await expect(read()).rejects.toThrow('three is too much');
  });
});
