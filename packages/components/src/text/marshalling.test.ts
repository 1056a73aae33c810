// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { DeMarshaller, LineSplit, Marshaller, type Marshalling, Stringify } from './index.js';

const integers: Marshalling<number> = {
  marshall: (n) => String(n),
  demarshall: (text) => {
    if (!/^-?\d+$/.test(text)) throw new SyntaxError(`no number: ${text}`);
    return Number(text);
  },
};

describe('Marshaller and DeMarshaller', () => {
  it('write messages and read them again', async () => {
    const written = drive(new Marshaller(integers), { inbox: [1, -20, 0] });
    await written.done;
    expect(written.outbox.messages).toEqual(['1', '-20', '0']);
    const read = drive(new DeMarshaller(integers), { inbox: written.outbox.messages });
    await read.done;
    expect(read.outbox.messages).toEqual([1, -20, 0]);
  });

  it('may use bytes, and fit into a pipeline by their types', async () => {
    const bytes: Marshalling<number, Uint8Array> = {
      marshall: (n) => Uint8Array.of(n >> 8, n & 255),
      demarshall: (b) => ((b[0] ?? 0) << 8) | (b[1] ?? 0),
    };
    const read: number[] = [];
    await Pipeline([258, 7], new Marshaller(bytes), new DeMarshaller(bytes), (n: number) => void read.push(n)).run();
    expect(read).toEqual([258, 7]);
  });

  it('keep messages apart on a connection with lines', async () => {
    const lines = {
      marshall: (m: unknown) => `${JSON.stringify(m)}\n`,
      demarshall: (text: string) => JSON.parse(text) as unknown,
    };
    const messages = [{ a: 1 }, ['b', null], 'c\nd'];
    const written = drive(new Marshaller(lines), { inbox: messages });
    await written.done;
    const stream = written.outbox.messages.join('');
    const read: unknown[] = [];
    const cut = [stream.slice(0, 9), stream.slice(9)];
    await Pipeline(cut, new LineSplit(), new DeMarshaller(lines), (m: unknown) => void read.push(m)).run();
    expect(read).toEqual(messages);
  });

  it('call the functions as methods of their object', async () => {
    const counting = {
      count: 0,
      marshall(message: string) {
        return `${++this.count} ${message}`;
      },
    };
    const run = drive(new Marshaller(counting), { inbox: ['a', 'b'] });
    await run.done;
    expect(run.outbox.messages).toEqual(['1 a', '2 b']);
  });

  it('go no faster than their consumer', async () => {
    for (const component of [new Marshaller(integers), new DeMarshaller(integers)]) {
      const run = drive(component, { inbox: Array(200).fill('7') }, { held: true });
      await run.settle();
      expect(run.outbox.inbox.length).toBe(64);
      run.outbox.take();
      await run.done;
      expect(run.outbox.messages).toHaveLength(200);
    }
  });

  it.each([undefined, null, {}, { marshall: 'json' }, 7])('refuse %o at construction', (marshalling) => {
    expect(() => new Marshaller(marshalling as never)).toThrow(
      /^Marshaller: Expected an object with a function marshall/,
    );
    expect(() => new DeMarshaller(marshalling as never)).toThrow(
      /^DeMarshaller: Expected an object with a function dema/,
    );
  });
});

describe('Marshaller', () => {
  it('disposes messages once they are written', async () => {
    const ledger = new Ledger();
    const names = new Marshaller<{ name: string }>({ marshall: ({ name }) => name });
    const run = drive(names, { inbox: [ledger.single('a'), ledger.single('b')] });
    await run.done;
    expect(run.outbox.messages).toEqual(['a', 'b']);
    expect(ledger.disposed).toEqual(['a', 'b']);
  });

  it('fails the graph with what marshall throws, and disposes the message', async () => {
    const ledger = new Ledger();
    const marshall = () => {
      throw new TypeError('no words');
    };
    const run = drive(new Marshaller({ marshall }), { inbox: [ledger.single('a')] });
    await expect(run.done).rejects.toThrow('Marshaller-1: no words');
    expect(ledger.held).toBe(0);
  });
});

describe('DeMarshaller', () => {
  it('drops and counts what cannot be read, and says so once a second at most', async () => {
    const reader = new DeMarshaller(integers);
    const run = drive(reader);
    run.inbox.send('1', 'one', 'two', '2');
    await run.settle();
    expect(run.outbox.messages).toEqual([1, 2]);
    await run.advance({ ms: 1000 });
    run.inbox.send('three', '3');
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2, 3]);
    expect(reader.damaged).toBe(3);
    expect(run.logs.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['warn', 'a message cannot be read: no number: one', { damaged: 1 }],
      ['warn', 'a message cannot be read: no number: three', { damaged: 3 }],
    ]);
  });
});

describe('Stringify', () => {
  it('makes text of everything', async () => {
    const messages = [
      'text',
      42,
      -0,
      10n,
      true,
      null,
      undefined,
      [1, [2, 3]],
      new URL('http://localhost/'),
      Symbol('s'),
    ];
    const run = drive(new Stringify(), { inbox: messages });
    await run.done;
    expect(run.outbox.messages).toEqual([
      'text',
      '42',
      '0',
      '10',
      'true',
      'null',
      'undefined',
      '1,2,3',
      'http://localhost/',
      'Symbol(s)',
    ]);
  });

  it('reads bytes as UTF-8, also when a character is cut', async () => {
    const [a, b] = [Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xa4, 0xc3)];
    const run = drive(new Stringify(), { inbox: [a, b] });
    await run.done;
    expect(run.outbox.messages).toEqual(['a', 'ä', '\ufffd']);
  });

  it('disposes messages, also one that has no text', async () => {
    const ledger = new Ledger();
    const named = Object.assign(ledger.single('a'), { toString: () => 'a' });
    const unnamed = Object.assign(ledger.single('b'), { toString: null, valueOf: null });
    const run = drive(new Stringify(), { inbox: [named, unnamed] });
    await expect(run.done).rejects.toThrow(/Stringify-1: Cannot convert object to primitive value/);
    expect(ledger.held).toBe(0);
  });
});
