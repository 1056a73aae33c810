// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { inNode, turn } from '../test/surroundings.js';
import { TASK } from './component.js';
import {
  Backplane,
  Carousel,
  Component,
  Graphline,
  group,
  type LogEntry,
  link,
  Par,
  Pipeline,
  Scheduler,
  Seq,
  Step,
  type Steps,
  SubscribeTo,
  Tee,
} from './index.js';
import { WAITING } from './task.js';
import { checkInvariants, isFinished, TestHandles, TestSink, TestSource, virtualClock } from './testing/index.js';

/** A source without an end that has a box for orders, at which it does not look. */
class Endless extends Component {
  readonly control = this.in<unknown>('control');
  readonly outbox = this.out<number>('outbox');
  override *main(): Steps {
    for (let n = 0; ; ) {
      while (this.outbox.open) this.outbox.send(n++);
      yield;
    }
  }
}

class Pass extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

/** Does not look for the end of its stream. */
class Deaf extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly taken: number[] = [];
  cleaned = 0;
  override *main(): Steps {
    try {
      for (;;) {
        while (this.inbox.ready) this.taken.push(this.inbox.recv());
        yield;
      }
    } finally {
      this.cleaned++;
    }
  }
}

function bench() {
  const clock = virtualClock();
  const logs: LogEntry[] = [];
  const scheduler: Scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  return { clock, logs, options: { scheduler, onLog: (entry: LogEntry) => void logs.push(entry) } };
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('stop()', () => {
  it.each<[string, (source: Component & { outbox: Endless['outbox'] }, sink: TestSink<number>) => Component]>([
    ['a Pipeline', (source, sink) => Pipeline(source, sink)],
    ['a Graphline', (source, sink) => Graphline({ source, sink }, () => [link(source.outbox, sink.inbox)])],
    ['a Par', (source, sink) => Pipeline(Par(source), sink as Component)],
    [
      'a Seq',
      (source, sink) =>
        Pipeline(
          Seq(source, () => expect.fail('began the next part')),
          sink,
        ),
    ],
    [
      'a group',
      (source, sink) => Pipeline(group(() => source, { supervise: 'restart' }) as Component, sink as Component),
    ],
  ])('ends a source that has a box for orders, in %s', async (_, make) => {
    const { clock, options } = bench();
    const sink = new TestSink<number>();
    sink.hold();
    const graph = make(new Endless(), sink).activate(options);
    await clock.settle();
    graph.stop();
    sink.take();
    await graph.done;
    expect(sink.messages).toEqual(numbers(64));
    expect([sink.ended, isFinished(graph)]).toEqual([true, true]);
  });

  it('ends a source whose orders come from another part, which ends too', async () => {
    const { clock, options } = bench();
    const parts = { orders: new TestSource(), source: new Endless(), sink: new TestSink<number>() };
    const graph = Graphline(parts, ({ orders, source, sink }) => [
      link(orders.outbox, source.control),
      link(source.outbox, sink.inbox),
    ]);
    parts.sink.hold();
    graph.activate(options);
    await clock.settle();
    graph.stop();
    parts.sink.take();
    await graph.done;
    expect(parts.sink.messages).toHaveLength(64);
  });

  it.each<[string, () => Component]>([
    ['Seq', () => Seq(new Pass(), () => expect.fail('began the next part'))],
    ['group', () => group(() => new Pass(), { supervise: 'restart' }) as Component],
    ['Tee', () => Tee(new Pass())],
    [
      'Graphline',
      () =>
        Graphline({ pass: new Pass() }, ({ pass }, self) => [
          link(self.in<number>('inbox'), pass.inbox),
          link(pass.outbox, self.out<number>('outbox')),
        ]),
    ],
  ])('lets a %s work off what waits in and before it', async (_, make) => {
    const { clock, options } = bench();
    const [source, sink] = [new TestSource<number>(), new TestSink<number>()];
    const graph = Pipeline(source, make(), sink as Component).activate(options);
    sink.hold();
    source.input.send(...numbers(120));
    await clock.settle();
    expect(source.input.waiting).toBe(0);
    graph.stop();
    await clock.settle();
    sink.take();
    await graph.done;
    expect(sink.messages).toEqual(numbers(120));
  });

  it('lets the child of a Carousel work off what waits, and makes no other', async () => {
    const { clock, options } = bench();
    const [source, next, sink] = [new TestSource<number>(), new TestSource<string>(), new TestSink<number>()];
    let made = 0;
    const carousel = Carousel(() => {
      made++;
      return new Pass();
    });
    const graph = Graphline({ source, next, carousel, sink }, () => [
      link(source.outbox, carousel.inbox),
      link(next.outbox, carousel.next),
      link(carousel.outbox, sink.inbox),
    ]).activate(options);
    sink.hold();
    next.input.send('a');
    source.input.send(...numbers(100));
    await clock.settle();
    graph.stop();
    await clock.settle();
    sink.take();
    await graph.done;
    expect([sink.messages, made]).toEqual([numbers(100), 1]);
  });

  it('of a part takes nothing more from outside, also at an inbox that parts feed as well', async () => {
    const { clock, options } = bench();
    class Two extends Component {
      readonly a = this.in<number>('a');
      readonly b = this.in<number>('b');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!(this.a.ended && this.b.ended)) {
          while (this.a.ready) this.outbox.send(this.a.recv());
          while (this.b.ready) this.outbox.send(this.b.recv());
          yield;
        }
      }
    }
    const [inner, two, outer, other] = [
      new TestSource([3]),
      new Two(),
      new TestSource<number>(),
      new TestSource<number>(),
    ];
    const part = Graphline({ inner, two }, (_, self) => [
      link(inner.outbox, two.a),
      link(two.outbox, self.out<number>('outbox')),
    ]);
    const sink = new TestSink<number>();
    const graph = Graphline({ outer, other, part, sink }, () => [link(outer.outbox, two.a), link(other.outbox, two.b)]);
    graph.link([part, 'outbox'], [sink, 'inbox']);
    graph.activate(options);
    outer.input.send(4);
    other.input.send(5);
    await clock.settle();
    part.stop();
    await clock.settle();
    expect(isFinished(part)).toBe(true);
    expect([...sink.messages].sort()).toEqual([3, 4, 5]);
    await graph.done;
  });

  it('stops a component that does not look for its end, when it has taken everything', async () => {
    const { clock, options } = bench();
    const [source, deaf] = [new TestSource([1, 2, 3]), new Deaf()];
    const graph = Pipeline(source, deaf).activate(options);
    await clock.settle();
    expect(isFinished(graph)).toBe(false);
    graph.stop();
    await graph.done;
    expect([deaf.taken, deaf.cleaned]).toEqual([[1, 2, 3], 1]);
  });

  it('stops a ring when its source has ended and nothing is under way in it', async () => {
    const { clock, options } = bench();
    class Round extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly round = this.out<number>('round');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv();
            if (n > 0) this.round.send(n - 1);
            this.outbox.send(n);
          }
          yield;
        }
      }
    }
    const [source, a, b, sink] = [new TestSource<number>(), new Round(), new Round(), new TestSink<number>()];
    const graph = Graphline({ source, a, b, sink }, () => [
      link(source.outbox, a.inbox),
      link(a.round, b.inbox),
      link(b.round, a.inbox),
      link(a.outbox, sink.inbox),
      link(b.outbox, sink.inbox),
    ]).activate(options);
    source.input.send(6);
    await clock.settle();
    source.input.send(3);
    graph.stop();
    await graph.done;
    expect(sink.messages).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  it('waits for who waits for time or the world outside', async () => {
    const { clock, options } = bench();
    class Slow extends Pass {
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            yield* this.sleep({ ms: 500 });
            this.outbox.send(this.inbox.recv());
          }
          yield;
        }
      }
    }
    const [source, sink] = [new TestSource<number>(), new TestSink<number>()];
    const graph = Pipeline(source, new Slow(), sink).activate(options);
    source.input.send(1, 2);
    await clock.settle();
    graph.stop();
    await clock.advance({ ms: 1000 });
    await graph.done;
    expect(sink.messages).toEqual([1, 2]);
  });

  it('of a Backplane ends its subscribers, and twice is once', async () => {
    const { clock, options } = bench();
    const plane = new Backplane('STOP').activate(options);
    const sink = new TestSink<number>();
    const seen = Pipeline(new SubscribeTo<number>('STOP'), sink as Component).activate(options);
    await clock.settle();
    plane.stop();
    plane.stop();
    await Promise.all([plane.done, seen.done]);
    expect(sink.ended).toBe(true);
  });
});

