// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { drive } from '../testing/index.js';
import { closeWorkerPool, threaded } from './index.js';

const article = new URL('./test-components/article.mjs', import.meta.url);

const leaves = new URL('./test-components/leaves.mjs', import.meta.url);

/** Number of the thread of a component that leaves something in it. */
async function threadOf(words?: Int32Array<SharedArrayBuffer>): Promise<number> {
  const options = words === undefined ? {} : { words: words.buffer };
  const run = drive(threaded(leaves, options, { ports: { in: [] } }));
  await run.finish();
  return (run.outbox.messages as unknown as [number])[0];
}

/** Numbers of the threads that so many components have at the same time. */
async function threadsOf(count: number): Promise<number[]> {
  const ports = { in: ['inbox', 'control'], out: ['outbox', 'signal'] };
  const runs = Array.from({ length: count }, () =>
    drive(threaded(article, undefined, { ports }), { inbox: ['hello'] }),
  );
  for (const run of runs) await run.settle();
  for (const run of runs) run.input('control').send('enough');
  for (const run of runs) await run.finish();
  return runs.map((run) => ((run.outbox.messages as unknown[])[0] as [string, number])[1]);
}

afterEach(closeWorkerPool);

it('a thread that a component has left is the next one’s', async () => {
  const [first] = await threadsOf(1);
  expect(await threadsOf(1)).toEqual([first]);
  expect(await threadsOf(1)).toEqual([first]);
});

it('components that run at the same time have threads of their own', async () => {
  expect(new Set(await threadsOf(3)).size).toBe(3);
});

it('no more threads are kept than the machine can use beside the graph', async () => {
  const kept = Math.max(1, availableParallelism() - 1);
  const before = new Set(await threadsOf(kept + 2));
  const after = await threadsOf(kept + 2);
  expect(after.filter((thread) => before.has(thread))).toHaveLength(kept);
});

it('closeWorkerPool() ends those that wait; the next component starts a new one', async () => {
  const [first] = await threadsOf(1);
  await closeWorkerPool();
  expect(await threadsOf(1)).not.toEqual([first]);
});

it('one with memory limits of its own is not kept', async () => {
  const [first] = await threadsOf(1);
  const limited = drive(threaded(article, undefined, { resourceLimits: { maxOldGenerationSizeMb: 64 } }), {
    inbox: ['hello'],
  });
  await limited.settle();
  const [[, thread]] = limited.outbox.messages as unknown as [[string, number]];
  limited.abort();
  await limited.done.catch(() => {});
  expect(thread).not.toBe(first);
  expect(await threadsOf(1)).toEqual([first]);
});

it('a thread in which a component left a timer is no other’s, and what comes of that neither', async () => {
  const told = new Promise<unknown[]>((resolve) => {
    vi.spyOn(console, 'error').mockImplementation((...all) => resolve(all));
  });
  try {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const first = await threadOf(words);
    Atomics.store(words, 0, 1);
    const second = await threadOf();
    expect(second).not.toBe(first);
    expect(await threadOf()).toBe(second);
    expect((await told).map(String)).toEqual([
      '[error] a worker failed after its component had ended:',
      'Error: a timer that nobody waits for',
    ]);
  } finally {
    vi.restoreAllMocks();
  }
});

it('what a component left in its thread has a while to end', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  await threadOf(words);
  Atomics.store(words, 0, 2);
  while (Atomics.load(words, 0) !== 3) await new Promise((resolve) => setImmediate(resolve));
});
