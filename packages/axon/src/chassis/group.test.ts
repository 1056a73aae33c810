// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, ComponentError, group, link, Pipeline, type Steps, type SupervisionPolicy } from '../index.js';
import { drive } from '../testing/index.js';

class Handle {
  static open = 0;
  readonly n: number;
  #open = true;
  constructor(n: number) {
    this.n = n;
    Handle.open++;
  }
  [Symbol.dispose](): void {
    if (this.#open) Handle.open--;
    this.#open = false;
  }
}

/** Passes handles on and fails at those whose number is in `bad`. */
class Passer extends Component {
  readonly inbox = this.in<Handle>('inbox', { capacity: 4 });
  readonly outbox = this.out<Handle>('outbox');
  readonly #bad: Set<number>;
  constructor(bad: Set<number>) {
    super();
    this.#bad = bad;
  }
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        const handle = this.inbox.recv();
        if (this.#bad.has(handle.n)) throw new Error(`cannot stand ${handle.n}`);
        this.outbox.send(handle);
      }
      yield;
    }
  }
}

const handles = (count: number) => Array.from({ length: count }, (_, n) => new Handle(n));
const numbers = (messages: readonly Handle[]) => messages.map(({ n }) => n);
const closeAll = (messages: readonly Handle[]) => {
  for (const handle of messages) handle[Symbol.dispose]();
};