describe('stop() and abort() together', () => {
  it.each<[string, (graph: Component) => void, unknown]>([
    ['stop, stop', (g) => [g.stop(), g.stop()], undefined],
    ['stop, abort', (g) => [g.stop(), g.abort('reason')], 'reason'],
    ['abort, stop', (g) => [g.abort('reason'), g.stop()], 'reason'],
    ['abort, abort', (g) => [g.abort('reason'), g.abort('other')], 'reason'],
  ])('%s: settles once, with one clean-up for each component', async (_, end, reason) => {
    const { clock, options } = bench();
    const handles = new TestHandles();
    const cleaned: string[] = [];
    class Careful extends Component {
      readonly inbox = this.in<unknown>('inbox');
      readonly outbox = this.out<unknown>('outbox');
      override *main(): Steps {
        try {
          while (!this.inbox.ended) {
            while (this.inbox.ready) this.outbox.send(this.inbox.recv());
            yield;
          }
        } finally {
          cleaned.push(this.name);
          yield Step.again;
        }
      }
    }
    const source = new TestSource<unknown>();
    const sink = new TestSink<unknown>();
    const graph = Pipeline(source, new Careful(), new Careful(), sink as Component).activate(options);
    sink.hold();
    source.input.send(...numbers(100).map((n) => handles.make(n)));
    await clock.settle();
    end(graph);
    sink.take();
    const outcome = await graph.done.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect([outcome, cleaned.sort()]).toEqual([reason, ['Careful-1', 'Careful-2']]);
    for (const handle of sink.messages as Disposable[]) handle[Symbol.dispose]();
    handles.check();
  });
});

