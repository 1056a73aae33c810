// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, Pipeline, type Steps } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import {
  Collate,
  FirstOnly,
  Max,
  nullSink,
  SimpleDetupler,
  Sync,
  TagWithSequenceNumber,
  TriggeredSource,
  UnseenOnly,
} from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

async function results<T>(component: Component & { outbox: unknown }, messages: readonly unknown[]): Promise<T[]> {
  const run = drive(component, { inbox: messages });
  await run.done;
  return run.outbox.messages as T[];
}

describe('Sync', () => {
  it('sends the first of each n messages and disposes the others', async () => {
    const ledger = new Ledger();
    const messages = [...'abcdefg'].map((name) => ledger.single(name));
    const sent = await results<{ name: string }>(new Sync({ n: 3 }), messages);
    expect(sent.map((m) => m.name)).toEqual(['a', 'd']);
    expect(ledger.disposed).toEqual(['b', 'c', 'e', 'f', 'g']);
  });

  it('waits for two unless told otherwise, and takes the number itself', async () => {
    expect(await results(new Sync(), numbers(6))).toEqual([0, 2, 4]);
    expect(await results(new Sync(4), numbers(9))).toEqual([0, 4]);
    expect(await results(new Sync(1), numbers(3))).toEqual([0, 1, 2]);
  });

  it('sends nothing before the last of them has come', async () => {
    const run = drive(new Sync<string>(2));
    run.inbox.send('a');
    await run.advance({ ms: 1000 });
    expect(run.outbox.messages).toEqual([]);
    run.inbox.send('b');
    await run.settle();
    expect(run.outbox.messages).toEqual(['a']);
    run.stop();
    await run.finish();
  });

  it('disposes the message it holds when it is aborted', async () => {
    const ledger = new Ledger();
    const run = drive(new Sync());
    run.inbox.send(ledger.single('a'));
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(0);
  });

  it.each([0, 1.5, -1, Number.NaN])('refuses %s for n', (n) => {
    expect(() => new Sync(n)).toThrow(/^Sync: Expected a whole number from 1 to 2147483648 for n/);
  });
});