describe('group', () => {
  it('skips what its part cannot stand, disposes of it and loses nothing that waits', async () => {
    Handle.open = 0;
    const subject = group(() => new Passer(new Set([3, 4, 11])), { supervise: 'skip', name: 'Fragile' });
    const run = drive(subject, { inbox: handles(20) });
    await run.finish();
    expect(numbers(run.outbox.messages)).toEqual([0, 1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(subject.restarts).toBe(3);
    expect(Handle.open).toBe(17);
    closeAll(run.outbox.messages);
    expect(run.logs.map(({ level, message }) => `${level} ${message.replace(/\w+-\d+/g, 'X')}`)).toEqual([
      'warn skips a message: X/Fragile/X: cannot stand 3',
      'warn skips a message: X/Fragile/X: cannot stand 4',
      'warn skips a message: X/Fragile/X: cannot stand 11',
    ]);
  });

  it('skips no more than that where it has several steps: what waits between them goes to their successors', async () => {
    const rows: (() => Component)[] = [
      () => Pipeline(new Passer(new Set()), new Passer(new Set([3, 4, 11])), new Passer(new Set([19]))),
      () =>
        Pipeline(
          new Passer(new Set([4])),
          group(() => new Passer(new Set([3])), { supervise: 'escalate' }),
        ),
    ];
    for (const make of rows) {
      Handle.open = 0;
      const subject = group(make, { supervise: 'skip' });
      const run = drive(subject, { inbox: handles(20) });
      await run.finish();
      const skipped = numbers(handles(20)).filter((n) => !numbers(run.output<Handle>('outbox').messages).includes(n));
      expect(skipped).toHaveLength(subject.restarts);
      expect(numbers(run.output<Handle>('outbox').messages)).toEqual(
        Array.from({ length: 20 }, (_, n) => n).filter((n) => !skipped.includes(n)),
      );
      expect(Handle.open - 20).toBe(20 - skipped.length);
    }
  });

  it('disposes of what waits inside when it fails too often, or is stopped meanwhile', async () => {
    Handle.open = 0;
    const make = () => Pipeline(new Passer(new Set()), new Passer(new Set([3])));
    const subject = group(make, { supervise: 'skip', max: 0 });
    const run = drive(subject, { inbox: handles(20) });
    await expect(run.finish()).rejects.toThrow('cannot stand 3');
    closeAll(run.output<Handle>('outbox').messages);
    expect(Handle.open).toBe(0);
  });

  it('begins again with what waits in its inboxes, in order, while its producer goes on', async () => {
    Handle.open = 0;
    const run = drive(group(() => new Passer(new Set([5])), { supervise: 'restart' }));
    run.inbox.send(...handles(10));
    await run.settle();
    run.inbox.send(new Handle(100));
    run.inbox.close();
    await run.finish();
    expect(numbers(run.outbox.messages)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 100]);
    closeAll(run.outbox.messages);
  });

  it('begins again when its inbox has ended already', async () => {
    const run = drive(
      group(() => new Passer(new Set([2])), { supervise: 'skip' }),
      { inbox: handles(3) },
    );
    await run.finish();
    expect(numbers(run.outbox.messages)).toEqual([0, 1]);
  });

  it('escalates more failures than allowed within the window, with the path of the last', async () => {
    Handle.open = 0;
    const bad = new Set([1, 2, 3, 4]);
    const subject = group(() => new Passer(bad), { supervise: 'skip', name: 'Fragile', max: 3 });
    const run = drive(subject, { inbox: handles(10) });
    const error = await run.finish().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).message).toMatch(/\/Fragile\/Passer-\d+: cannot stand 4$/);
    closeAll(run.outbox.messages);
    expect(Handle.open).toBe(0);
  });

  it('forgets failures that are older than the window', async () => {
    const run = drive(group(() => new Passer(new Set([1])), { supervise: 'skip', max: 1, window: { ms: 1000 } }));
    for (let n = 0; n < 5; n++) {
      run.inbox.send(new Handle(0), new Handle(1));
      await run.advance({ ms: 1001 });
    }
    run.inbox.close();
    await run.finish();
    expect(run.outbox.messages).toHaveLength(5);
  });

  it('fails what it is in when it does not supervise', async () => {
    const run = drive(
      group(() => new Passer(new Set([1]))),
      { inbox: handles(3) },
    );
    await expect(run.finish()).rejects.toThrow(/cannot stand 1$/);
  });

  it('leaves the rest of the graph alone, also when it fails in the middle of a pipeline inside', async () => {
    const seen: number[] = [];
    const inner = () => Pipeline(new Passer(new Set([2])), (handle: Handle) => handle.n * 10);
    await Pipeline(handles(5), group(inner, { supervise: 'skip' }), (n: number) => {
      seen.push(n);
    }).run({ onLog: () => {} });
    expect(seen).toEqual([0, 10, 30, 40]);
  });

  it('answers failures of groups inside it that have escalated', async () => {
    const seen: number[] = [];
    const inner = () => group(() => new Passer(new Set([2, 3])), { supervise: 'skip', max: 1 });
    await Pipeline(handles(6), group(inner, { supervise: 'restart' }), (handle: Handle) => {
      seen.push(handle.n);
    }).run({ onLog: () => {} });
    expect(seen).toEqual([0, 1, 4, 5]);
  });

  it('ends when its consumer has ended, and is not begun again', async () => {
    class First extends Component {
      readonly inbox = this.in<Handle>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        this.inbox.recv();
      }
    }
    function* endless(): Generator<Handle> {
      for (let n = 0; ; n++) yield new Handle(n);
    }
    let made = 0;
    const make = () => {
      made++;
      return new Passer(new Set());
    };
    await Pipeline(endless(), group(make, { supervise: 'restart' }), new First()).run();
    expect(made).toBe(1);
  });

  it('ends alone with its part, and disposes what waits, when it was told so', async () => {
    Handle.open = 0;
    const parts: string[] = [];
    class Manager extends Component {
      readonly inbox = this.in<Handle>('inbox');
      override *main(): Steps {
        const fragile = this.add(group(() => new Passer(new Set([2])), { supervise: 'end', name: 'fragile' }));
        link(this.inbox, fragile.inbox);
        this.add(group(() => Pipeline([1, 2, 3], (n: number) => parts.push(`${n}`)), { supervise: 'end' }));
        while (this.parts.length > 0) yield;
        parts.push('all ended');
      }
    }
    const run = drive(new Manager(), { inbox: handles(10) });
    await run.finish();
    expect(parts).toEqual(['1', '2', '3', 'all ended']);
    expect(
      run.logs.map(({ level, path, message }) => [level, path, message].join(' ').replace(/\w+-\d+/g, 'X')),
    ).toEqual(['warn X/X/fragile ends: X/X/fragile/X: cannot stand 2']);
    // The one that it could not stand was its own.
    expect(Handle.open).toBe(1);
  });

  it.each<SupervisionPolicy>(['restart', 'skip', 'end', 'escalate'])(
    'is stopped in order with what it holds: nothing that was sent is lost (%s)',
    async (supervise) => {
      class Slow extends Component {
        readonly inbox = this.in<number>('inbox');
        readonly outbox = this.out<number>('outbox');
        override *main(): Steps {
          while (!this.inbox.ended) {
            while (this.inbox.ready) {
              const n = this.inbox.recv();
              yield* this.sleep({ ms: 10 });
              this.outbox.send(n);
            }
            yield;
          }
        }
      }
      for (const make of [() => new Slow(), () => Pipeline(new Slow(), new Slow())]) {
        const run = drive(group<Component>(make, { supervise }));
        run.input('inbox').send(1, 2, 3);
        await run.advance({ ms: 15 });
        run.stop();
        await run.finish();
        expect(run.output('outbox').messages).toEqual([1, 2, 3]);
      }
    },
  );

  it('is not begun again when the graph is ending', async () => {
    class FailsAtTheEnd extends Component {
      override *main(): Steps {
        try {
          for (;;) yield;
        } finally {
          this.fail();
        }
      }
      fail(): void {
        throw new Error('no way out');
      }
    }
    const subject = group(() => new FailsAtTheEnd(), { supervise: 'restart' });
    const run = drive(subject);
    await run.settle();
    run.abort(new Error('enough'));
    await expect(run.done).rejects.toThrow('enough');
    expect(subject.restarts).toBe(0);
    expect(run.logs.some(({ message }) => message.includes('no way out'))).toBe(true);
  });

  it.each([
    [() => group(5 as never), 'group: Expected a function that makes a component but received 5'],
    [() => group(() => 5 as never), 'group: Expected a component from the function but received 5'],
    [() => group(() => new Passer(new Set()), { supervise: 'retry' as never }), 'for supervise but received retry'],
    [() => group(() => new Passer(new Set()), { max: -1 }), 'for max but received -1'],
  ])('refuses wrong use %#', (make, message) => {
    expect(make).toThrow(message);
  });
});

it('skip disposes once of a message that its component disposed of before it failed, whoever made dispose()', async () => {
  const disposed: number[] = [];
  class Careful extends Component {
    readonly inbox = this.in<{ n: number } & Disposable>('inbox');
    override *main(): Steps {
      while (!this.inbox.ended) {
        while (this.inbox.ready) {
          const message = this.inbox.recv();
          try {
            if (message.n === 1) throw new Error('one');
          } finally {
            message[Symbol.dispose]();
          }
        }
        yield;
      }
    }
  }
  const messages = [0, 1, 2].map((n) => ({ n, [Symbol.dispose]: () => void disposed.push(n) }));
  const inner = () => group(() => new Careful(), { supervise: 'skip', max: 0 });
  const makes: (() => Component)[] = [() => new Careful(), inner];
  for (const make of makes) {
    disposed.length = 0;
    const run = drive(group(make, { supervise: 'skip' }), { inbox: messages });
    await run.finish();
    expect(disposed).toEqual([0, 1, 2]);
    for (const message of messages) message[Symbol.dispose]();
    expect(disposed).toEqual([0, 1, 2, 0, 1, 2]);
  }
});