describe('a component that does not end after it was told to', () => {
  class Hung extends Component {
    readonly inbox = this.in<number>('inbox');
    override *main(): Steps {
      try {
        for (;;) yield;
      } finally {
        yield new Promise(() => {});
      }
    }
  }
  class Polls extends Component {
    readonly inbox = this.in<number>('inbox');
    override *main(): Steps {
      for (;;) yield* this.sleep({ ms: 100 });
    }
  }
  class Busy extends Component {
    readonly inbox = this.in<number>('inbox');
    override async main(): Promise<void> {
      await new Promise(() => {});
    }
  }

  it.each([
    ['clean-up', () => new Hung(), 'its finally blocks are at work, waiting for: promise'],
    ['an async main', () => new Busy(), 'it was told to stop, waiting for: promise'],
  ] as const)('in %s is reported by name, once', async (_, make, why) => {
    const { clock, logs, options } = bench();
    // The clock of the tests stands still while a component waits for a promise.
    const alarms: (() => void)[] = [];
    clock.alarm = (_at, ring) => {
      alarms.push(ring);
      return () => {};
    };
    const [source, part] = [new TestSource<number>(), make()];
    const graph = Pipeline(source, part).activate(options);
    graph.done.catch(() => {});
    while (part[TASK].slices < 2 && part[TASK].state !== WAITING) await turn();
    graph.abort();
    await source.done;
    while (part[TASK].state !== WAITING) await turn();
    const { now } = clock;
    clock.now = () => now.call(clock) + 5_000_000;
    for (const ring of alarms.splice(0)) ring();
    const path = graph.path;
    expect(logs).toMatchObject([
      {
        level: 'warn',
        path: expect.stringMatching(`${path}/(Hung|Busy)-1`),
        message: `has not ended 5 s after it was told to: ${why}`,
      },
    ]);
    expect(alarms).toEqual([]);
  });

  it('because it polls is reported 5 s after stop(), and ends with abort()', async () => {
    const { clock, options, logs } = bench();
    const graph = Pipeline(new TestSource<number>([]), new Polls()).activate(options);
    await clock.advance({ ms: 100 });
    graph.stop();
    await clock.advance({ ms: 4999 });
    expect(logs).toEqual([]);
    await clock.advance({ ms: 10_000 });
    expect(logs).toMatchObject([{ level: 'warn', path: 'Pipeline-1/Polls-1' }]);
    expect(logs[0]?.message).toBe(
      'has not ended 5 s after it was told to: it goes on after the end of its stream, waiting for: timer',
    );
    graph.abort('enough');
    await expect(graph.done).rejects.toBe('enough');
  });

  it('that works off its stream is none', async () => {
    const { clock, options, logs } = bench();
    const [source, sink] = [new TestSource<number>(), new TestSink<number>()];
    const graph = Pipeline(source, sink as Component).activate(options);
    sink.hold();
    source.input.send(1);
    await clock.settle();
    graph.stop();
    await clock.advance({ ms: 60_000 });
    expect(logs).toEqual([]);
    sink.take();
    await graph.done;
  });
});

describe('a signal', () => {
  const starts: [string, (component: Component, signal: AbortSignal) => Promise<unknown>][] = [
    ['run()', (component, signal) => component.run({ signal, clock: virtualClock() })],
    ['activate()', (component, signal) => component.activate({ signal, clock: virtualClock() }).done],
    [
      'values()',
      async (component, signal) => {
        for await (const _ of component.values({ signal, clock: virtualClock() }));
      },
    ],
    ['toWeb()', (component, signal) => component.toWeb({ signal, clock: virtualClock() }).pipeTo(new WritableStream())],
  ];
  if (inNode) {
    starts.push([
      'toReadable()',
      async (component, signal) => {
        for await (const _ of component.toReadable({ signal, clock: virtualClock() }));
      },
    ]);
  }

  it.each(starts)('aborts what %s has started, with its reason, before and after', async (_, start) => {
    for (const late of [false, true]) {
      const stop = new AbortController();
      const graph = Pipeline(new TestSource<number>(), new Pass());
      if (!late) stop.abort(new RangeError('enough'));
      const running = start(graph, stop.signal);
      running.catch(() => {});
      if (late) {
        await turn();
        stop.abort(new RangeError('enough'));
      }
      await expect(running).rejects.toThrow('enough');
      await graph.done.catch(() => {});
      expect(isFinished(graph)).toBe(true);
    }
  });
});
