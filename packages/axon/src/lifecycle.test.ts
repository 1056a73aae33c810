// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import { inNode, turn } from '../test/surroundings.js';
import { Component, ComponentError, Graphline, type LogEntry, link, Pipeline, run, type Steps } from './index.js';
import { isFinished, TestSink, TestSource, virtualClock } from './testing/index.js';

class Handle {
  static live = 0;
  disposed = 0;
  constructor() {
    Handle.live++;
  }
  [Symbol.dispose](): void {
    Handle.live--;
    this.disposed++;
  }
}

class Forward extends Component {
  readonly inbox = this.in<Handle>('inbox');
  readonly outbox = this.out<Handle>('outbox');
  readonly events: string[];
  constructor(events: string[] = []) {
    super();
    this.events = events;
  }
  override *main(): Steps {
    const { inbox, outbox } = this;
    try {
      while (!inbox.ended) {
        while (inbox.ready) outbox.send(inbox.recv());
        yield;
      }
    } finally {
      this.events.push(`${this.name} closed`);
    }
  }
}

class TakeThenEnd extends Component {
  readonly inbox = this.in<Handle>('inbox', { capacity: 4 });
  readonly #count: number;
  constructor(count: number) {
    super();
    this.#count = count;
  }
  override *main(): Steps {
    for (let taken = 0; taken < this.#count; ) {
      while (taken < this.#count && this.inbox.ready) {
        this.inbox.recv()[Symbol.dispose]();
        taken++;
      }
      yield;
    }
  }
}

class FailAt extends Component {
  readonly inbox = this.in<Handle>('inbox');
  readonly outbox = this.out<Handle>('outbox');
  readonly #at: number;
  constructor(at: number) {
    super();
    this.#at = at;
  }
  override *main(): Steps {
    for (let n = 0; !this.inbox.ended; yield) {
      while (this.inbox.ready) {
        if (n++ === this.#at) throw new RangeError('broken');
        this.outbox.send(this.inbox.recv());
      }
    }
  }
}

function handles(n: number): Handle[] {
  Handle.live = 0;
  return Array.from({ length: n }, () => new Handle());
}

describe('the end of a stream', () => {
  it('comes behind the last message and ends every component', async () => {
    const events: string[] = [];
    const sink = new TestSink<Handle>();
    const graph = Pipeline(handles(300), new Forward(events), new Forward(events), sink);
    await graph.run({ clock: virtualClock() });
    expect(sink.messages).toHaveLength(300);
    expect(sink.ended).toBe(true);
    expect(events).toEqual(['Forward-1 closed', 'Forward-2 closed']);
    expect(isFinished(graph)).toBe(true);
  });

  it('waits for every writer of a shared inbox', async () => {
    const [a, b, sink] = [new TestSource([1, 2]), new TestSource<number>(), new TestSink<number>()];
    const graph = Graphline({ a, b, sink }, ({ a, b, sink }) => [
      link(a.outbox, sink.inbox),
      link(b.outbox, sink.inbox),
    ]);
    const clock = virtualClock();
    graph.activate({ clock });
    await clock.settle();
    expect([sink.messages, sink.ended]).toEqual([[1, 2], false]);
    b.input.send(3);
    b.input.close();
    await graph.done;
    expect([sink.messages, sink.ended]).toEqual([[1, 2, 3], true]);
  });

  it('is not seen at an inbox that was never linked', async () => {
    const sink = new TestSink<number>();
    const clock = virtualClock();
    sink.activate({ clock });
    await clock.settle();
    expect(sink.inbox.ended).toBe(false);
    sink.stop();
    await sink.done;
  });
});

describe('a consumer that ends first', () => {
  it('stops everything before it, and what was under way is disposed once', async () => {
    const all = handles(500);
    const events: string[] = [];
    const source = new TestSource(all);
    await Pipeline(source, new Forward(events), new TakeThenEnd(10)).run({ clock: virtualClock() });
    expect(events).toEqual(['Forward-1 closed']);
    const undelivered = source.input.waiting;
    expect(Handle.live).toBe(undelivered);
    expect(all.every((h) => h.disposed <= 1)).toBe(true);
  });

  it('stops a source that is blocked', async () => {
    const first = new TakeThenEnd(3);
    await Pipeline(endlessHandles(), first).run({ clock: virtualClock() });
    expect(first.inbox.length).toBe(0);
  });

  it('stops a component only when all its linked data outboxes are gone', async () => {
    class Two extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly a = this.out<number>('a');
      readonly b = this.out<number>('b');
      readonly progress = this.out<number>('progress', { role: 'control' });
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv();
            this.a.send(n);
            this.b.send(n);
            this.progress.send(n);
          }
          yield;
        }
      }
    }
    class One extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    const [source, two, a, b, p] = [
      new TestSource([1, 2, 3, 4]),
      new Two(),
      new One(),
      new TestSink<number>(),
      new One(),
    ];
    await Graphline({ source, two, a, b, p }, () => [
      link(source.outbox, two.inbox),
      link(two.a, a.inbox),
      link(two.b, b.inbox),
      link(two.progress, p.inbox),
    ]).run({ clock: virtualClock() });
    expect(b.messages).toEqual([1, 2, 3, 4]);
    expect(two.a.cancelled).toBe(true);
  });

  it('rejects room() of an async producer', async () => {
    class Producer extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let i = 0; ; i++) {
          await this.outbox.room();
          this.outbox.send(i);
        }
      }
    }
    await Pipeline(new Producer(), new TakeThenEnd(0) as unknown as TestSink<number>).run({ clock: virtualClock() });
  });
});

