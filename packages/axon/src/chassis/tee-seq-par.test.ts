// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, inspect, Par, Pipeline, Seq, type Steps, Tee } from '../index.js';
import { drive, TestSink } from '../testing/index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

class Handle {
  static open = 0;
  constructor() {
    Handle.open++;
  }
  clone(): Handle {
    return new Handle();
  }
  [Symbol.dispose](): void {
    Handle.open--;
  }
}

/** Takes so many messages and ends. */
class Take extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  readonly #count: number;
  constructor(count: number) {
    super();
    this.#count = count;
  }
  override *main(): Steps {
    for (let n = 0; n < this.#count && !this.inbox.ended; ) {
      while (n < this.#count && this.inbox.ready) {
        this.outbox.send(this.inbox.recv());
        n++;
      }
      if (n < this.#count) yield;
    }
  }
}

describe('Tee', () => {
  it('sends everything to every part and merges what they send', async () => {
    const sink = new TestSink<number>();
    const tee = Tee<number>(
      Pipeline((n: number) => n * 10),
      sink,
      Pipeline((n: number) => n * 100),
    );
    const run = drive(tee, { inbox: numbers(200) });
    await run.finish();
    expect(sink.messages).toEqual(numbers(200));
    const sent = run.outbox.messages as number[];
    expect(sent.filter((n) => n % 100 !== 0)).toEqual(
      numbers(200)
        .map((n) => n * 10)
        .filter((n) => n % 100 !== 0),
    );
    expect(sent).toHaveLength(400);
  });

  it('goes at the pace of its slowest part, but for parts with a policy', async () => {
    const slow = new TestSink<number>();
    slow.hold();
    const blocked = drive(Tee<number>(new TestSink(), slow));
    blocked.inbox.send(...numbers(1000));
    await blocked.settle();
    expect(blocked.inbox.waiting).toBeGreaterThan(500);
    blocked.abort();
    await blocked.done.catch(() => {});

    const fast = new TestSink<number>();
    const held = new TestSink<number>();
    held.hold();
    const free = drive(Tee<number>(fast, { part: held, policy: 'drop-oldest', capacity: 4 }), { inbox: numbers(1000) });
    await free.settle();
    expect(fast.messages).toEqual(numbers(1000));
    held.take();
    await free.finish();
    expect(held.messages.slice(-4)).toEqual([996, 997, 998, 999]);
  });

  it('with drop-newest gives a slow part what came first, and counts what it missed', async () => {
    const fast = new TestSink<number>();
    const held = new TestSink<number>();
    held.hold();
    const tee = Tee<number>(fast, { part: held, policy: 'drop-newest', capacity: 4 });
    const run = drive(tee);
    await run.settle();
    run.inbox.send(...numbers(1000));
    await run.settle();
    expect(fast.messages).toEqual(numbers(1000));
    // The part's own inbox, and what its queue holds.
    const kept = 64 + 4;
    const queue = inspect(tee).components.find(({ path }) => path.endsWith('queue-2'));
    expect(queue?.inboxes[0]).toMatchObject({ waiting: 4, lost: 1000 - kept });
    held.take();
    await run.settle();
    expect(held.messages).toEqual(numbers(kept));
    run.inbox.send(1000);
    run.inbox.close();
    await run.finish();
    expect(held.messages).toEqual([...numbers(kept), 1000]);
  });

  it('lets a part go that is too slow, and goes on when a part has ended', async () => {
    const held = new TestSink<number>();
    held.hold();
    const few = new TestSink<number>();
    const fast = new TestSink<number>();
    const tee = Tee<number>({ part: held, policy: 'disconnect', capacity: 4 }, Pipeline(new Take(3), few), fast);
    const run = drive(tee, { inbox: numbers(500) });
    await run.settle();
    expect(fast.messages).toEqual(numbers(500));
    expect(few.messages).toEqual([0, 1, 2]);
    held.take();
    await run.finish();
    expect(held.messages.length).toBeLessThan(200);
  });

  it('ends when all its parts have', async () => {
    const run = drive(Tee<number>(new Take(1), new Take(2)));
    run.inbox.send(...numbers(5));
    await run.finish();
    expect(run.outbox.messages).toEqual([0, 0, 1]);
  });

  it('clones what has to be disposed of', async () => {
    Handle.open = 0;
    const sinks = [new TestSink<Handle>(), new TestSink<Handle>()];
    await drive(Tee<Handle>(...sinks), { inbox: [new Handle(), new Handle()] }).finish();
    expect(Handle.open).toBe(4);
    expect(new Set(sinks.flatMap(({ messages }) => messages)).size).toBe(4);
  });

  it('refuses what it cannot clone, and parts that are none', async () => {
    let disposed = 0;
    class Single {
      [Symbol.dispose](): void {
        disposed++;
      }
    }
    const run = drive(Tee(new TestSink(), new TestSink()), { inbox: [new Single()] });
    await expect(run.finish()).rejects.toThrow(
      /Tee: Expected a message that several receivers can have but received Single/,
    );
    expect(disposed).toBe(1);
    expect(() => Tee()).toThrow('Tee: Expected at least one part but received none');
    expect(() => Tee(5 as never)).toThrow('Tee: Expected a component for part 1 but received undefined');
  });
});

