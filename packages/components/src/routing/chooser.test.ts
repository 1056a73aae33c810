// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { Chooser, ForwardIteratingChooser } from './index.js';

const fruit = ['apple', 'banana', 'cherry'];

function* generated<T>(items: Iterable<T>) {
  yield* items;
}

/** What is sent for some commands. */
async function answers(chooser: Chooser<string> | ForwardIteratingChooser<string>, ...commands: unknown[]) {
  const run = drive(chooser, { inbox: commands });
  await run.done;
  return run.outbox.messages;
}

describe('Chooser', () => {
  it('146. an empty one has no current choice: an error', () => {
    for (const chooser of [new Chooser(), new Chooser([])]) {
      expect(() => chooser.getCurrentChoice()).toThrow(RangeError);
      expect(() => chooser.getCurrentChoice()).toThrow(
        /^Chooser: Expected an item to choose but received an empty list/,
      );
    }
  });

  it('147. goes forward', async () => {
    const chooser = new Chooser(fruit);
    expect(chooser.getCurrentChoice()).toBe('apple');
    expect(chooser.getCurrentChoice()).toBe('apple');
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([true, 'banana']);
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([true, 'cherry']);
    expect(await answers(new Chooser(fruit), 'NEXT', 'NEXT')).toEqual(fruit);
  });

  it('148. stays at the last item', async () => {
    const chooser = new Chooser(fruit);
    chooser.gotoNext();
    chooser.gotoNext();
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([false, 'cherry']);
    expect(await answers(new Chooser(fruit), 'LAST', 'NEXT', 'NEXT', 'PREV')).toEqual(['apple', 'cherry', 'banana']);
  });

  it('149. stays at the first item, and sends nothing for it', async () => {
    const chooser = new Chooser(fruit);
    expect([chooser.gotoPrev(), chooser.getCurrentChoice()]).toEqual([false, 'apple']);
    expect(await answers(new Chooser(fruit), 'PREV', 'PREV', 'NEXT')).toEqual(['apple', 'banana']);
  });

  it('150. goes back and forth', async () => {
    const commands = ['NEXT', 'NEXT', 'PREV', 'PREV', 'NEXT'];
    expect(await answers(new Chooser(fruit), ...commands)).toEqual([
      'apple',
      'banana',
      'cherry',
      'banana',
      'apple',
      'banana',
    ]);
  });

  it('151. gotoLast and gotoFirst may be called again', async () => {
    const chooser = new Chooser(fruit);
    for (const _ of [1, 2]) expect([chooser.gotoLast(), chooser.getCurrentChoice()]).toEqual([true, 'cherry']);
    for (const _ of [1, 2]) expect([chooser.gotoFirst(), chooser.getCurrentChoice()]).toEqual([true, 'apple']);
    expect(await answers(new Chooser(fruit), 'LAST', 'LAST', 'FIRST', 'FIRST')).toEqual([
      'apple',
      'cherry',
      'cherry',
      'apple',
      'apple',
    ]);
  });

  it('sends the present item again for SAME, and for what it does not know', async () => {
    const ledger = new Ledger();
    expect(await answers(new Chooser(fruit), 'NEXT', 'SAME', 'OTHER', ledger.single('odd'))).toEqual([
      'apple',
      'banana',
      'banana',
      'banana',
      'banana',
    ]);
    expect(ledger.held).toBe(0);
  });

  it.each([
    [
      ['NEXT', 'NEXT', 'NEXT'],
      ['apple', 'banana', 'cherry', 'apple'],
    ],
    [
      ['PREV', 'SAME', 'PREV', 'NEXT', 'NEXT'],
      ['apple', 'cherry', 'cherry', 'banana', 'cherry', 'apple'],
    ],
  ])('in a loop %o goes round', async (commands, items) => {
    expect(await answers(new Chooser({ items: fruit, loop: true }), ...commands)).toEqual(items);
    expect(await answers(new Chooser(fruit, true), ...commands)).toEqual(items);
  });

  it.each([true, false])('sends nothing from an empty list, whatever it is told (loop %s)', async (loop) => {
    const commands = ['NEXT', 'PREV', 'FIRST', 'LAST', 'SAME', 'OTHER'];
    expect(await answers(new Chooser({ items: [], loop }), ...commands)).toEqual([]);
  });

  it('does not share the list it was given', async () => {
    const list = [...fruit];
    const chooser = new Chooser({ items: list });
    list.length = 0;
    expect(await answers(chooser, 'LAST')).toEqual(['apple', 'cherry']);
  });

  it('goes no faster than its consumer', async () => {
    const chooser = new Chooser(fruit);
    const run = drive(chooser, { inbox: Array(200).fill('SAME') }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toHaveLength(201);
  });

  it('sends clones of items that have to be disposed, and disposes its own', async () => {
    const ledger = new Ledger();
    const chooser = new Chooser([ledger.shared('a'), ledger.shared('b')]);
    const run = drive(chooser, { inbox: ['SAME', 'NEXT'] });
    await run.done;
    expect(run.outbox.messages.map((m) => m.name)).toEqual(['a', 'a', 'b']);
    expect(ledger.held).toBe(3);
    run.outbox.messages.forEach(disposeMessage);
    expect(ledger.held).toBe(0);
  });

  it('disposes its items when it is aborted', async () => {
    const ledger = new Ledger();
    const run = drive(new Chooser([ledger.shared('a'), ledger.shared('b')]), {}, { held: true });
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(0);
  });

  it('ends when it is stopped in order', async () => {
    const run = drive(new Chooser(fruit));
    await run.settle();
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual(['apple']);
  });

  it.each([
    [{ items: 7 }, /^Chooser: Expected a list or another iterable for items but received 7/],
    ['apple', /^Chooser: Expected an object of options but received "apple"/],
    [{ loop: 1 }, /true or false for loop but received 1/],
    [
      [new Ledger().single('socket')],
      /^Chooser: Expected a message that several receivers can have but received Owned/,
    ],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new Chooser(options as never)).toThrow(message);
  });
});

