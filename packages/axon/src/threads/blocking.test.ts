// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, it } from 'vitest';
import { Component, Pipeline, type Steps } from '../index.js';
import { drive } from '../testing/index.js';
import { closeWorkerPool, threaded } from './index.js';

const at = (name: string) => new URL(`./test-components/${name}.mjs`, import.meta.url);
const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4));
const ENDED = 1;
const CANCELLED = 2;

afterAll(closeWorkerPool);

it('recvBlocking() waits for messages that come later, and sees the end of the stream', async () => {
  const state = words(1);
  const run = drive(threaded(at('blocking-echo'), { words: state.buffer }));
  for (const message of ['a', 'b']) {
    await run.settle();
    run.inbox.send(message);
  }
  await run.settle();
  expect(run.outbox.messages).toEqual(['a', 'b']);
  expect(Atomics.load(state, 0)).toBe(0);
  run.inbox.close();
  await run.finish();
  expect(Atomics.load(state, 0)).toBe(ENDED);
});

it('recvBlocking() throws a CancelledError when the graph is aborted, which is no failure', async () => {
  const state = words(1);
  const run = drive(threaded(at('blocking-echo'), { words: state.buffer }));
  await run.settle();
  run.abort(new Error('enough'));
  await expect(run.done).rejects.toThrow('enough');
  expect(Atomics.load(state, 0)).toBe(CANCELLED);
  expect(run.logs).toEqual([]);
});

it('send() that waits for room is broken off when the graph is aborted, and cleaning up may still send', async () => {
  const state = words(2);
  const run = drive(
    threaded(at('blocking-numbers'), { words: state.buffer }, { ports: { in: [] } }),
    {},
    { held: true },
  );
  await run.settle();
  expect(Atomics.load(state, 0)).toBe(64);
  run.abort();
  await expect(run.done).rejects.toThrow('was aborted');
  expect(Atomics.load(state, 1)).toBe(1);
  expect(run.logs).toEqual([]);
});

it('a component that blocks its thread keeps the graph alive and does not hold up the others in it', async () => {
  const state = words(2);
  const seen: number[] = [];
  class Others extends Component {
    readonly outbox = this.out<number>('outbox');
    override *main(): Steps {
      for (let n = 0; n < 100; n++) {
        while (!this.outbox.open) yield;
        this.outbox.send(n);
      }
    }
  }
  const blocked = Pipeline(threaded(at('on-signal'), { words: state.buffer, count: 1 }), () => undefined).run();
  await Pipeline(new Others(), (n: number) => seen.push(n)).run();
  expect(seen).toHaveLength(100);
  expect(Atomics.load(state, 1)).toBe(0);
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
  await blocked;
  expect(Atomics.load(state, 1)).toBe(1);
});

it('recvBlocking() is refused where it would block the graph', async () => {
  class Blocks extends Component {
    readonly inbox = this.in('inbox');
    override *main(): Steps {
      this.inbox.recvBlocking();
      yield;
    }
  }
  await expect(drive(new Blocks(), { inbox: [1] }).done).rejects.toThrow(
    'Bench-1/Blocks-1: Bench-1/Blocks-1.inbox: Expected recvBlocking() in the component that a worker runs',
  );
  await expect(drive(threaded(at('blocking-part'))).done).rejects.toThrow(
    'part.inbox: Expected recvBlocking() in the component that a worker runs, see threaded(), but received it elsewhere',
  );
});
