// SPDX-License-Identifier: Apache-2.0
import { Component, Pipeline, type Steps } from '@kamaelia/axon';
import { drive, injectFaults, type TestHandle } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { TPipe } from './index.js';

const even = (n: number) => n % 2 === 0;

class Records extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly control = this.in<unknown>('control');
  readonly messages: unknown[] = [];
  readonly commands: unknown[] = [];
  readonly #most: number;
  constructor(most = Number.POSITIVE_INFINITY) {
    super();
    this.#most = most;
  }
  override *main(): Steps {
    while (!this.inbox.ended && this.messages.length < this.#most) {
      while (this.control.ready) this.commands.push(this.control.recv());
      while (this.inbox.ready && this.messages.length < this.#most) this.messages.push(this.inbox.recv());
      yield;
    }
  }
}

describe('TPipe', () => {
  it('passes everything on, and what fulfils the condition also to its action', async () => {
    const action = new Records();
    const run = drive(new TPipe({ condition: even, action }), { inbox: [1, 2, 3, 4] });
    run.input('control').close();
    await run.done;
    expect([run.outbox.messages, action.messages]).toEqual([
      [1, 2, 3, 4],
      [2, 4],
    ]);
  });

  it('in mode route passes each message one way', async () => {
    const action = new Records();
    const run = drive(new TPipe({ condition: even, action, mode: 'route' }), { inbox: [1, 2, 3, 4] });
    await run.done;
    expect([run.outbox.messages, action.messages]).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('with source sends on what the action sends, to its last', async () => {
    const action = Pipeline((n: number) => n * 100);
    const run = drive(new TPipe<number>({ condition: even, action, mode: 'route', source: true }), {
      inbox: [1, 2, 3, 4],
    });
    await run.done;
    expect([...run.outbox.messages].sort((a, b) => (a as number) - (b as number))).toEqual([1, 3, 200, 400]);
    expect(run.outbox.ended).toBe(true);
  });

  it('without sink only takes from the action', async () => {
    const run = drive(new TPipe<unknown>({ action: Pipeline(['x', 'y']) as Component, sink: false, source: true }), {
      inbox: ['a'],
    });
    await run.done;
    expect([...run.outbox.messages].sort()).toEqual(['a', 'x', 'y']);
  });

  it('passes commands on to signal and to the action', async () => {
    const action = new Records();
    const run = drive(new TPipe({ action }));
    run.input('control').send('louder');
    await run.settle();
    expect([run.output('signal').messages, action.commands]).toEqual([['louder'], ['louder']]);
    run.inbox.close();
    await run.done;
  });

  it('goes on past an action that has ended', async () => {
    const action = new Records(1);
    const run = drive(new TPipe<number>({ condition: even, action, mode: 'route' }));
    run.inbox.send(2);
    await run.settle();
    run.inbox.send(3, 4);
    run.inbox.close();
    await run.done;
    expect([action.messages, run.outbox.messages]).toEqual([[2], [3, 4]]);
  });

  it('is held back by the slower way, and by an action that sends more than it gets', async () => {
    class Ten extends Records {
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv() as number;
            for (let i = 0; i < 10; i++) this.outbox.send(n);
          }
          yield;
        }
      }
    }
    const messages = Array.from({ length: 300 }, (_, n) => n);
    const run = drive(
      new TPipe<number>({ action: new Ten(), mode: 'route', source: true }),
      { inbox: messages },
      { held: true },
    );
    await run.settle();
    expect(run.outbox.inbox.length).toBeLessThan(200);
    for (const name of ['outbox', 'signal']) run.output(name).take();
    await run.done;
    expect(run.outbox.messages).toEqual(messages.flatMap((n) => Array.from({ length: 10 }, () => n)));
  });

  it('clones what goes both ways, fails with its condition, and disposes what it refuses', async () => {
    const ledger = new Ledger();
    const action = new Records();
    const both = drive(new TPipe({ action }), { inbox: [ledger.shared('a')] });
    await both.done;
    expect(ledger.held).toBe(2);
    const failing = drive(
      new TPipe({
        action: new Records(),
        condition: () => {
          throw new RangeError('broken');
        },
      }),
      { inbox: [ledger.single('b')] },
    );
    await expect(failing.done).rejects.toThrow('broken');
    const single = drive(new TPipe({ action: new Records() }), { inbox: [ledger.single('c')] });
    await expect(single.done).rejects.toThrow('TPipe: Expected a message that several receivers can have');
    expect(ledger.held).toBe(2);
  });

  it('refuses options that it does not know', () => {
    expect(() => new TPipe({} as never)).toThrow('TPipe: Expected a component for action but received undefined');
    expect(() => new TPipe({ action: new Records(), condition: 5 as never })).toThrow(
      'Expected a function for condition',
    );
    expect(() => new TPipe({ action: new Records(), mode: 'both' as never })).toThrow(
      'Expected split or route for mode',
    );
    expect(() => new TPipe({ action: new Records(), sinks: true } as never)).toThrow(/sinks/);
  });

  it('survives a fault, stop or abort at every yield', async () => {
    const { injected } = await injectFaults(({ handles }) => {
      const messages = [1, 2, 3, 4];
      return Pipeline(
        messages,
        (n: number) => handles.make(n),
        new TPipe<TestHandle<number>>({
          condition: ({ value }) => even(value),
          action: Pipeline((h: TestHandle<number>) => h),
          source: true,
        }),
        (h: TestHandle<number>) => h[Symbol.dispose](),
      );
    });
    expect(injected).toBeGreaterThan(50);
  });
});