describe('ForwardIteratingChooser', () => {
  const kinds = [
    ['list', () => fruit],
    ['iterator', () => generated(fruit)],
  ] as const;

  it.each(kinds)('152. is the same for list and iterator: %s', async (_kind, items) => {
    const chooser = new ForwardIteratingChooser<string>(items());
    expect([chooser.getCurrentChoice(), chooser.getCurrentChoice()]).toEqual(['apple', 'apple']);
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([true, 'banana']);
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([true, 'cherry']);
    expect([chooser.gotoNext(), chooser.getCurrentChoice()]).toEqual([false, 'cherry']);
    const commands = ['SAME', 'NEXT', 'PREV', 'FIRST', 'NEXT', 'SAME'];
    expect(await answers(new ForwardIteratingChooser<string>(items()), ...commands)).toEqual([
      'apple',
      'apple',
      'banana',
      'cherry',
      'cherry',
    ]);
  });

  it('152. an empty one has no current choice, as a list and as an iterator', async () => {
    for (const items of [[], generated<string>([])]) {
      const chooser = new ForwardIteratingChooser<string>({ items });
      expect(() => chooser.getCurrentChoice()).toThrow(/^ForwardIteratingChooser: Expected an item to choose/);
      expect(chooser.gotoNext()).toBe(false);
    }
    expect(await answers(new ForwardIteratingChooser<string>(), 'SAME', 'NEXT')).toEqual([]);
  });

  it('starts with the second item for a first NEXT before it was asked for anything', () => {
    const chooser = new ForwardIteratingChooser(fruit);
    chooser.gotoNext();
    expect(chooser.getCurrentChoice()).toBe('banana');
  });

  it('ends at a NEXT beyond the last item', async () => {
    const run = drive(new ForwardIteratingChooser(fruit));
    run.inbox.send('NEXT', 'NEXT');
    await run.settle();
    expect(run.outbox.messages).toEqual(fruit);
    expect(run.outbox.ended).toBe(false);
    run.inbox.send('NEXT', 'SAME');
    await run.done;
    expect(run.outbox.messages).toEqual(fruit);
    expect(run.outbox.ended).toBe(true);
  });

  it('asks for no item before it is wanted', async () => {
    let asked = 0;
    function* endless() {
      for (;;) yield ++asked;
    }
    const run = drive(new ForwardIteratingChooser({ items: endless() }));
    expect(asked).toBe(0);
    await run.settle();
    expect(asked).toBe(1);
    run.inbox.send('NEXT');
    await run.settle();
    expect(asked).toBe(2);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2]);
  });

  it('closes the iterable when it ends or is aborted before the last item', async () => {
    for (const end of ['close', 'abort'] as const) {
      let closed = 0;
      const items = (function* () {
        try {
          yield* fruit;
        } finally {
          closed++;
        }
      })();
      const run = drive(new ForwardIteratingChooser(items));
      await run.settle();
      if (end === 'close') run.inbox.close();
      else run.abort();
      await run.done.catch(() => {});
      expect(closed).toBe(1);
    }
  });

  it('sends clones of items that have to be disposed, and disposes each as it moves on', async () => {
    const ledger = new Ledger();
    const items = (function* () {
      yield ledger.shared('a');
      yield ledger.shared('b');
    })();
    const run = drive(new ForwardIteratingChooser(items));
    run.inbox.send('NEXT');
    await run.settle();
    expect(ledger.disposed).toEqual(['a']);
    run.inbox.send('NEXT');
    await run.done;
    expect(ledger.disposed).toEqual(['a', 'b']);
    expect(ledger.held).toBe(run.outbox.messages.length);
  });

  it('fails for an item that only one can have, with its path', async () => {
    const ledger = new Ledger();
    const run = drive(new ForwardIteratingChooser([ledger.single('socket')]));
    await expect(run.done).rejects.toThrow(
      /ForwardIteratingChooser-1: .* several receivers can have but received Owned/,
    );
    expect(ledger.held).toBe(0);
  });

  it('refuses what cannot be iterated at construction', () => {
    expect(() => new ForwardIteratingChooser({ items: 7 as never })).toThrow(
      /another iterable for items but received 7/,
    );
  });
});
