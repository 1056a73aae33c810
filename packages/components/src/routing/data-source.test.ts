// SPDX-License-Identifier: Apache-2.0
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { DataSource } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('DataSource', () => {
  it('sends its messages in order and ends', async () => {
    const run = drive(new DataSource({ messages: ['hello', 'world'] }));
    await run.done;
    expect(run.outbox.messages).toEqual(['hello', 'world']);
    expect(run.outbox.ended).toBe(true);
  });

  it('takes the messages themselves, and leaves the list as it is', async () => {
    const list = [1, 2, 3];
    const source = new DataSource(list);
    list.push(4);
    const run = drive(source);
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2, 3]);
    expect(list).toEqual([1, 2, 3, 4]);
  });

  it('sends null, undefined, 0 and the empty string too', async () => {
    const run = drive(new DataSource([null, undefined, 0, '', false]));
    await run.done;
    expect(run.outbox.messages).toEqual([null, undefined, 0, '', false]);
  });

  it('goes no faster than its consumer', async () => {
    let asked = 0;
    function* endless() {
      for (;;) yield asked++;
    }
    const run = drive(new DataSource(endless()), {}, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    expect(asked).toBe(65);
    run.outbox.take(40);
    await run.settle();
    expect(run.outbox.messages).toEqual(numbers(40));
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('disposes the messages of a list that it could not send', async () => {
    const disposed: number[] = [];
    const messages = numbers(70).map((n) => ({ [Symbol.dispose]: () => disposed.push(n) }));
    const run = drive(new DataSource(messages), {}, { held: true });
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(disposed.sort((a, b) => a - b)).toEqual(numbers(70));
  });

  it('disposes the message in hand and closes the iterator when it is stopped', async () => {
    const disposed: number[] = [];
    let closed = false;
    function* messages() {
      try {
        for (let n = 0; ; n++) yield { [Symbol.dispose]: () => disposed.push(n) };
      } finally {
        closed = true;
      }
    }
    const run = drive(new DataSource(messages()), {}, { held: true });
    await run.settle();
    run.abort();
    await expect(run.done).rejects.toThrow();
    expect(disposed.sort((a, b) => a - b)).toEqual(numbers(65));
    expect(closed).toBe(true);
  });

  it.each([['words'], [undefined], [{ messages: 'words' }], [{}], [7]])('refuses %o at construction', (options) => {
    expect(() => new DataSource(options as never)).toThrow(/^DataSource: Expected a/);
  });
});
