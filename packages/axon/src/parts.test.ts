// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from './component.js';
import { Component, Pipeline, Step, type Steps } from './index.js';
import { countOf } from './parts.js';
import { drive, virtualClock } from './testing/index.js';

class Worker extends Component {
  readonly inbox = this.in<string>('inbox');
  readonly #events: string[];
  constructor(events: string[]) {
    super();
    this.#events = events;
  }
  override *main(): Steps {
    this.#events.push(`${this.name} begins`);
    try {
      yield* this.sleep({ ms: 10 });
    } finally {
      this.#events.push(`${this.name} ends`);
    }
  }
}

describe('parts that are added to a running component', () => {
  it('start at once, are named below it, and wake it when they have ended', async () => {
    const events: string[] = [];
    class Manager extends Component {
      override *main(): Steps {
        for (let n = 1; n <= 2; n++) {
          const worker = this.add(new Worker(events), `worker-${n}`);
          events.push(worker.path.replace(/^.*Manager-\d+/, 'Manager'));
          while (this.parts.length > 0) yield;
          events.push(`all ended at ${this.clock.now() / 1000} ms`);
        }
      }
    }
    const run = drive(new Manager());
    await run.finish();
    expect(events).toEqual([
      'Manager/worker-1',
      'worker-1 begins',
      'worker-1 ends',
      'all ended at 10 ms',
      'Manager/worker-2',
      'worker-2 begins',
      'worker-2 ends',
      'all ended at 20 ms',
    ]);
  });

  it('keep the component from ending before them', async () => {
    const events: string[] = [];
    class Starter extends Component {
      override *main(): Steps {
        this.add(new Worker(events), 'worker');
      }
    }
    const run = drive(new Starter());
    await run.finish();
    expect(run.clock.now()).toBe(10_000);
    expect(events).toEqual(['worker begins', 'worker ends']);
  });

  it('are stopped with it', async () => {
    const events: string[] = [];
    class Starter extends Component {
      override *main(): Steps {
        this.add(Pipeline(['a', 'b'], new Worker(events)), 'line');
        for (;;) yield;
      }
    }
    const run = drive(new Starter());
    await run.settle();
    run.abort(new Error('enough'));
    await expect(run.done).rejects.toThrow('enough');
    expect(events.map((event) => event.replace(/-\d+/, ''))).toEqual(['Worker begins', 'Worker ends']);
  });

  it('do not begin their work in a graph that is ending', async () => {
    const events: string[] = [];
    class Late extends Component {
      override *main(): Steps {
        try {
          for (;;) yield;
        } finally {
          this.add(new Worker(events));
        }
      }
    }
    const run = drive(new Late());
    await run.settle();
    run.abort();
    await run.done.catch(() => {});
    expect(events).toEqual([]);
  });

  it('fail the graph when they fail, under their own path', async () => {
    class Bad extends Component {
      override *main(): Steps {
        throw new Error('broken');
      }
    }
    class Manager extends Component {
      override *main(): Steps {
        this.add(new Bad(), 'bad');
        for (;;) yield;
      }
    }
    await expect(new Manager().run()).rejects.toThrow(/^Manager-\d+\/bad: broken$/);
  });

  it('are forgotten when they have ended, however many there were', async () => {
    const known: number[] = [];
    class Manager extends Component {
      override *main(): Steps {
        for (let n = 0; n < 1000; n++) {
          this.add(Pipeline([], new Worker([])));
          while (this.parts.length > 0) yield;
          const task = this[TASK];
          known.push(countOf(task.children) + (task.graph?.tasks.size ?? 0));
        }
      }
    }
    const run = drive(new Manager());
    await run.finish();
    expect(known).toHaveLength(1000);
    expect(new Set(known).size).toBe(1);
  });

  it('keep their order and are forgotten when some of very many end, in any order', async () => {
    let orders: string[] = [];
    class Manager extends Component {
      override *main(): Steps {
        const parts = Array.from({ length: 200 }, (_, n) => this.add(new Worker([]), String(n)));
        yield Step.again;
        for (const n of [199, 0, 100, 50]) parts[n]?.stop();
        while (this.parts.length > 196) yield;
        this.add(new Worker([]), 'new');
        orders = this.parts.map(({ name }) => name);
        while (this.parts.length > 0) yield;
        expect([...this[TASK].children]).toEqual([]);
      }
    }
    await drive(new Manager()).finish();
    const left = Array.from({ length: 200 }, (_, n) => n).filter((n) => ![199, 0, 100, 50].includes(n));
    expect(orders).toEqual([...left.map(String), 'new']);
  });

  it('are refused when they run already, belong to another, or are the component itself', async () => {
    class Manager extends Component {
      override *main(): Steps {
        const worker = this.add(new Worker([]));
        expect(() => this.add(worker)).toThrow(/belongs to another graph already/);
        expect(() => this.add(this)).toThrow(/belongs to another graph|received itself|activated already/);
        expect(() => this.add(new Worker([]).activate())).toThrow(/activated already/);
      }
    }
    const run = drive(new Manager());
    await run.finish();
  });

  it('are those that a component keeps and that are activated while it runs', async () => {
    const events: string[] = [];
    const early = new Worker(events);
    const late = new Worker(events);
    class Keeper extends Component {
      constructor() {
        super();
        for (const worker of [early, late]) worker[TASK].keeper = this[TASK];
      }
      override *main(): Steps {
        late.activate();
        expect(this.parts).toEqual([late]);
        while (this.parts.length > 0) yield;
        events.push('woken');
      }
    }
    const keeper = new Keeper();
    early.name = 'early';
    late.name = 'late';
    const clock = virtualClock();
    early.activate({ clock });
    const run = drive(keeper, {}, { clock });
    expect(early[TASK].parent).toBe(undefined);
    await run.finish();
    expect(late.path).toMatch(/Keeper-\d+\/late$/);
    expect(events).toEqual(['early begins', 'late begins', 'early ends', 'late ends', 'woken']);
  });
});
