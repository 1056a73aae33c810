// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Component,
  Graphline,
  type InboxOptions,
  inspect,
  link,
  Pipeline,
  Scheduler,
  type Steps,
  tap,
  toDot,
  toMermaid,
  trace,
  why,
} from '../index.js';
import { TestSink, TestSource, virtualClock } from '../testing/index.js';

class Passer extends Component {
  readonly inbox = this.in<number>('inbox', { capacity: 8 });
  readonly outbox = this.out<number>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

function stalled() {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock });
  const source = new TestSource<number>();
  source.name = 'source';
  const sink = new TestSink<number>();
  sink.name = 'sink';
  sink.hold();
  const passer = new Passer();
  passer.name = 'passer';
  const graph = Pipeline(source, passer, sink);
  graph.name = 'line';
  graph.activate({ scheduler }).done.catch(() => {});
  source.input.send(...Array.from({ length: 200 }, (_, i) => i));
  return { clock, scheduler, source, passer, sink, graph };
}

describe('inspect', () => {
  it('knows the most messages that waited at once, also beyond the capacity and in a lossy inbox', async () => {
    const highWaterOf = async (count: number, options: InboxOptions, message: unknown = 1) => {
      class Burst extends Component {
        outbox = this.out<unknown>('outbox');
        override *main(): Steps {
          for (let n = 0; n < count; n++) this.outbox.send(message);
          yield;
        }
      }
      class Slow extends Component {
        inbox = this.in<unknown>('inbox', options);
        override *main(): Steps {
          yield* this.sleep({ us: 1 });
          while (this.inbox.ready) this.inbox.recv();
        }
      }
      const slow = new Slow();
      await Pipeline(new Burst(), slow).run();
      return inspect(slow).components[0]?.inboxes[0]?.highWater;
    };
    expect(await highWaterOf(40, { capacity: 8 })).toBe(40);
    expect(await highWaterOf(40, { lossy: 'newest', capacity: 8 })).toBe(8);
    expect(await highWaterOf(8, { capacity: 8 })).toBe(8);
    expect(await highWaterOf(1, { maxBytes: 4, capacity: 8 }, 'ab')).toBe(1);
    // Short of the capacity it is known to a power of two.
    expect(await highWaterOf(40, { capacity: 100 })).toBeGreaterThan(32);
  });

  it('counts messages and says what each component waits for', async () => {
    const { clock, scheduler, graph, sink, source } = stalled();
    await clock.settle();
    const { version, components } = inspect(scheduler);
    expect(version).toBe(1);
    expect(components.map(({ path, kind, parent, state, reason }) => ({ path, kind, parent, state, reason }))).toEqual([
      { path: 'line', kind: 'Pipeline', parent: null, state: 'parked', reason: 'its parts' },
      {
        path: 'line/source',
        kind: 'TestSource',
        parent: 'line',
        state: 'parked',
        reason: 'full: outbox -> line/passer.inbox',
      },
      {
        path: 'line/passer',
        kind: 'Passer',
        parent: 'line',
        state: 'parked',
        reason: 'full: outbox -> line/sink.inbox',
      },
      { path: 'line/sink', kind: 'TestSink', parent: 'line', state: 'parked', reason: 'outside' },
    ]);
    const [, , passer, held] = components;
    expect(passer?.inboxes[0]).toMatchObject({
      name: 'inbox',
      taken: 64,
      waiting: 8,
      capacity: 8,
      full: true,
      ended: false,
    });
    expect(passer?.outboxes[0]).toMatchObject({ name: 'outbox', sent: 64, to: 'line/sink.inbox' });
    expect(held?.inboxes[0]).toMatchObject({ taken: 0, waiting: 64, highWater: 64, fullTimes: 1, lost: 0, grown: 0 });
    const seen = inspect(graph);
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
    sink.take();
    source.input.close();
    await clock.settle();
    await graph.done;
    const after = inspect(graph).components;
    expect(after.map(({ state }) => state)).toEqual(['ended', 'ended', 'ended', 'ended']);
    expect(after[3]?.inboxes[0]).toMatchObject({ taken: 200, waiting: 0, full: false });
    expect(after[2]?.slices).toBeGreaterThan(3);
    expect(after[2]?.runMs).toBeGreaterThan(0);
  });

  it('counts the time of a full inbox on while nothing runs', async () => {
    const { clock, graph, sink } = stalled();
    await clock.settle();
    const fullMs = () => inspect(graph).components[3]?.inboxes[0]?.fullMs ?? Number.NaN;
    const before = fullMs();
    const began = performance.now();
    while (performance.now() < began + 5);
    expect(fullMs() - before).toBeGreaterThanOrEqual(5);
    sink.take();
    await clock.settle();
    expect(inspect(graph).components[3]?.inboxes[0]).toMatchObject({ full: false, fullTimes: 1 });
    const after = fullMs();
    expect(fullMs()).toBe(after);
    graph.abort();
  });

  it('names timers, promises and the world outside', async () => {
    class Waits extends Component {
      readonly #how: string;
      constructor(how: string) {
        super();
        this.#how = how;
        this.name = how;
      }
      override *main(): Steps {
        if (this.#how === 'timer') yield* this.sleep({ ms: 10_000 });
        else if (this.#how === 'promise') yield new Promise(() => {});
        else if (this.#how === 'alarm') this.wakeAt(this.clock.now() + 10_000_000);
        else if (this.#how === 'outside') this.external();
        yield;
      }
    }
    const scheduler = new Scheduler();
    const waits = ['timer', 'promise', 'alarm', 'outside', 'nothing'].map((how) =>
      new Waits(how).activate({ scheduler }),
    );
    for (const { done } of waits) done.catch(() => {});
    while (inspect(scheduler).components.some(({ state }) => state === 'runnable')) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(inspect(scheduler).components.map(({ reason }) => reason)).toEqual([
      'timer',
      'promise',
      'timer',
      'outside',
      'nothing: it has no producer, timer or way in',
    ]);
    scheduler.abortAll(new Error('over'));
  });

  it('says of a component that has messages, no way in, and takes none, that it looks for others', async () => {
    class Deaf extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (!this.stopping) yield;
      }
    }
    const scheduler = new Scheduler();
    const [source, deaf] = [new TestSource<number>(), new Deaf()];
    const line = Pipeline(source, deaf);
    line.activate({ scheduler }).done.catch(() => {});
    source.input.send(1, 2);
    await scheduler.settled();
    expect(inspect(deaf).components[0]).toMatchObject({ state: 'parked', reason: 'empty: what it looks for' });
    expect(why(deaf)).toBe(`${inspect(deaf).components[0]?.path} waits for something that its inboxes do not have`);
    line.abort();
  });

  it('refuses what is neither component nor scheduler', () => {
    expect(() => inspect(5 as never)).toThrow('inspect: Expected a component or a scheduler but received 5');
  });
});

describe('why', () => {
  it('follows the chain of full boxes to the culprit', async () => {
    const { clock, source, graph } = stalled();
    expect(why(source)).toBe('line/source is runnable');
    await clock.settle();
    expect(why(source)).toBe(
      'line/source waits for room in line/passer.inbox (8 of 8); line/passer waits for room in line/sink.inbox (64 of 64); ' +
        'line/sink waits for the world outside',
    );
    expect(why(graph, 'line/sink')).toBe('line/sink waits for the world outside');
    expect(() => why(graph, 'line/sunk')).toThrow(
      'why: Expected the path of a part of line for path but received line/sunk',
    );
    graph.abort();
    await clock.settle();
    expect(why(source)).toBe('line/source has ended');
    expect(why(new Passer())).toBe('Passer is not activated');
  });

  it('follows empty boxes up, and says when components wait for each other', async () => {
    const scheduler = new Scheduler();
    const [a, b] = [new Passer(), new Passer()];
    const ring = Graphline({ a, b }, ({ a, b }) => [link(a.outbox, b.inbox), link(b.outbox, a.inbox)]);
    ring.name = 'ring';
    ring.activate({ scheduler }).done.catch(() => {});
    await scheduler.settled();
    expect(why(ring)).toBe(
      'ring waits for its parts; ring/a waits for a message in inbox; ring/b waits for a message in inbox; ' +
        'and so round to ring/a: components wait for each other',
    );
    ring.abort();
  });
});

describe('toDot and toMermaid', () => {
  it('refuse what inspect() did not return', () => {
    for (const draw of [toDot, toMermaid]) {
      expect(() => draw(new TestSink() as never)).toThrow(
        `${draw.name}: Expected what inspect() returns but received `,
      );
      expect(() => draw(undefined as never)).toThrow('but received undefined');
    }
  });

  it('draw components, links and what is full', async () => {
    const { clock, graph } = stalled();
    await clock.settle();
    const dot = toDot(inspect(graph));
    expect(dot).toContain('subgraph "cluster line" {');
    expect(dot).toContain('"line/passer" -> "line/sink" [label="64/64", color=red];');
    expect(dot).toContain('"line/source" [label="source\\nfull: outbox -> line/passer.inbox"];');
    const mermaid = toMermaid(inspect(graph));
    expect(mermaid).toBe(`flowchart LR
  c0["line/source<br>full: outbox -> line/passer.inbox"]
  c1["line/passer<br>full: outbox -> line/sink.inbox"]
  c2["line/sink<br>outside"]
  c0 -->|"8/8"| c1
  c1 -->|"64/64"| c2
  linkStyle 0 stroke:red
  linkStyle 1 stroke:red
`);
    graph.abort();
  });
});

describe('tap and trace', () => {
  it('see each message in order without owning it, until they are taken off', async () => {
    let disposed = 0;
    class Handle {
      readonly byteLength = 12;
      readonly pts = 7;
      [Symbol.dispose](): void {
        disposed++;
      }
    }
    const sink = new TestSink<unknown>();
    const line = Pipeline([1, 'two', new Handle(), new Uint8Array(3), { a: 1 }], sink);
    const seen: string[] = [];
    const off = tap(sink.inbox, ({ n, kind, bytes, text }) => {
      seen.push(`${n} ${kind} ${bytes} ${text}`);
      if (n === 3) off();
    });
    const kept = trace(sink.inbox, 2);
    await line.run();
    expect(seen).toEqual(
      ['0 number null 1', '1 String 6 two', '2 Handle 12 Handle pts 7', '3 Uint8Array 3 Uint8Array(3 bytes)'].map((t) =>
        t.replace('String', 'string'),
      ),
    );
    expect(kept.messages.map(({ text }) => text)).toEqual(['Uint8Array(3 bytes)', '{"a":1}']);
    expect(disposed).toBe(0);
    expect(sink.messages).toHaveLength(5);
  });

  it('look at the inbox of a chassis where its messages wait', async () => {
    const line = Pipeline(
      (n: number) => n + 1,
      () => {},
    );
    const kept = trace(line.inbox);
    await Pipeline([1, 2, 3], line).run();
    expect(kept.messages.map(({ text }) => text)).toEqual(['1', '2', '3']);
  });

  it('refuse wrong use', () => {
    expect(() => tap(5 as never, () => {})).toThrow('tap: Expected an inbox but received 5');
    expect(() => trace(null as never)).toThrow('trace: Expected an inbox but received null');
    expect(() => trace(new Passer().inbox, 0)).toThrow(
      'trace: Expected a whole number above 0 for count but received 0',
    );
  });
});
