// SPDX-License-Identifier: Apache-2.0
import { drive, seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Chunkifier, RateChunker } from './index.js';

const bytes = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => from + i);

function joined(parts: readonly (Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...(part as Uint8Array)]));
}

/** Cuts a stream at random, empty messages among them. */
function cut(stream: Uint8Array, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = Math.floor(random() * 40);
    parts.push(stream.slice(at, at + length));
    at += length;
  }
  return parts;
}

describe('Chunkifier', () => {
  it.each([1, 7, 10, 64, 1000])('sends chunks of exactly %s bytes and the rest at the end', async (chunksize) => {
    const stream = bytes(995);
    const run = drive(new Chunkifier({ chunksize }), { inbox: cut(stream, chunksize) });
    await run.done;
    const sizes = run.outbox.messages.map((chunk) => chunk.length);
    expect(sizes.slice(0, -1).every((size) => size === chunksize)).toBe(true);
    expect(sizes.at(-1)).toBe(995 % chunksize || chunksize);
    expect(joined(run.outbox.messages)).toEqual(stream);
  });

  it('cuts text likewise', async () => {
    const run = drive(new Chunkifier<string>({ chunksize: 4 }), { inbox: ['to', ' be or', '', ' not'] });
    await run.done;
    expect(run.outbox.messages).toEqual(['to b', 'e or', ' not']);
  });

  it('waits for a full chunk', async () => {
    const run = drive(new Chunkifier<Uint8Array>({ chunksize: 4 }));
    run.inbox.send(bytes(3));
    await run.advance({ ms: 1000 });
    expect(run.outbox.messages).toEqual([]);
    run.inbox.send(bytes(3, 3));
    await run.settle();
    expect(run.outbox.messages).toEqual([bytes(4)]);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages[1]).toEqual(bytes(2, 4));
  });

  it('with nodelay waits for nothing', async () => {
    const run = drive(new Chunkifier<Uint8Array>({ chunksize: 4, nodelay: true }));
    run.inbox.send(bytes(3), bytes(3, 3));
    await run.settle();
    expect(run.outbox.messages).toEqual([bytes(4), bytes(2, 4)]);
    run.inbox.send(bytes(1, 6));
    await run.settle();
    expect(run.outbox.messages[2]).toEqual(bytes(1, 6));
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toHaveLength(3);
  });

  it('gives each chunk a buffer of its own', async () => {
    const pooled = new Uint8Array(bytes(64).buffer, 8, 16);
    const run = drive(new Chunkifier<Uint8Array>({ chunksize: 16 }), { inbox: [pooled, bytes(5)] });
    await run.done;
    expect(run.outbox.messages.map((chunk) => chunk.buffer.byteLength)).toEqual([16, 5]);
    pooled.fill(0);
    expect(run.outbox.messages[0]).toEqual(bytes(16, 8));
  });

  it('holds a message of many chunks until its outbox has room, with nodelay too', async () => {
    const chunkifier = new Chunkifier<Uint8Array>({ chunksize: 2, nodelay: true });
    const run = drive(chunkifier, { inbox: [bytes(201)] }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(joined(run.outbox.messages)).toEqual(bytes(201));
    expect(run.outbox.messages).toHaveLength(101);
  });

  it('takes little memory for a large chunk of which there is little', async () => {
    const run = drive(new Chunkifier<Uint8Array>({ chunksize: 2 ** 30 }), { inbox: [bytes(3), bytes(3)] });
    await run.done;
    expect(run.outbox.messages.map((chunk) => chunk.length)).toEqual([6]);
  });

  it('ends when it is aborted while its outbox is full', async () => {
    const run = drive(new Chunkifier<Uint8Array>({ chunksize: 1 }), { inbox: [bytes(200)] }, { held: true });
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
  });

  it.each([
    [[7], /Chunkifier: Expected bytes or text for a message but received 7/],
    [['a', bytes(2)], /Chunkifier: Expected text behind text but received bytes/],
    [[bytes(2), 'a'], /Chunkifier: Expected bytes behind bytes but received text/],
  ])('fails for %o', async (messages, error) => {
    const run = drive(new Chunkifier({ chunksize: 10 }), { inbox: messages });
    await expect(run.done).rejects.toThrow(error);
  });

  it.each([
    [{ chunksize: 0 }, /from 1 to 1073741824 for chunksize but received 0/],
    [{ chunksize: 1.5 }, /for chunksize but received 1.5/],
    [{ nodelay: 'yes' as never }, /true or false for nodelay but received "yes"/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new Chunkifier(options)).toThrow(message);
  });
});

