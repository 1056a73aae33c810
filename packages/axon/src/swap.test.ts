// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from './component.js';
import {
  Component,
  Graphline,
  group,
  type InboxOptions,
  inspect,
  link,
  map,
  type Outbox,
  Pipeline,
  RetargetError,
  Scheduler,
  Seq,
  type Steps,
  swap,
  Tee,
  UnknownBoxError,
} from './index.js';
import {
  checkInvariants,
  injectFaults,
  isFinished,
  type TestHandle,
  TestHandles,
  TestSink,
  TestSource,
  virtualClock,
} from './testing/index.js';

/** Marks what passes through it, one message a slice. */
class Mark extends Component {
  readonly inbox;
  readonly outbox = this.out<string>('outbox');
  readonly #mark: string;
  constructor(mark: string, options: InboxOptions = {}) {
    super();
    this.inbox = this.in<number>('inbox', options);
    this.#mark = mark;
  }
  override *main(): Steps {
    while (!this.inbox.ended) {
      if (this.inbox.ready) this.outbox.send(`${this.#mark}${this.inbox.recv()}`);
      yield;
    }
  }
}

/** Keeps one message back, which it sends at the end. */
class OneBehind extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<string>('outbox');
  override *main(): Steps {
    let held: number | undefined;
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        if (held !== undefined) this.outbox.send(`old${held}`);
        held = this.inbox.recv();
      }
      yield;
    }
    yield* this.sleep({ ms: 5 });
    if (held !== undefined) this.outbox.send(`old${held}`);
  }
}

class Endless extends Component {
  readonly outbox = this.out<string>('outbox');
  readonly #mark: string;
  constructor(mark: string) {
    super();
    this.#mark = mark;
  }
  override *main(): Steps {
    for (let n = 0; ; n++) {
      this.outbox.send(`${this.#mark}${n}`);
      yield* this.sleep({ ms: 1 });
    }
  }
}

function bench() {
  const clock = virtualClock();
  const scheduler: Scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  return { clock, options: { scheduler, onLog: () => {} } };
}

const numbers = (n: number, first = 0) => Array.from({ length: n }, (_, i) => first + i);

