// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Pipeline, Scheduler } from './index.js';
import { TestSink } from './testing/index.js';
import { defaultSchedule } from './turns.js';

function without<T>(names: readonly ('setImmediate' | 'MessageChannel')[], make: () => T): T {
  const scope = globalThis as Record<string, unknown>;
  const kept = names.map((name) => scope[name]);
  for (const name of names) scope[name] = undefined;
  try {
    return make();
  } finally {
    names.forEach((name, i) => {
      scope[name] = kept[i];
    });
  }
}

it.each([
  ['setImmediate', []],
  ['MessageChannel', ['setImmediate']],
  ['setTimeout', ['setImmediate', 'MessageChannel']],
] as const)('turns come from %s, in order, and graphs run on it', async (_, absent) => {
  const schedule = without(absent, defaultSchedule);
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    schedule(() => order.push(1));
    schedule(() => order.push(2));
    schedule(resolve);
  });
  expect(order).toEqual([1, 2]);
  const sink = new TestSink<number>();
  const scheduler = without(absent, () => new Scheduler());
  await Pipeline(
    Array.from({ length: 300_000 }, (_, i) => i),
    sink,
  ).run({ scheduler });
  expect(sink.messages).toHaveLength(300_000);
});