function* endlessHandles(): Generator<Handle> {
  for (;;) yield new Handle();
}

describe('an outbox nobody listens to', () => {
  it('disposes what is sent', async () => {
    await Pipeline(handles(20), new Forward()).run({ clock: virtualClock() });
    expect(Handle.live).toBe(0);
  });
});

describe('a failing component', () => {
  it('rejects run() with its path and cause, and stops the others cleanly', async () => {
    const events: string[] = [];
    const all = handles(200);
    const source = new TestSource(all);
    const sink = new TestSink<Handle>();
    const graph = Pipeline(source, new Forward(events), new FailAt(100), new Forward(events), sink);
    const error = await graph.run({ clock: virtualClock() }).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ComponentError);
    const failure = error as ComponentError;
    expect(failure.path).toBe('Pipeline-1/FailAt-1');
    expect(failure.message).toBe('Pipeline-1/FailAt-1: broken');
    expect(failure.cause).toBeInstanceOf(RangeError);
    expect(failure.component).toBeInstanceOf(FailAt);
    expect(events.sort()).toEqual(['Forward-1 closed', 'Forward-2 closed']);
    expect(isFinished(graph)).toBe(true);
    expect(Handle.live).toBe(sink.messages.length + source.input.waiting);
  });

  it('reports only the first error, and logs one of the clean-up', async () => {
    class BadCleanUp extends Component {
      readonly inbox = this.in<Handle>('inbox');
      override *main(): Steps {
        try {
          for (;;) {
            while (this.inbox.ready) this.inbox.recv();
            yield;
          }
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: this is the case under test
          throw new Error('clean-up');
        }
      }
    }
    const logs: LogEntry[] = [];
    const graph = Pipeline(handles(200), new FailAt(100), new BadCleanUp());
    await expect(graph.run({ clock: virtualClock(), onLog: (e) => logs.push(e) })).rejects.toThrow('FailAt-1: broken');
    expect(logs.map((l) => l.path)).toEqual(['Pipeline-1/BadCleanUp-1']);
  });

  it('in an async main and in a nested pipeline has the whole path', async () => {
    class Bad extends Component {
      readonly inbox = this.in<number>('inbox');
      override async main(): Promise<void> {
        await this.inbox.next();
        throw new Error('async');
      }
    }
    const inner = Pipeline((n: number) => n, new Bad());
    inner.name = 'inner';
    const graph = Pipeline([1], inner);
    await expect(graph.run({ clock: virtualClock() })).rejects.toThrow(/^Pipeline-1\/inner\/Bad-1: async$/);
  });

  it('that nobody waits for is logged, sets the exit code and leaves other graphs alone', async () => {
    const clock = virtualClock();
    const logs: LogEntry[] = [];
    const before = inNode ? process.exitCode : undefined;
    const other = new TestSink<number>().activate({ clock });
    Pipeline([1], () => {
      throw new Error('unseen');
    }).activate({ clock, onLog: (entry) => logs.push(entry) });
    await clock.settle();
    await clock.settle();
    if (inNode) {
      expect(process.exitCode).toBe(1);
      process.exitCode = before;
    }
    expect(logs).toMatchObject([{ level: 'error', path: 'Pipeline-1/FunctionStage-1', message: 'unseen' }]);
    expect(isFinished(other)).toBe(false);
    other.abort();
  });

  it('that nobody waits for aborts the other graphs when asked to', async () => {
    const clock = virtualClock();
    const before = inNode ? process.exitCode : undefined;
    const other = new TestSink<number>().activate({ clock });
    const fell = expect(other.done).rejects.toThrow('unseen');
    const bad = Pipeline([1], () => {
      throw new Error('unseen');
    });
    bad.activate({ clock, onUnhandled: 'abort-all', onLog: () => {} });
    await fell;
    if (inNode) process.exitCode = before;
  });

  it('whose done is taken is neither logged nor counted', async () => {
    const onLog = vi.fn();
    const graph = Pipeline([1], () => {
      throw new Error('seen');
    }).activate({ clock: virtualClock(), onLog });
    await expect(graph.done).rejects.toThrow('seen');
    await expect(graph.done).rejects.toThrow('seen');
    expect(onLog).not.toHaveBeenCalled();
  });
});