describe('FirstOnly', () => {
  it('sends the first message as the whole stream, and takes and disposes the others', async () => {
    const ledger = new Ledger();
    const run = drive(new FirstOnly<unknown>());
    run.inbox.send(...numbers(5).map((n) => ledger.single(`${n}`)));
    await run.settle();
    expect(run.outbox.messages).toHaveLength(1);
    expect(run.outbox.ended).toBe(true);
    expect(ledger.disposed).toEqual(['1', '2', '3', '4']);
    run.inbox.send(...numbers(500));
    await run.settle();
    expect(run.inbox.waiting).toBe(0);
    run.inbox.close();
    await run.done;
  });

  it('sends nothing for an empty stream', async () => {
    expect(await results(new FirstOnly(), [])).toEqual([]);
  });

  it('does not hold back its producer while its consumer takes nothing', async () => {
    const first = new FirstOnly<number>();
    const run = drive(first, { inbox: numbers(500) }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(1);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual([0]);
  });

  it('stops at once when it is aborted', async () => {
    const run = drive(new FirstOnly<number>());
    run.inbox.send(1);
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
  });
});

describe('UnseenOnly', () => {
  it('passes on each message once', async () => {
    const same = { a: 1 };
    const messages = ['a', 'b', 'a', 1, '1', 1, same, same, { a: 1 }, null, undefined, null, Number.NaN, Number.NaN];
    expect(await results(new UnseenOnly(), messages)).toEqual([
      'a',
      'b',
      1,
      '1',
      same,
      { a: 1 },
      null,
      undefined,
      Number.NaN,
    ]);
  });

  it('compares bytes by their values, and not with text', async () => {
    const messages = [Uint8Array.of(98), Buffer.from('b'), 'b', 'bb', Uint8Array.of(98, 98), 'tb', Uint8Array.of(98)];
    expect(await results(new UnseenOnly(), messages)).toEqual([
      Uint8Array.of(98),
      'b',
      'bb',
      Uint8Array.of(98, 98),
      'tb',
    ]);
  });

  it('compares what key gives', async () => {
    const seen = new UnseenOnly<{ id: number }>({ key: ({ id }) => id });
    expect(await results(seen, [{ id: 1 }, { id: 2 }, { id: 1, other: true }])).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('forgets the message it has not seen for longest when it remembers its limit', async () => {
    const messages = [...'abcabdca'];
    expect((await results(new UnseenOnly({ limit: 3 }), messages)).join('')).toBe('abcdca');
  });

  it('has no more in memory than its limit, however many messages come', async () => {
    const stream = numbers(20_000).map((n) => n % 11);
    expect(await results(new UnseenOnly({ limit: 10 }), stream)).toHaveLength(20_000);
    expect(await results(new UnseenOnly({ limit: 11 }), stream)).toEqual(numbers(11));
  });

  it('disposes what it has seen', async () => {
    const ledger = new Ledger();
    const messages = ['a', 'b', 'a'].map((name) => ledger.single(name));
    const seen = new UnseenOnly<{ name: string }>({ key: ({ name }) => name });
    expect(await results(seen, messages)).toHaveLength(2);
    expect(ledger.disposed).toEqual(['a']);
  });

  it.each([
    [{ limit: 0 }, /^UnseenOnly: Expected a whole number from 1 to .* for limit but received 0/],
    [{ key: 'id' }, /^UnseenOnly: Expected a function for key but received "id"/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new UnseenOnly(options as never)).toThrow(message);
  });
});

describe('Collate', () => {
  it('sends the whole stream as one list', async () => {
    expect(await results(new Collate(), numbers(1000))).toEqual([numbers(1000)]);
    expect(await results(new Collate(), [])).toEqual([[]]);
  });

  it('gives a list that disposes what it holds', async () => {
    const ledger = new Ledger();
    const [list] = await results<unknown[]>(new Collate(), [ledger.shared('a'), 7, ledger.shared('b')]);
    expect(list).toHaveLength(3);
    disposeMessage(list);
    expect(ledger.held).toBe(0);
  });

  it('sends what it has when it is stopped in order', async () => {
    const run = drive(new Collate<number>());
    run.inbox.send(1, 2);
    await run.settle();
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual([[1, 2]]);
  });

  it('disposes what it holds when it is aborted', async () => {
    const ledger = new Ledger();
    const run = drive(new Collate());
    run.inbox.send(ledger.single('a'), ledger.single('b'));
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(0);
  });

  it('fails the graph beyond its limit, and disposes everything', async () => {
    const ledger = new Ledger();
    const run = drive(new Collate({ limit: 2 }), { inbox: [...'abcd'].map((name) => ledger.single(name)) });
    await expect(run.done).rejects.toThrow(/Collate: Expected at most 2 messages \(option limit\) but received more/);
    expect(ledger.held).toBe(0);
    expect(() => new Collate({ limit: 0 })).toThrow(/^Collate: Expected a whole number from 1/);
  });
});

describe('Max', () => {
  it('sends the greatest item of each list', async () => {
    const lists = [[1, 4, 2, 3], ['d', 'a', 'b', 'c'], ['xx', 'xxx'], [7], [-2n, -1n], [Number.NaN, 1, Number.NaN, 0]];
    expect(await results(new Max(), lists)).toEqual([4, 'd', 'xxx', 7, -1n, 1]);
  });

  it('chooses the first among equals and disposes the others', async () => {
    const ledger = new Ledger();
    const rated = (name: string, rating: number) => Object.assign(ledger.single(name), { valueOf: () => rating });
    const [best] = await results<{ name: string }>(new Max(), [[rated('a', 1), rated('b', 3), rated('c', 3)]]);
    expect(best?.name).toBe('b');
    expect(ledger.disposed).toEqual(['a', 'c']);
  });

  it.each([
    [[], /Max: Expected a list with an item but received an empty one/],
    [7, /Max: Expected a list for a message but received 7/],
  ])('fails the graph for %o', async (message, error) => {
    await expect(results(new Max(), [message])).rejects.toThrow(error);
  });
});

describe('TagWithSequenceNumber', () => {
  it('numbers messages from 0, or from where it is told', async () => {
    expect(await results(new TagWithSequenceNumber(), ['a', 'b', 'c'])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(await results(new TagWithSequenceNumber({ initial: -1 }), ['a', 'b'])).toEqual([
      [-1, 'a'],
      [0, 'b'],
    ]);
  });

  it('gives pairs that are disposed with what they hold, also by the runtime', async () => {
    const ledger = new Ledger();
    const run = drive(new TagWithSequenceNumber(), { inbox: [ledger.single('a'), ledger.single('b')] }, { held: true });
    await run.settle();
    expect(ledger.held).toBe(2);
    run.abort();
    await expect(run.done).rejects.toThrow();
    expect(ledger.held).toBe(0);
  });

  it.each([0.5, '1', Number.NaN])('refuses %o for initial', (initial) => {
    expect(() => new TagWithSequenceNumber({ initial: initial as never })).toThrow(
      /^TagWithSequenceNumber: Expected a /,
    );
  });
});

describe('SimpleDetupler', () => {
  it('takes one item of each list, or one field of each object', async () => {
    expect(
      await results(new SimpleDetupler(1), [
        ['greeting', 'hello'],
        ['x', 'y', 'z'],
      ]),
    ).toEqual(['hello', 'y']);
    expect(await results(new SimpleDetupler({ index: 'width' }), [{ width: 720, height: 576 }])).toEqual([720]);
    expect(await results(new SimpleDetupler(0), [[undefined], [0], ['']])).toEqual([undefined, 0, '']);
  });

  it('disposes what is left', async () => {
    const ledger = new Ledger();
    const [a, b, c] = [ledger.single('a'), ledger.single('b'), ledger.single('c')];
    expect(await results(new SimpleDetupler(1), [[a, b, 7, c]])).toEqual([b]);
    expect(ledger.disposed).toEqual(['a', 'c']);
    disposeMessage(b);
    // A field of an object that has to be disposed itself, and a numbered message taken out of its pair again.
    expect(await results(new SimpleDetupler('name'), [ledger.single('frame')])).toEqual(['frame']);
    const numbered = new TagWithSequenceNumber();
    const plain = Pipeline([ledger.single('d')], numbered, new SimpleDetupler(1), new Collate(), (list: unknown[]) => {
      expect(list.map((m) => (m as { name: string }).name)).toEqual(['d']);
      expect(ledger.held).toBe(1);
      disposeMessage(list);
    });
    await plain.run();
    const tags = Pipeline([ledger.single('e')], new TagWithSequenceNumber(), new SimpleDetupler(0), (tag: unknown) => {
      expect(tag).toBe(0);
    });
    await tags.run();
    expect(ledger.held).toBe(0);
  });

  it('drops, counts and disposes what has no such item, and says so once a second at most', async () => {
    const ledger = new Ledger();
    const detupler = new SimpleDetupler(1);
    const run = drive(detupler);
    run.inbox.send([1], null, 7, 'text', ledger.single('a'), [1, 'good']);
    await run.settle();
    expect(run.outbox.messages).toEqual(['good']);
    expect(detupler.missing).toBe(5);
    expect(ledger.held).toBe(0);
    await run.advance({ ms: 999 });
    run.inbox.send([1]);
    await run.settle();
    expect(run.logs).toHaveLength(1);
    await run.advance({ ms: 1 });
    run.inbox.send([1]);
    await run.settle();
    expect(run.logs.map(({ message }) => message)).toEqual([
      'Expected messages with an item 1 but received one without',
      'Expected messages with an item 1 but received one without',
    ]);
    expect(run.logs[1]?.fields).toEqual({ missing: 7 });
    run.stop();
    await run.finish();
  });

  it.each([[-1], [1.5], [''], [undefined], [{}], [null]])('refuses %o at construction', (index) => {
    expect(() => new SimpleDetupler(index as never)).toThrow(/^SimpleDetupler: Expected a/);
  });
});

describe('nullSink', () => {
  it('takes and disposes everything', async () => {
    const ledger = new Ledger();
    const run = drive(new nullSink(), { inbox: numbers(200).map((n) => ledger.single(`${n}`)) });
    await run.done;
    expect(ledger.held).toBe(0);
  });
});

describe('TriggeredSource', () => {
  it('sends its message each time something arrives, which it disposes', async () => {
    const ledger = new Ledger();
    expect(await results(new TriggeredSource('wibble'), [1, ledger.single('a'), null])).toEqual(
      Array(3).fill('wibble'),
    );
    expect(ledger.held).toBe(0);
    const message = { go: true };
    expect((await results(new TriggeredSource({ msg: message }), [1]))[0]).toBe(message);
  });

  it('sends clones of a message that has to be disposed, and disposes its own at the end', async () => {
    const ledger = new Ledger();
    const sent = await results(new TriggeredSource({ msg: ledger.shared('a') }), [1, 2]);
    expect(ledger.held).toBe(2);
    sent.forEach(disposeMessage);
    expect(ledger.held).toBe(0);
  });

  it('goes no faster than its consumer, and ends when that has gone', async () => {
    const run = drive(new TriggeredSource('wibble'), { inbox: numbers(200) }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toHaveLength(200);
    class First extends Component {
      readonly inbox = this.in<string>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    await Pipeline(numbers(3), new TriggeredSource('wibble'), new First()).run();
  });

  it('refuses what only one can have, and what is no message, at construction', () => {
    const single = new Ledger().single('a');
    expect(() => new TriggeredSource({ msg: single })).toThrow(
      /^TriggeredSource: Expected a message that several receivers can have/,
    );
    expect(() => new TriggeredSource(7 as never)).toThrow(
      /^TriggeredSource: Expected a string or \{ msg \} but received 7/,
    );
  });
});
