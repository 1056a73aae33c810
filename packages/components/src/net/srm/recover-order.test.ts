// SPDX-License-Identifier: Apache-2.0
import { drive, seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { CountedBytes } from '../../testing/disposable.js';
import { RecoverOrder } from '../index.js';

const numbered = (...numbers: number[]) => numbers.map((n) => [n, `m${n}`] as const);
const numbersOf = (messages: readonly (readonly [number, unknown])[]) => messages.map(([n]) => n);

describe('RecoverOrder', () => {
  it('puts messages in order and sends on what it has at the end', async () => {
    const run = drive(new RecoverOrder<string>(), { inbox: numbered(3, 1, 2, 5, 4) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbered(1, 2, 3, 4, 5));
  });

  it('keeps as many as it was told, and then sends one for each that comes', async () => {
    const run = drive(new RecoverOrder<string>({ bufsize: 3 }));
    run.inbox.send(...numbered(2, 1));
    await run.settle();
    expect(run.outbox.messages).toEqual([]);
    run.inbox.send(...numbered(4));
    await run.settle();
    expect(numbersOf(run.outbox.messages)).toEqual([1]);
    run.inbox.send(...numbered(3));
    await run.settle();
    expect(numbersOf(run.outbox.messages)).toEqual([1, 2]);
    run.inbox.close();
    await run.done;
    expect(numbersOf(run.outbox.messages)).toEqual([1, 2, 3, 4]);
  });

  it('keeps the order where the numbers begin again', async () => {
    const random = seededRandom(30);
    const modulo = 256;
    const inOrder = Array.from({ length: 2000 }, (_, i) => (i + 200) % modulo);
    const mixed = inOrder
      .map((n, i) => ({ n, at: i + random() * 12 }))
      .sort((a, b) => a.at - b.at)
      .map(({ n }) => n);
    const order = new RecoverOrder<string>({ modulo });
    const run = drive(order, { inbox: numbered(...mixed) });
    await run.done;
    expect(numbersOf(run.outbox.messages)).toEqual(inOrder);
    expect(order.stats).toEqual({ duplicates: 0, late: 0, damaged: 0 });
  });

  it('drops what came before, kept or sent lately, and disposes it', async () => {
    const order = new RecoverOrder<CountedBytes>({ bufsize: 4 });
    const doubles = [new CountedBytes(1), new CountedBytes(1)];
    const first = [1, 2, 3, 4, 5].map((n) => [n, new CountedBytes(1)] as const);
    const run = drive(order, { inbox: [...first, [5, doubles[0]], [1, doubles[1]], [6, new CountedBytes(1)]] });
    await run.done;
    expect(numbersOf(run.outbox.messages)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(order.stats.duplicates).toBe(2);
    expect(doubles.map((bytes) => bytes.disposed)).toEqual([1, 1]);
    expect(first.every(([, bytes]) => bytes.disposed === 0)).toBe(true);
  });

  it('sends on what comes too late, out of order, and counts it', async () => {
    const order = new RecoverOrder<string>({ bufsize: 2 });
    const run = drive(order, { inbox: numbered(10, 11, 12, 5, 13) });
    await run.done;
    expect(numbersOf(run.outbox.messages)).toEqual([10, 11, 5, 12, 13]);
    expect(order.stats.late).toBe(1);
  });

  it('drops numbers that are none below its modulo, and says so once a second', async () => {
    const order = new RecoverOrder<string>({ modulo: 100 });
    const run = drive(order, { inbox: numbered(1, 100, -1, 1.5, Number.NaN, 2) });
    await run.done;
    expect(numbersOf(run.outbox.messages)).toEqual([1, 2]);
    expect(order.stats.damaged).toBe(4);
    expect(run.logs.map((entry) => entry.message)).toEqual([
      'a message is dropped: Expected a number below 100 but received 100',
    ]);
  });

  it('is not led astray by one wild number', async () => {
    const run = drive(new RecoverOrder<string>({ bufsize: 5 }), {
      inbox: numbered(1, 2, 3_000_000_000, 3, 4, 5, 6, 7, 8, 9),
    });
    await run.done;
    expect(numbersOf(run.outbox.messages).filter((n) => n < 100)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('makes its producer wait while its outbox is full, at the end too', async () => {
    const run = drive(
      new RecoverOrder<string>({ bufsize: 100 }),
      { inbox: numbered(...Array.from({ length: 500 }, (_, i) => i)) },
      { held: true },
    );
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages.length).toBe(500);
  });

  it('disposes what it keeps when it is aborted', async () => {
    const kept = [new CountedBytes(1), new CountedBytes(1)];
    const run = drive(new RecoverOrder<CountedBytes>());
    run.inbox.send([1, kept[0] as CountedBytes], [2, kept[1] as CountedBytes]);
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(kept.map((bytes) => bytes.disposed)).toEqual([1, 1]);
  });

  it('refuses what is no pair, and options out of range', async () => {
    for (const message of ['x', [1], ['1', 'x'], null]) {
      await expect(drive(new RecoverOrder(), { inbox: [message as never] }).done).rejects.toThrow(
        /RecoverOrder: Expected \[number, message\] but received/,
      );
    }
    expect(() => new RecoverOrder({ bufsize: 0 })).toThrow(/from 1 to 65536 for bufsize but received 0/);
    expect(() => new RecoverOrder({ modulo: 1 })).toThrow(/for modulo but received 1/);
  });
});