describe('RateChunker', () => {
  it('cuts into so many chunks a second, each a whole number of quanta', async () => {
    const stream = new Uint8Array(44_100 * 4 * 2);
    const chunker = new RateChunker({ datarate: 44_100 * 4, quantasize: 4, chunkrate: 24 });
    const run = drive(chunker, { inbox: [stream] });
    await run.done;
    const samples = run.outbox.messages.map((chunk) => chunk.length / 4);
    expect(samples).toHaveLength(48);
    expect(new Set(samples)).toEqual(new Set([1837, 1838]));
    let total = 0;
    samples.forEach((count, i) => {
      total += count;
      expect(total).toBe(Math.floor(((i + 1) * 44_100) / 24));
    });
  });

  it('has equal chunks where the rates divide', async () => {
    const run = drive(new RateChunker({ datarate: 48_000 * 4, quantasize: 4, chunkrate: 25 }), {
      inbox: cut(new Uint8Array(7680 * 3), 5),
    });
    await run.done;
    expect(run.outbox.messages.map((chunk) => chunk.length)).toEqual([7680, 7680, 7680]);
  });

  it('keeps the stream as it is, however it was cut', async () => {
    const stream = bytes(2000);
    const run = drive(new RateChunker({ datarate: 1000, quantasize: 3, chunkrate: 29.97 }), { inbox: cut(stream, 9) });
    await run.done;
    expect(joined(run.outbox.messages)).toEqual(stream.slice(0, 1998));
    expect(run.outbox.messages.every((chunk) => chunk.length % 3 === 0)).toBe(true);
  });

  it('sends the whole quanta that are left at the end, and drops a part of one', async () => {
    const run = drive(new RateChunker<Uint8Array>({ datarate: 40, quantasize: 4, chunkrate: 1 }), {
      inbox: [bytes(51)],
    });
    await run.done;
    expect(run.outbox.messages).toEqual([bytes(40), bytes(8, 40)]);
    const less = drive(new RateChunker<Uint8Array>({ datarate: 40, quantasize: 4, chunkrate: 1 }), {
      inbox: [bytes(3)],
    });
    await less.done;
    expect(less.outbox.messages).toEqual([]);
  });

  it('cuts text likewise', async () => {
    const run = drive(new RateChunker<string>({ datarate: 5, quantasize: 1, chunkrate: 2 }), {
      inbox: ['abcdefghijk'],
    });
    await run.done;
    expect(run.outbox.messages).toEqual(['ab', 'cde', 'fg', 'hij', 'k']);
  });

  it('holds a message of many chunks until its outbox has room', async () => {
    const chunker = new RateChunker<Uint8Array>({ datarate: 2, quantasize: 1, chunkrate: 1 });
    const run = drive(chunker, { inbox: [bytes(200)] }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(joined(run.outbox.messages)).toEqual(bytes(200));
  });

  it.each([
    [{ datarate: 10, quantasize: 4, chunkrate: 5 }, /a chunk has 4 to 1073741824 bytes but received 5/],
    [{ datarate: 0, quantasize: 4, chunkrate: 5 }, /above 0 for datarate but received 0/],
    [{ datarate: 10, quantasize: 0.5, chunkrate: 5 }, /whole number from 1 to 1048576 for quantasize but received 0.5/],
    [{ datarate: 10, quantasize: 1, chunkrate: -5 }, /above 0 for chunkrate but received -5/],
    [{} as never, /Expected a number for datarate but received undefined/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new RateChunker(options)).toThrow(message);
  });
});