describe('stop and abort', () => {
  it('stop() ends sources and still delivers what is under way', async () => {
    const sink = new TestSink<Handle>();
    const source = new TestSource(handles(0));
    const open = new TestSource<Handle>();
    const clock = virtualClock();
    const graph = Pipeline(open, new Forward(), sink);
    graph.activate({ clock });
    open.input.send(...handles(40));
    await clock.settle();
    sink.hold();
    graph.stop();
    sink.take();
    await graph.done;
    expect(sink.messages).toHaveLength(40);
    expect(source.input.waiting).toBe(0);
  });

  it('stop() of a part drains it and tells its producers', async () => {
    const part = new Forward();
    const sink = new TestSink<Handle>();
    const clock = virtualClock();
    sink.hold();
    const graph = Pipeline(endlessHandles(), part, sink);
    graph.activate({ clock });
    await clock.settle();
    const waiting = part.inbox.length + sink.inbox.length;
    part.stop();
    sink.take();
    await graph.done;
    expect(sink.messages).toHaveLength(waiting);
  });

  it('abort() disposes what waits and rejects with the reason', async () => {
    const sink = new TestSink<Handle>();
    sink.hold();
    const source = new TestSource(handles(300));
    const clock = virtualClock();
    const graph = Pipeline(source, new Forward(), sink);
    graph.activate({ clock });
    await clock.settle();
    graph.abort(new Error('enough'));
    await expect(graph.done).rejects.toThrow('enough');
    expect(Handle.live).toBe(source.input.waiting);
    expect(isFinished(graph)).toBe(true);
  });

  it('an aborted signal aborts run(), before and after the start', async () => {
    const controller = new AbortController();
    const running = run(new TestSink<number>(), { clock: virtualClock(), signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
    await expect(run(new TestSink<number>(), { signal: controller.signal })).rejects.toThrow('interrupted');
  });

  it('work from any state: new, sleeping, waiting, and from inside a slice', async () => {
    const clock = virtualClock();
    const fresh = new TestSink<number>();
    fresh.stop();
    await fresh.run({ clock });

    const events: string[] = [];
    class Waits extends Component {
      readonly #how: 'sleep' | 'promise' | 'self';
      constructor(how: 'sleep' | 'promise' | 'self') {
        super();
        this.#how = how;
      }
      override *main(): Steps {
        try {
          if (this.#how === 'self') this.stop();
          if (this.#how === 'sleep') yield* this.sleep({ ms: 1e6 });
          yield new Promise(() => {});
        } finally {
          events.push(this.#how);
        }
      }
    }
    for (const how of ['sleep', 'promise', 'self'] as const) {
      const waits = new Waits(how).activate({ clock });
      if (how === 'sleep') await clock.settle();
      else await turn();
      waits.stop();
      await waits.done;
    }
    expect(events).toEqual(['sleep', 'promise', 'self']);
    await clock.settle();
  });

  it('clean-up may wait for a promise and for time', async () => {
    const events: string[] = [];
    class Careful extends Component {
      override *main(): Steps {
        try {
          for (;;) yield;
        } finally {
          yield Promise.resolve();
          yield* this.sleep({ ms: 3 });
          yield;
          events.push('flushed');
        }
      }
    }
    const clock = virtualClock();
    const careful = new Careful().activate({ clock });
    await clock.settle();
    careful.stop();
    await clock.advance({ ms: 5 });
    await careful.done;
    expect(events).toEqual(['flushed']);
  });

  it('a component can be activated once, and not apart from its graph', async () => {
    const sink = new TestSink<number>();
    const graph = Pipeline([1], sink);
    expect(() => sink.activate()).toThrow(/belongs to Pipeline/);
    await graph.run({ clock: virtualClock() });
    expect(() => graph.activate()).toThrow(/is activated already/);
    expect(() => Pipeline([1], sink)).toThrow(/belongs to another graph already/);
  });
});