describe('swap', () => {
  it('gives the next one what waits, and loses and reorders nothing', async () => {
    const { clock, options } = bench();
    const [source, sink, old] = [new TestSource<number>(), new TestSink<string>(), new Mark('a')];
    const graph = Pipeline(source, old, sink).activate(options);
    sink.hold();
    source.input.send(...numbers(200));
    await clock.settle();
    const before = sink.inbox.length;
    expect(old.inbox.length).toBeGreaterThan(0);
    const next = new Mark('b');
    const swapped = swap(old, next);
    sink.take();
    await swapped;
    expect([old[TASK].state, next.path]).toEqual([5, 'Pipeline-1/Mark-2']);
    source.input.close();
    await graph.done;
    expect(sink.messages).toEqual(numbers(200).map((n) => (n < before ? `a${n}` : `b${n}`)));
    expect(inspect(graph).components.map(({ path }) => path)).not.toContain('Pipeline-1/Mark-1');
  });

  it('begins when the old one has sent what it held back', async () => {
    const { clock, options } = bench();
    const [source, sink, old] = [new TestSource<number>(), new TestSink<string>(), new OneBehind()];
    const graph = Pipeline(source, old, sink).activate(options);
    source.input.send(1, 2);
    await clock.settle();
    const swapped = swap(old, new Mark('new'));
    source.input.send(3);
    await clock.settle();
    expect(sink.messages).toEqual(['old1']);
    await clock.advance({ ms: 5 });
    await swapped;
    expect(sink.messages).toEqual(['old1', 'old2', 'new3']);
    source.input.close();
    await graph.done;
  });

  it('of a part of a graphline keeps its given name, and its links in both directions', async () => {
    const { clock, options } = bench();
    const parts = {
      a: new TestSource<number>(),
      b: new TestSource<number>(),
      mark: new Mark('x'),
      sink: new TestSink(),
    };
    const graph = Graphline(parts, ({ a, b, mark, sink }) => [
      link(a.outbox, mark.inbox),
      link(b.outbox, mark.inbox),
      link(mark.outbox, sink.inbox),
    ]).activate(options);
    parts.a.input.send(1);
    parts.b.input.send(2);
    await clock.settle();
    const next = new Mark('y');
    await swap(parts.mark, next);
    expect(next.path).toBe('Graphline-1/mark');
    parts.a.input.send(3);
    parts.b.input.send(4);
    parts.a.input.close();
    await clock.settle();
    parts.b.input.close();
    await graph.done;
    expect(parts.sink.messages).toEqual(['x1', 'x2', 'y3', 'y4']);
    expect(parts.sink.inbox.from).toEqual([next.outbox]);
  });

  it('of a source stops it at its yield', async () => {
    const { clock, options } = bench();
    const [old, sink] = [new Endless('a'), new TestSink<string>()];
    const graph = Pipeline(old, sink).activate(options);
    await clock.advance({ ms: 2 });
    await swap(old, new Endless('b'));
    await clock.advance({ ms: 1 });
    expect(sink.messages).toEqual(['a0', 'a1', 'a2', 'b0', 'b1']);
    graph.stop();
    await graph.done;
  });

  it('of a chassis by a component, and of a component by a chassis', async () => {
    const { clock, options } = bench();
    const [source, sink] = [new TestSource<number>(), new TestSink<unknown>()];
    const first = Pipeline(
      (n: number) => n + 1,
      (n: number) => n * 10,
    );
    const graph = Pipeline(source, first, sink).activate(options);
    source.input.send(1);
    await clock.settle();
    const second = new Mark('m');
    await swap(first as Component, second);
    source.input.send(2);
    await clock.settle();
    await swap(
      second as Component,
      Pipeline((n: number) => -n),
    );
    source.input.send(3);
    source.input.close();
    await graph.done;
    expect(sink.messages).toEqual([20, 'm2', -3]);
  });

  it('may be done again and again without the graph growing', async () => {
    const { options } = bench();
    const [source, sink] = [new TestSource<number>(), new TestSink<string>()];
    let present = new Mark('0.');
    const graph = Pipeline(source, present, sink).activate(options);
    for (let n = 1; n <= 50; n++) {
      source.input.send(n);
      const next = new Mark(`${n}.`);
      await swap(present, next);
      present = next;
    }
    source.input.close();
    expect(graph[TASK].children).toHaveLength(3);
    expect(sink.inbox.from).toHaveLength(1);
    await graph.done;
    expect(sink.messages.map((text) => text.split('.')[1])).toEqual(numbers(50, 1).map(String));
  });

  it('of a step in a row of functions that run as one changes nothing but what that step does', async () => {
    const { clock, options } = bench();
    const [source, sink] = [new TestSource<number>(), new TestSink<number>()];
    const [a, b, c] = [1, 2, 3].map((n) => map((m: number) => m + n)) as Component[] as [
      Component,
      Component,
      Component,
    ];
    const graph = Pipeline(source, a, b, c, sink as Component).activate(options);
    source.input.send(...numbers(3000));
    await clock.settle();
    await swap(b, map((m: number) => m + 2000) as Component);
    source.input.send(...numbers(3000, 3000));
    source.input.close();
    await graph.done;
    expect(sink.messages).toEqual(numbers(6000).map((n) => n + (n < 3000 ? 6 : 2004)));
  });

  it('before the graph runs is done at once', async () => {
    const [old, sink] = [new Mark('a'), new TestSink<string>()];
    const graph = Pipeline(new TestSource([1, 2]), old, sink);
    await swap(old, new Mark('b'));
    await graph.run(bench().options);
    expect(sink.messages).toEqual(['b1', 'b2']);
    expect(old[TASK].state).toBe(0);
  });

  it('works where one part of several takes what all get', async () => {
    const { clock, options } = bench();
    const [source, a, b, sink] = [new TestSource<number>(), new Mark('a'), new Mark('b'), new TestSink()];
    const graph = Pipeline(source, Tee<number>(a, b), sink).activate(options);
    source.input.send(1);
    await clock.settle();
    await swap(b, new Mark('c'));
    source.input.send(2);
    source.input.close();
    await graph.done;
    expect([...sink.messages].sort()).toEqual(['a1', 'a2', 'b1', 'c2']);
  });

  it('stop() while it is under way drains through the next one', async () => {
    const { clock, options } = bench();
    const [source, old, sink] = [new TestSource<number>(), new OneBehind(), new TestSink<string>()];
    const graph = Pipeline(source, old, sink).activate(options);
    source.input.send(1, 2);
    await clock.settle();
    const swapped = swap(old, new Mark('new'));
    source.input.send(3);
    await clock.settle();
    graph.stop();
    await clock.advance({ ms: 5 });
    await Promise.all([swapped, graph.done]);
    expect(sink.messages).toEqual(['old1', 'old2', 'new3']);
  });

  it('abort() while it is under way disposes of what waits for the next one, which never begins', async () => {
    const { clock, options } = bench();
    const handles = new TestHandles();
    const begun: string[] = [];
    class Slow extends Component {
      readonly inbox = this.in<TestHandle<number>>('inbox');
      readonly outbox: Outbox<TestHandle<number>> = this.out('outbox');
      override *main(): Steps {
        begun.push(this.name);
        while (!this.inbox.ended) yield;
        yield* this.sleep({ ms: 1000 });
      }
    }
    const [source, old, next] = [new TestSource<TestHandle<number>>(), new Slow(), new Slow()];
    const graph = Pipeline(source, old, new TestSink<unknown>()).activate(options);
    await clock.settle();
    const swapped = swap(old, next);
    source.input.send(handles.make(1), handles.make(2));
    await clock.settle();
    expect(next.inbox.length).toBe(2);
    graph.abort(new Error('enough'));
    await expect(graph.done).rejects.toThrow('enough');
    await swapped;
    expect([begun, isFinished(graph), isFinished(next)]).toEqual([['Slow-1'], true, true]);
    handles.check();
  });

  it('refuses what cannot take over, and changes nothing', async () => {
    const { clock, options } = bench();
    const [source, old, sink] = [new TestSource<number>(), new Mark('a', { capacity: 20 }), new TestSink<string>()];
    const graph = Pipeline(source, old, sink).activate(options);
    sink.hold();
    source.input.send(...numbers(90));
    await clock.settle();
    const next = new Mark('b');
    expect(() => swap(old, new TestSink() as never)).toThrow(UnknownBoxError);
    expect(() => swap(old, new Mark('c', { capacity: 4 }))).toThrow(RetargetError);
    expect(() => swap(graph as Component, next)).toThrow('the one to be replaced is no part of a graph');
    expect(() => swap(old, graph as never)).toThrow('it is activated already');
    expect(() => swap(old, source as never)).toThrow('it is activated already');
    expect(() => swap(old, old)).toThrow('it is activated already');
    const used = new Mark('u');
    link(used.outbox, new TestSink().inbox);
    expect(() => swap(old, used)).toThrow('Mark.outbox: Expected a box without a destination');
    const child = new Mark('child');
    Pipeline(child);
    expect(() => swap(old, child)).toThrow('it belongs to Pipeline');
    checkInvariants(options.scheduler);
    const swapped = swap(old, next);
    expect(() => swap(old, new Mark('d'))).toThrow('it is being replaced by Pipeline-1/Mark');
    expect(() => swap(next, new Mark('d'))).toThrow('the one to be replaced has not begun');
    expect(() => next.activate()).toThrow('it belongs to Pipeline-1');
    sink.take();
    source.input.close();
    await Promise.all([swapped, graph.done]);
    expect(sink.messages.map((text) => Number(text.slice(1)))).toEqual(numbers(90));
    expect(() => swap(next, new Mark('e'))).toThrow('has ended');
  });

  it('refuses a part that its chassis replaces itself', async () => {
    const { clock, options } = bench();
    const [inGroup, inSeq] = [new Mark('a'), new Mark('b')];
    const grouped = group(() => inGroup, { supervise: 'restart' });
    const [first, second] = [new TestSource<number>(), new TestSource<number>()];
    const running = [
      Pipeline(first, grouped as Component).activate(options),
      Pipeline(second, Seq(inSeq) as Component).activate(options),
    ];
    await clock.settle();
    expect(() => swap(inGroup, new Mark('c'))).toThrow('Pipeline-1/Group-1 replaces its parts itself');
    expect(() => swap(inSeq, new Mark('c'))).toThrow('Pipeline-2/Seq-1 replaces its parts itself');
    for (const graph of running) graph.stop();
    await Promise.all(running.map(({ done }) => done));
  });

  it('gets room when the end of the old one waits for what the next one holds up', async () => {
    const { clock, options } = bench();
    /** Takes one of each by turns. */
    class Zip extends Component {
      readonly a = this.in<string>('a', { capacity: 2 });
      readonly b = this.in<number>('b', { capacity: 2 });
      readonly seen: unknown[] = [];
      override *main(): Steps {
        while (!(this.a.ended && this.b.ended)) {
          if (this.a.length > 0 && (this.b.length > 0 || this.b.ended)) {
            this.seen.push(this.a.recv());
            if (this.b.length > 0) this.seen.push(this.b.recv());
          }
          yield;
        }
      }
    }
    class Flush extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 2 });
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) yield;
        for (let n = 0; n < 6; n++) {
          while (!this.outbox.open) yield;
          this.outbox.send(`f${n}`);
          yield;
        }
      }
    }
    const zip = new Zip();
    const old = new Flush();
    const source = new TestSource<number>();
    const pass = new (class Pass extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 1 });
      readonly one = this.out<number>('one');
      readonly two = this.out<number>('two');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv();
            this.one.send(n);
            this.two.send(n);
          }
          yield;
        }
      }
    })();
    const graph = Graphline({ source, pass, old, zip }, () => [
      link(source.outbox, pass.inbox),
      link(pass.one, old.inbox),
      link(pass.two, zip.b),
      link(old.outbox, zip.a),
    ]).activate(options);
    await clock.settle();
    const swapped = swap(old, new Mark('m', { capacity: 2 }));
    source.input.send(...numbers(12));
    source.input.close();
    await clock.settle();
    await Promise.all([swapped, graph.done]);
    expect(zip.seen).toHaveLength(18 + 12);
  });

  it('survives a fault, stop or abort at every yield', async () => {
    const make: Parameters<typeof injectFaults>[0] = ({ handles }) => {
      class Worker extends Component {
        readonly inbox = this.in<TestHandle<number>>('inbox', { capacity: 2 });
        readonly outbox: Outbox<TestHandle<number>> = this.out('outbox');
        override *main(): Steps {
          while (!this.inbox.ended) {
            if (this.inbox.ready) this.outbox.send(this.inbox.recv());
            yield;
          }
        }
      }
      class Changing extends Component {
        override *main(): Steps {
          let present = new Worker();
          const source = Array.from({ length: 6 }, (_, n) => n);
          const line = Pipeline(
            source,
            (n: number) => handles.make(n),
            present,
            (h: TestHandle<number>) => h[Symbol.dispose](),
          );
          this.add(line, 'line');
          for (let n = 0; n < 2; n++) {
            yield* this.sleep({ us: 1 });
            if (this.parts.length === 0 || present[TASK].state === 5) return;
            const next = new Worker();
            void swap(present, next);
            present = next;
          }
        }
      }
      return new Changing();
    };
    for (const seed of [1, 2, 3]) {
      const { injected } = await injectFaults(make, { seed });
      expect(injected).toBeGreaterThan(50);
    }
  });
});
