// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import { drive, seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Annotator, DataChunker, DataDeChunker, DeFramer, Framer, SRM_Receiver, SRM_Sender } from '../index.js';
import { decodeFrame, encodeFrame, ShortFrameError } from './simple-frame.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (data: Uint8Array) => Buffer.from(data).toString('latin1');

/** Bytes drawn from a seed, among them many that have a meaning to somebody. */
function randomBytes(random: () => number, length: number): Uint8Array {
  const meaningful = bytes('X%058f \n0');
  return Uint8Array.from({ length }, () =>
    random() < 0.5 ? Math.floor(random() * 256) : (meaningful[Math.floor(random() * meaningful.length)] as number),
  );
}

/** The same bytes in pieces of other lengths. */
function recut(random: () => number, parts: readonly Uint8Array[], longest: number): Uint8Array[] {
  const all = Buffer.concat(parts);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < all.length; ) {
    const length = 1 + Math.floor(random() * longest);
    pieces.push(new Uint8Array(all.subarray(at, at + length)));
    at += length;
  }
  return pieces;
}

async function chunksOf(messages: readonly (Uint8Array | string)[], syncmessage?: string): Promise<Uint8Array[]> {
  const run = drive(new DataChunker(syncmessage === undefined ? {} : { syncmessage }), { inbox: messages });
  await run.done;
  return [...run.outbox.messages];
}

