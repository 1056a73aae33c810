// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest';
import { turn } from '../../test/surroundings.js';
import {
  Component,
  filter,
  group,
  inspect,
  link,
  map,
  Pipeline,
  Scheduler,
  Step,
  type Steps,
  tap,
  toDot,
  unlink,
} from '../index.js';
import { checkInvariants, injectFaults, slicesOf, type TestHandle, TestHandles, TestSink } from '../testing/index.js';

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
/** More than it takes to make code for the row. */
const MANY = 5000;

/** Steps under names, and what comes out. */
function row(extra: Record<string, (n: number) => unknown> = {}) {
  const steps = {
    plus: (n: number): unknown => n + 1,
    odd: (n: number): unknown => (n % 2 === 1 ? n : null),
    twice: (n: number): unknown => n * 2,
    ...extra,
  };
  const stages = Object.entries(steps).map(([name, call]) => {
    const stage = map(call as (n: number) => unknown);
    stage.name = name;
    return stage;
  }) as unknown as [ReturnType<typeof map<number, number>>, ...ReturnType<typeof map<number, number>>[]];
  return stages;
}

/** A source that is no iterable, so the row begins with the first function. */
class Counting extends Component {
  readonly outbox = this.out<number>('outbox');
  readonly #count: number;
  constructor(count: number) {
    super();
    this.#count = count;
  }
  override *main(): Steps {
    const { outbox } = this;
    for (let n = 0; n < this.#count; yield) while (n < this.#count && outbox.open) outbox.send(n++);
  }
}

const expected = (count: number) =>
  numbers(count)
    .map((n) => n + 1)
    .filter((n) => n % 2 === 1)
    .map((n) => n * 2);

const SOURCES: [string, (n: number) => Iterable<number> | Component][] = [
  ['an iterable', numbers],
  ['a component', (n) => new Counting(n)],
];

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(SOURCES)('adjacent functions behind %s', (_, source) => {
  const pipeline = (from: Iterable<number> | Component, ...parts: unknown[]): Component =>
    (Pipeline as (...parts: unknown[]) => Component)(from, ...parts);

  it('run as one, and send the same in the same order', async () => {
    const sink = new TestSink<number>();
    const line = pipeline(source(MANY), ...row(), sink);
    await line.run();
    expect(sink.messages).toEqual(expected(MANY));
    const slices = slicesOf(line);
    const of = (name: string) => Object.entries(slices).find(([path]) => path.endsWith(name))?.[1];
    // A slice for 64 messages would be 80.
    expect(of('odd')).toBeLessThan(20);
    expect(of('twice')).toBeLessThan(60);
  });

  it('do so by closures where code may not be generated', async () => {
    vi.stubGlobal('Function', () => {
      throw new EvalError('refused');
    });
    const sink = new TestSink<number>();
    const line = pipeline(source(MANY), ...row(), sink);
    await line.run();
    expect(sink.messages).toEqual(expected(MANY));
    expect(Object.entries(slicesOf(line)).find(([path]) => path.endsWith('odd'))?.[1]).toBeLessThan(20);
  });

  it('are counted as if each had taken and sent its messages', async () => {
    const line = pipeline(
      source(MANY),
      ...row(),
      filter((n: number) => n % 3 === 0),
      () => {},
    );
    await line.run();
    const counts = inspect(line).components.map(({ inboxes, outboxes }) => [inboxes[0]?.taken, outboxes[0]?.sent]);
    const odd = MANY / 2;
    const third = expected(MANY).filter((n) => n % 3 === 0).length;
    expect(counts.slice(1)).toEqual([
      [undefined, MANY],
      [MANY, MANY],
      [MANY, odd],
      [odd, odd],
      [odd, third],
      [third, 0],
    ]);
    expect(toDot(inspect(line))).toContain('/odd" -> ');
  });

  it.each([
    ['before', 'plus', 3],
    ['after', 'plus', MANY - 7],
    ['before', 'twice', 3],
    ['after', 'twice', MANY - 7],
  ])('fail with the path of the step that threw, %s code was made: %s', async (_when, name, at) => {
    const wrong = (n: number) => {
      if (n >= at) throw new RangeError('too large');
      return n;
    };
    const sink = new TestSink<number>();
    const line = pipeline(source(MANY), ...row({ [name]: wrong }), sink);
    await expect(line.run()).rejects.toMatchObject({ message: expect.stringMatching(`/${name}: too large$`) });
  });

  it.each([3, MANY - 7])(
    'wait for a promise that a plain function gives at message %i, and keep the order',
    async (at) => {
      const sink = new TestSink<number>();
      const line = pipeline(
        source(MANY),
        (n: number) => n,
        (n: number) => (n === at ? Promise.resolve(n) : n),
        (n: number) => n,
        sink,
      );
      await line.run();
      expect(sink.messages).toEqual(numbers(MANY));
    },
  );

  it.each([3, MANY - 7])('fail with the path of the step whose promise rejects at message %i', async (at) => {
    const late = (n: number) => (n === at ? Promise.reject(new Error('late')) : n);
    await expect(
      pipeline(
        source(MANY),
        (n: number) => n,
        late,
        () => {},
      ).run(),
    ).rejects.toThrow(/\/late: late$/);
  });

  it('hold the source back like any consumer, and keep the bound', async () => {
    const sink = new TestSink<number>();
    sink.hold();
    const scheduler = new Scheduler();
    let made = 0;
    const count = (n: number) => {
      made++;
      return n + 1;
    };
    const line = pipeline(source(MANY), ...row({ plus: count }), sink).activate({ scheduler });
    await turn();
    await turn();
    expect(sink.inbox.length).toBe(64);
    const held = made;
    // 64 that were sent, of every second number, and what three inboxes of 64 hold before and behind the filter.
    expect(held).toBeLessThanOrEqual(64 * 6);
    checkInvariants(scheduler);
    sink.take();
    await line.done;
    expect(sink.messages).toEqual(expected(MANY));
  });

  it('show each message to whoever taps a link between them, from then on and until they look no more', async () => {
    const [plus, odd, twice] = row({ odd: (n) => n }) as unknown as [
      Component,
      ReturnType<typeof map<number, number>>,
      Component,
    ];
    const seen: string[] = [];
    let off = () => {};
    const probe = map((n: number) => {
      if (n === 3000) off = tap(odd.inbox, ({ text }) => seen.push(text));
      if (n === 3500) off();
      return n;
    });
    const sink = new TestSink<number>();
    await pipeline(source(MANY), probe, plus, odd, twice, sink).run();
    expect(sink.messages).toEqual(numbers(MANY).map((n) => (n + 1) * 2));
    // The probe is before it in the row, so the message at which it looked comes too.
    const first = Number(seen[0]);
    expect(first).toBeLessThanOrEqual(3002);
    expect(seen).toEqual(numbers(seen.length).map((n) => String(n + first)));
    expect(seen.length).toBeGreaterThan(300);
    expect(seen.length).toBeLessThan(MANY - 3000);
  });

  it('follow a link that is changed while messages pass', async () => {
    const probe = map((n: number) => {
      if (n === 3000) {
        unlink(toFirst);
        link(step.outbox, other.inbox);
      }
      return n;
    });
    const step = map((n: number) => n);
    const first = new TestSink<number>();
    const other = new TestSink<number>();
    class Both extends Component {
      constructor() {
        super();
        for (const part of [feed, probe, step, first, other]) this.add(part);
      }
    }
    const feed = Pipeline(source(MANY) as Component, (n: number) => n);
    link(feed.outbox, probe.inbox);
    link(probe.outbox, step.inbox);
    const toFirst = link(step.outbox, first.inbox);
    const both = new Both().activate();
    await other.done;
    // Nobody is linked to it any more.
    first.stop();
    await both.done;
    expect([...first.messages, ...other.messages]).toEqual(numbers(MANY));
    expect(first.messages.length).toBeGreaterThan(2900);
    expect(other.messages.length).toBeGreaterThan(1900);
  });

  it('end when they are aborted from within', async () => {
    let after = 0;
    const line: Component = pipeline(
      source(MANY),
      (n: number) => {
        if (n === 4000) line.abort(new Error('enough'));
        return n;
      },
      (n: number) => {
        if (n > 4000) after++;
        return n;
      },
      () => {},
    );
    await expect(line.run()).rejects.toThrow('enough');
    expect(after).toBe(0);
  });

  it('deliver what is under way when they are stopped', async () => {
    const sink = new TestSink<number>();
    let stopped = false;
    const line: Component = pipeline(
      (function* () {
        for (let n = 0; ; n++) yield n;
      })(),
      (n: number) => {
        if (n === 4000 && !stopped) {
          stopped = true;
          line.stop();
        }
        return n;
      },
      (n: number) => n,
      sink,
    );
    await line.run();
    expect(sink.messages).toEqual(numbers(sink.messages.length));
    expect(sink.messages.length).toBeGreaterThan(3999);
  });

  it('let others run in between however many messages there are', async () => {
    let turns = 0;
    let ended = false;
    class Other extends Component {
      override *main(): Steps {
        while (!ended) {
          turns++;
          yield Step.again;
        }
      }
    }
    class Both extends Component {
      constructor() {
        super();
        this.add(
          pipeline(
            source(MANY * 4),
            (n: number) => n,
            (n: number) => {
              ended = n === MANY * 4 - 1;
            },
          ),
        );
        this.add(new Other());
      }
    }
    await new Both().run();
    expect(turns).toBeGreaterThan(15);
  });
});

describe('filter()', () => {
  it('disposes of what it does not send on, also when it has to wait for the answer', async () => {
    const handles = new TestHandles();
    type Made = Disposable & { readonly n: number };
    const kept: number[] = [];
    const made = numbers(100);
    await Pipeline(
      made,
      map((n: number) => ({
        n,
        handle: handles.make(n),
        [Symbol.dispose]() {
          this.handle[Symbol.dispose]();
        },
      })),
      filter(({ n }: Made) => n % 2 === 0),
      filter(async ({ n }: Made) => n % 3 === 0),
      (message: Made) => {
        kept.push(message.n);
        message[Symbol.dispose]();
      },
    ).run();
    expect(kept).toEqual(made.filter((n) => n % 6 === 0));
    handles.check();
  });

  it('refuses what is no function', () => {
    expect(() => filter(3 as never)).toThrow('filter: Expected a function but received 3');
    expect(() => map(undefined as never)).toThrow('map: Expected a function but received undefined');
  });
});

describe('fused steps', () => {
  it('end soundly whatever happens at any of their yields', async () => {
    const report = await injectFaults(({ handles }) =>
      Pipeline(
        new Counting(200),
        (n: number) => handles.make(n),
        filter((handle: Disposable & { n?: number }) => handle !== undefined),
        (handle: Disposable) => handle[Symbol.dispose](),
      ),
    );
    expect(report.runs).toBeGreaterThan(20);
  });

  it('are not made of what a group has to know the last message of', async () => {
    const disposed: number[] = [];
    const message = (n: number) => ({ n, [Symbol.dispose]: () => disposed.push(n) });
    const fragile = () =>
      Pipeline(
        map((m: ReturnType<typeof message>) => m),
        map((m: ReturnType<typeof message>) => {
          if (m.n === 2) throw new Error('poison');
          return m;
        }),
      );
    const sink = new TestSink<ReturnType<typeof message>>();
    const line = Pipeline([1, 2, 3].map(message), group(fragile, { supervise: 'skip' }), sink);
    await line.run({ onLog: () => {} });
    // The third was inside when the second failed, and is for the steps made anew.
    expect(sink.messages.map(({ n }) => n)).toEqual([1, 3]);
    expect(disposed).toEqual([2]);
  });
});

describe('a handle that a function was asked about', () => {
  /** The same rows alone, and generated. */
  const ROWS = [3, MANY];

  it('is disposed of where a filter throws, wherever it stands in the row', async () => {
    for (const count of ROWS) {
      for (const place of [0, 1, 2]) {
        const handles = new TestHandles();
        const made = numbers(count).map((n) => handles.make(n));
        const steps = numbers(3).map((i) =>
          filter(({ value }: { value: number }) => {
            if (i === place && value === count - 1) throw new Error(`no ${value}`);
            return true;
          }),
        );
        const [a, b, c] = steps as [(typeof steps)[0], (typeof steps)[0], (typeof steps)[0]];
        const line = Pipeline(made, a, b, c, (handle) => (handle as TestHandle)[Symbol.dispose]());
        await expect(line.run({ onLog: () => {} })).rejects.toThrow(`no ${count - 1}`);
        handles.check();
      }
    }
  });

  it('is not where it was sent on, and the receiver could not be told', async () => {
    for (const count of ROWS) {
      const handles = new TestHandles();
      const sink = new TestSink<{ value: number }>();
      const [a, b] = [filter(() => true), filter(() => true)];
      const line = Pipeline(
        numbers(count).map((n) => handles.make(n)),
        a,
        b,
        sink,
      );
      const off = tap(sink.inbox, ({ n }) => {
        if (n === count - 1) throw new Error('look');
      });
      await expect(line.run({ onLog: () => {} })).rejects.toThrow('look');
      off();
      for (const message of sink.messages) (message as TestHandle)[Symbol.dispose]();
      expect(handles.live).toBeLessThanOrEqual(1);
      expect(() => handles.check()).not.toThrow(/more than once/);
    }
  });
});

it('a source is stopped, or a row aborted, before the next message when one of the functions says so', async () => {
  for (const count of [500, MANY]) {
    for (const how of ['stop', 'abort'] as const) {
      const last = count - 50;
      const [asked, seen] = [[] as number[], [] as number[]];
      const source = function* () {
        for (let n = 0; n < count; n++) {
          asked.push(n);
          yield n;
        }
      };
      const ends = map((n: number) => {
        if (n === last) line[how](new Error('enough'));
        return n;
      });
      const line: Component = Pipeline(
        source(),
        map((n: number) => n),
        ends,
        (n) => void seen.push(n),
      );
      await line.run().catch(() => {});
      expect(asked, `${how} of ${count}`).toHaveLength(last + 1);
      if (how === 'stop') expect(seen).toEqual(asked);
    }
  }
});