describe('Seq', () => {
  it('runs one part after the other; what one leaves goes to the next', async () => {
    const run = drive(
      Seq(new Take(3), 'then', () => new Take(2), new Take(100)),
      { inbox: numbers(8) },
    );
    await run.finish();
    expect(run.outbox.messages).toEqual(numbers(8));
    expect(run.logs.map(({ level, message }) => [level, message])).toEqual([['info', 'then']]);
  });

  it('keeps its producer waiting, and loses nothing, while parts change', async () => {
    const run = drive(Seq(...numbers(50).map(() => new Take(7))));
    run.inbox.send(...numbers(500));
    await run.finish();
    expect(run.outbox.messages).toEqual(numbers(350));
  });

  it('ends with its consumer and begins no further part', async () => {
    let made = 0;
    const seq = Seq(Pipeline(numbers(1000)), () => {
      made++;
      return Pipeline([1]);
    });
    const seen: unknown[] = [];
    class First extends Component {
      readonly inbox = this.in('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        seen.push(this.inbox.recv());
      }
    }
    await Pipeline(seq, new First()).run();
    expect([seen, made]).toEqual([[0], 0]);
  });

  it('fails with the part that fails', async () => {
    const failing = () => {
      throw new Error('no part today');
    };
    await expect(Seq(Pipeline([1]), failing).run({ onLog: () => {} })).rejects.toThrow('no part today');
    expect(() => Seq()).toThrow('Seq: Expected at least one part');
    expect(() => Seq(5 as never)).toThrow('Seq: Expected a component, text or function for part 1 but received 5');
  });
});

describe('Par', () => {
  it('merges what its parts send and ends with the last', async () => {
    const run = drive(Par(Pipeline([1, 2]), Pipeline([10, 20, 30])));
    await run.finish();
    expect([...(run.outbox.messages as number[])].sort((a, b) => a - b)).toEqual([1, 2, 10, 20, 30]);
  });

  it('passes commands on to each part that takes any', async () => {
    class Commanded extends Component {
      readonly control = this.in<string>('control');
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        while (!this.control.ready) yield;
        this.outbox.send(`told ${this.control.recv()}`);
      }
    }
    const run = drive(Par(new Commanded(), new Commanded(), Pipeline([7])));
    run.input('control').send('halt');
    await run.finish();
    expect([...run.outbox.messages].sort()).toEqual([7, 'told halt', 'told halt']);
  });

  it('ends at once without parts', async () => {
    await Par().run();
  });
});

describe('orders to Par that have to be disposed of', () => {
  class Ordered extends Component {
    readonly control = this.in<Handle>('control');
    override *main(): Steps {
      while (this.control.length === 0) yield;
      this.control.recv()[Symbol.dispose]();
    }
  }

  it('are cloned for each part, and disposed of where no part takes them', async () => {
    Handle.open = 0;
    const two = drive(Par(new Ordered(), new Ordered()), { control: [new Handle()] });
    await two.finish();
    expect(Handle.open).toBe(0);
    const none = drive(Par(Pipeline([1, 2, 3])), { control: [new Handle()] });
    await none.finish();
    expect(Handle.open).toBe(0);
  });

  it('are refused where they cannot be cloned', async () => {
    let disposed = 0;
    const order = { [Symbol.dispose]: () => void disposed++ };
    const run = drive(Par(new Ordered(), new Ordered()), { control: [order] });
    await expect(run.finish()).rejects.toThrow('Par: Expected a message that several receivers can have');
    expect(disposed).toBe(1);
  });
});

it('a message whose clone() throws is disposed of, and the Tee fails', async () => {
  let disposed = 0;
  const clone = () => {
    throw new Error('no memory');
  };
  const message = { clone, [Symbol.dispose]: () => void disposed++ };
  const run = drive(Tee(new TestSink(), new TestSink()), { inbox: [message] });
  await expect(run.finish()).rejects.toThrow('no memory');
  expect(disposed).toBe(1);
});