describe('Annotator', () => {
  it('numbers from 1 on', async () => {
    const run = drive(new Annotator<string>(), { inbox: ['a', 'b', 'c'] });
    await run.done;
    expect(run.outbox.messages).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('begins again at 0', async () => {
    const run = drive(new Annotator({ modulo: 3 }), { inbox: [...'abcde'] });
    await run.done;
    expect(run.outbox.messages.map(([n]) => n)).toEqual([1, 2, 0, 1, 2]);
    expect(() => new Annotator({ modulo: 1 })).toThrow(/^Annotator: .* from 2 to 9007199254740991 for modulo/);
  });
});

describe('Framer and DeFramer', () => {
  it('171. a frame is its number and length, a line feed, and the data', () => {
    expect(text(encodeFrame([1, bytes('1')]))).toBe('1 1\n1');
    expect(text(encodeFrame([50, bytes('1111')]))).toBe('50 4\n1111');
    expect(decodeFrame(bytes('1 1\n1'))).toEqual([1, bytes('1')]);
    expect(decodeFrame(bytes('1 2\n11'))).toEqual([1, bytes('11')]);
  });

  it('171. round trip for any bytes', async () => {
    const random = seededRandom(171);
    const messages = Array.from(
      { length: 200 },
      (_, n) => [n, randomBytes(random, Math.floor(random() * 500))] as const,
    );
    const run = drive(Pipeline(new Framer(), new DeFramer()), { inbox: messages });
    await run.done;
    expect(run.outbox.messages).toEqual(messages);
    for (const [, data] of run.outbox.messages) expect(data.buffer.byteLength).toBe(data.length);
  });

  it('171. "1 2\\n1111" parses as (1, "11")', () => {
    expect(decodeFrame(bytes('1 2\n1111'))).toEqual([1, bytes('11')]);
  });

  it('171. "1 2\\n" raises', () => {
    expect(() => decodeFrame(bytes('1 2\n'))).toThrow(ShortFrameError);
    expect(() => decodeFrame(bytes('1 2\n'))).toThrow('Expected 2 bytes in frame 1 but received 0');
  });

  it('171. a frame with a lost chunk is not delivered', async () => {
    const frames = Array.from({ length: 9 }, (_, i) => text(encodeFrame([i + 1, bytes('a'.repeat(i + 1))])));
    frames[4] = (frames[4] as string).slice(0, -2);
    const deframer = new DeFramer();
    const run = drive(deframer, { inbox: frames });
    await run.done;
    expect(run.outbox.messages.map(([n]) => n)).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    expect(deframer.stats).toEqual({ frames: 8, damaged: 1 });
    expect(run.logs.map((entry) => entry.message)).toEqual([
      'a damaged frame is dropped: Expected 5 bytes in frame 5 but received 3',
    ]);
  });

  it.each(['', 'no frame', '1\nx', 'a 1\nx', '1 -1\nx', `${'1'.repeat(30)} 1\nx`, `${' '.repeat(60)}1 1\nx`])(
    'drops %j, which is none',
    async (message) => {
      const deframer = new DeFramer();
      const run = drive(deframer, { inbox: [message, '7 1\nx'] });
      await run.done;
      expect(run.outbox.messages).toEqual([[7, bytes('x')]]);
      expect(deframer.stats.damaged).toBe(1);
    },
  );

  it('logs damage once a second', async () => {
    const deframer = new DeFramer();
    const run = drive(deframer);
    run.inbox.send(...Array(50).fill('damaged'));
    await run.settle();
    expect(run.logs.length).toBe(1);
    await run.advance({ ms: 1000 });
    run.inbox.send('damaged');
    run.inbox.close();
    await run.done;
    expect(run.logs.length).toBe(2);
    expect(run.logs[1]?.fields).toEqual({ damaged: 51 });
  });

  it.each([['x'], [[1]], [['1', 'x']], [[1.5, 'x']], [[1, 7]]])('refuses %j as a pair', async (pair) => {
    await expect(drive(new Framer(), { inbox: [pair as never] }).done).rejects.toThrow(/Framer: Expected/);
  });
});

describe('DataChunker and DataDeChunker', () => {
  const sync = 'X'.repeat(24);

  it('marks each message, and escapes the bytes of the marker and percent signs in it', async () => {
    const chunks = await chunksOf(['plain', `a${sync}b`, '100 %', '']);
    expect(chunks.map(text)).toEqual([`${sync}plain`, `${sync}a${'%58'.repeat(24)}b`, `${sync}100 %25`, sync]);
    expect(text((await chunksOf(['a|b~c'], '|~'))[0] as Uint8Array)).toBe('|~a%7cb%7ec');
  });

  it.each([1, 2, 7, 30, 1000])('172. survives any re-chunking: pieces of up to %i bytes', async (longest) => {
    const random = seededRandom(longest);
    const messages = Array.from({ length: 100 }, () => randomBytes(random, Math.floor(random() * 200)));
    messages.push(new Uint8Array(0), new Uint8Array(0), bytes(sync), bytes('%%%58%25'));
    for (const syncmessage of [sync, '|~|', 'Z', 'ZY']) {
      const dechunker = new DataDeChunker({ syncmessage });
      const run = drive(dechunker, { inbox: recut(random, await chunksOf(messages, syncmessage), longest) });
      await run.done;
      expect(run.outbox.messages).toEqual(messages);
      expect(dechunker.stats).toEqual({ chunks: 104, damaged: 0 });
    }
  });

  it('172. the first partial chunk is discarded', async () => {
    const [first, second, third] = (await chunksOf(['one one one', 'two', 'three'])) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    for (const cut of [1, 10, 23, 24, 27]) {
      const dechunker = new DataDeChunker();
      const run = drive(dechunker, { inbox: [first.subarray(cut), second, third] });
      await run.done;
      expect(run.outbox.messages.map(text)).toEqual(['two', 'three']);
      expect(dechunker.stats.damaged).toBe(0);
    }
  });

  it('172. flush emits the tail, and what follows belongs to none until the next marker', async () => {
    const [first, second, third] = await chunksOf(['one', 'two', 'three']);
    const run = drive(new DataDeChunker());
    run.inbox.send(first as Uint8Array, second as Uint8Array);
    await run.settle();
    expect(run.outbox.messages.map(text)).toEqual(['one']);
    run.input('flush').send('now');
    await run.settle();
    expect(run.outbox.messages.map(text)).toEqual(['one', 'two']);
    run.inbox.send('the rest of two', third as Uint8Array);
    await run.settle();
    run.input('flush').send('now');
    run.input('flush').send('again');
    await run.settle();
    expect(run.outbox.messages.map(text)).toEqual(['one', 'two', 'three']);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages.length).toBe(3);
  });

  it('drops a chunk of which the end was lost with the beginning of the next marker, and finds the next', async () => {
    const all = Buffer.concat(await chunksOf(['first', 'second', 'third', 'fourth'], '<-|>'));
    // Of "second" the last letter, and of the marker behind it the first two.
    const cut = all.indexOf('second') + 5;
    const damaged = new DataDeChunker('<-|>');
    const run = drive(damaged, { inbox: [all.subarray(0, cut), all.subarray(cut + 3)] });
    await run.done;
    expect(run.outbox.messages.map(text)).toEqual(['first', 'fourth']);
    expect(damaged.stats.damaged).toBe(1);
    expect(run.logs.map((entry) => entry.message)).toEqual(['a damaged chunk is dropped: a marker that is not whole']);
  });

  it('drops a chunk with a percent sign that means nothing', async () => {
    const dechunker = new DataDeChunker('||');
    const run = drive(dechunker, { inbox: ['||a%zz||b%4||c%||d%41'] });
    await run.done;
    expect(run.outbox.messages.map(text)).toEqual(['dA']);
    expect(dechunker.stats).toEqual({ chunks: 1, damaged: 3 });
  });

  it('keeps no more than maxChunk of a chunk that does not end', async () => {
    const dechunker = new DataDeChunker({ maxChunk: 1000 });
    const run = drive(dechunker);
    run.inbox.send(...(await chunksOf(['x'.repeat(1000), 'y'.repeat(1001), 'ok'])));
    for (let i = 0; i < 100; i++) run.inbox.send(new Uint8Array(10_000));
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages.map((message) => message.length)).toEqual([1000]);
    expect(dechunker.stats.damaged).toBe(2);
    expect(run.logs[0]?.message).toMatch(/a chunk of more than 1000 bytes \(option maxChunk\)/);
  });

  it('loses no more than one message and the one before for bytes that are missing in a message', async () => {
    const random = seededRandom(4);
    const messages = Array.from(
      { length: 20 },
      (_, i) => [i, randomBytes(random, 1 + Math.floor(random() * 60))] as const,
    );
    const framed = drive(Pipeline(new Framer(), new DataChunker()), { inbox: messages });
    await framed.done;
    for (let round = 0; round < 300; round++) {
      const at = 1 + (round % 18);
      const pieces = framed.outbox.messages.map((chunk, i) => {
        if (i !== at) return chunk;
        const from = Math.floor(random() * chunk.length);
        const to = from + 1 + Math.floor(random() * (chunk.length - from));
        return Buffer.concat([chunk.subarray(0, from), chunk.subarray(to)]);
      });
      const run = drive(Pipeline(new DataDeChunker(), new DeFramer()), { inbox: recut(random, pieces, 40) });
      await run.done;
      const others = messages.filter(([n]) => n !== at && n !== at - 1);
      expect(run.outbox.messages.filter(([n]) => n !== at && n !== at - 1)).toEqual(others);
    }
  });

  const wrong: [unknown, RegExp][] = [
    [{ syncmessage: '' }, /Expected a non-empty string without %, 0 to 9 and a to f for syncmessage but received ""/],
    [{ syncmessage: 'a' }, /for syncmessage but received "a"/],
    [{ syncmessage: 'X%' }, /for syncmessage but received "X%"/],
    [{ syncmessage: 7 }, /for syncmessage but received 7/],
    [5, /Expected an object of options but received 5/],
  ];
  it.each(wrong)('refuses %j at construction', (options, message) => {
    expect(() => new DataChunker(options as string)).toThrow(message);
    expect(() => new DataDeChunker(options as string)).toThrow(message);
  });

  it('refuses messages that are neither bytes nor text', async () => {
    await expect(drive(new DataChunker(), { inbox: [7 as never] }).done).rejects.toThrow(
      'DataChunker: Expected Uint8Array or string for a message but received 7',
    );
    await expect(drive(new DataDeChunker(), { inbox: [7 as never] }).done).rejects.toThrow(
      'DataDeChunker: Expected Uint8Array or string for a message but received 7',
    );
  });
});

describe('SRM_Sender and SRM_Receiver', () => {
  it('bring messages in order, once each, through a connection that mixes, doubles and loses them', async () => {
    const random = seededRandom(9);
    const messages = Array.from({ length: 500 }, (_, i) => `message ${i + 1} ${'%X'.repeat(i % 40)}`);
    const sent = drive(SRM_Sender(), { inbox: messages });
    await sent.done;
    const lost = new Set<number>();
    const mixed = sent.outbox.messages
      .flatMap((datagram, i) => {
        if (random() < 0.05) {
          lost.add(i + 1);
          return [];
        }
        return random() < 0.1 ? [datagram, datagram] : [datagram];
      })
      .map((datagram, i) => ({ datagram, at: i + random() * 10 }))
      .sort((a, b) => a.at - b.at)
      .map(({ datagram }) => datagram);
    const run = drive(SRM_Receiver(), { inbox: mixed });
    await run.done;
    const expected = messages.map((message, i) => [i + 1, message] as const).filter(([n]) => !lost.has(n));
    expect(run.outbox.messages.map(([n, data]) => [n, text(data)])).toEqual(expected);
  });
});
