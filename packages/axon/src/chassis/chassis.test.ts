// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Graphline, link, Pipeline, type Steps, unlink } from '../index.js';
import { drive, isFinished, TestSink, TestSource, virtualClock } from '../testing/index.js';

class Plus extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  readonly #n: number;
  constructor(n: number) {
    super();
    this.#n = n;
  }
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv() + this.#n);
      yield;
    }
  }
}

class Echo extends Component {
  override *main(): Steps {
    for (;;) {
      while (this.dataReady('inbox')) this.send(this.recv('inbox'), 'outbox');
      yield 1;
    }
  }
}

/** Ends on a message at control, which it passes on. */
class Controlled extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly control = this.in<string>('control');
  readonly outbox = this.out<number>('outbox');
  readonly signalBox = this.out<string>('signal');
  override *main(): Steps {
    while (!this.control.ready) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
    this.signalBox.send(this.control.recv());
  }
}

describe('Pipeline', () => {
  it('used as a part passes its boxes on to its ends, in one hop', async () => {
    const inner = Pipeline(new Plus(1), new Plus(10));
    const outer = Pipeline(inner, new Plus(100));
    const run = drive(outer, { inbox: [1, 2] });
    await run.done;
    expect(run.outbox.messages).toEqual([112, 113]);
  });

  it("links the article's components, which declare no boxes", async () => {
    const run = drive(Pipeline(new Echo(), new Echo()));
    run.inbox.send('x', 'y');
    await run.settle();
    expect(run.outbox.messages).toEqual(['x', 'y']);
    run.abort();
  });

  it('links signal to control and passes its own control and signal on', async () => {
    const run = drive(Pipeline(new Controlled(), new Controlled()));
    run.inbox.send(5);
    run.input('control').send('shutdown');
    await run.done;
    expect(run.output('signal').messages).toEqual(['shutdown']);
  });

  it('lets a control message through while its outbox is full', async () => {
    const run = drive(new Controlled(), {}, { held: true });
    run.inbox.send(...Array.from({ length: 200 }, (_, i) => i));
    await run.settle();
    run.input('control').send('stop');
    await run.settle();
    run.output('signal').take();
    run.outbox.take();
    await run.done;
    expect(run.output('signal').messages).toEqual(['stop']);
  });

  it('refuses no parts, and what is no part, by position', () => {
    const untyped = Pipeline as unknown as (...parts: unknown[]) => Component;
    expect(() => untyped()).toThrow(/^Pipeline: Expected at least one part/);
    expect(() => untyped(new Plus(1), 7)).toThrow(
      /Expected a component, function or writable stream for part 2 but received 7/,
    );
    expect(() => untyped([1], [2], new Plus(1))).toThrow(
      /Expected a component or function for part 2 but received an object of Array/,
    );
    expect(() => untyped('text', new Plus(1))).toThrow(/for part 1 but received "text"/);
  });

  it('takes more parts than the typed forms', async () => {
    const parts = Array.from({ length: 20 }, () => new Plus(1));
    const sink = new TestSink<number>();
    const untyped = Pipeline as unknown as (...parts: unknown[]) => Component;
    await untyped([0], ...parts, sink).run({ clock: virtualClock() });
    expect(sink.messages).toEqual([20]);
  });
});

describe('Graphline', () => {
  const parts = () => ({ a: new TestSource([1, 2]), b: new Plus(1), c: new TestSink<number>() });

  it('links by typed boxes', async () => {
    const { a, b, c } = parts();
    const graph = Graphline({ a, b, c }, () => [link(a.outbox, b.inbox), link(b.outbox, c.inbox)]);
    await graph.run({ clock: virtualClock() });
    expect(c.messages).toEqual([2, 3]);
    expect(b.path).toBe('Graphline-1/b');
  });

  it('links by names, as pairs and as an object', async () => {
    for (const linkages of [
      [
        [
          ['a', 'outbox'],
          ['b', 'inbox'],
        ],
        ['b.outbox', 'c.inbox'],
      ] as const,
      { 'a.outbox': 'b.inbox', 'b.outbox': ['c', 'inbox'] } as const,
    ]) {
      const children = parts();
      await Graphline({ linkages, children }).run({ clock: virtualClock() });
      expect(children.c.messages).toEqual([2, 3]);
    }
  });

  it('makes its own boxes as they are linked, in both forms', async () => {
    const b = new Plus(1);
    const named = Graphline({ linkages: { 'self.inbox': 'b.inbox', 'b.outbox': ['', 'outbox'] }, children: { b } });
    const typed = Graphline({ b: new Plus(10) }, ({ b }, self) => [
      link(self.in<number>('inbox'), b.inbox),
      link(b.outbox, self.out<number>('outbox')),
    ]);
    const sink = new TestSink<number>();
    await Pipeline([1], named, typed, sink).run({ clock: virtualClock() });
    expect(sink.messages).toEqual([12]);
  });

  it('refuses unknown names with a guess', () => {
    expect(() => Graphline({ linkages: { 'a.outbox': 'bee.inbox' }, children: { ...parts() } })).toThrow(
      /^Graphline: Expected the name of a child in linkages but received "bee"/,
    );
    expect(() => Graphline({ linkages: { 'a.outbax': 'b.inbox' }, children: { ...parts() } })).toThrow(
      /Graphline\/a: Expected the name of an outbox but received "outbax"; did you mean "outbox"\?/,
    );
    const untyped = Graphline as unknown as (options: unknown) => Component;
    expect(() => untyped({ children: {} })).toThrow(/for linkages but received none/);
    expect(() => untyped({ linkages: [] })).toThrow(/for children but received none/);
  });
});

describe('links', () => {
  it('allow one destination for an outbox', () => {
    const { a, b, c } = { a: new Plus(1), b: new Plus(2), c: new Plus(3) };
    link(a.outbox, b.inbox);
    expect(() => link(a.outbox, c.inbox)).toThrow(
      /^Plus\.outbox: .* is linked to Plus\.inbox already, so not to Plus\.inbox/,
    );
  });

  it('refuse rings of boxes that only pass on', () => {
    const inner = new Plus(1);
    const outer = new Plus(2);
    link(outer.outbox, inner.outbox);
    expect(() => link(inner.outbox, outer.outbox)).toThrow(/ring Plus\.outbox -> Plus\.outbox -> Plus\.outbox/);
    expect(() => link(inner.inbox, inner.outbox as unknown as typeof inner.inbox)).toThrow(
      /Expected an inbox to be passed on to an inbox/,
    );
    expect(() => link(inner.inbox, undefined as unknown as typeof inner.inbox)).toThrow(
      /Expected an Inbox or Outbox for sink/,
    );
  });

  it('may be made in any order', async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const source = new TestSource([1]);
      const sink = new TestSink<number>();
      const graph = Graphline({ source, sink }, ({ source, sink }, self) => {
        const up = self.out<number>('up');
        const down = self.in<number>('down');
        const steps = [() => link(source.outbox, up), () => link(down, sink.inbox), () => link(up, down as never)];
        // An outbox of the graph fed back into its own inbox: three boxes, one hop.
        return order.map((i) => (steps[i] as () => ReturnType<typeof link>)());
      });
      await graph.run({ clock: virtualClock() });
      expect(sink.messages).toEqual([1]);
    }
  });

  it('can be taken away and made anew while messages pass', async () => {
    const clock = virtualClock();
    const source = new TestSource<number>();
    const [a, b] = [new TestSink<number>(), new TestSink<number>()];
    for (const part of [source, a, b]) part.activate({ clock });
    const first = link(source.outbox, a.inbox);
    a.hold();
    source.input.send(...Array.from({ length: 100 }, (_, i) => i));
    await clock.settle();
    expect(source.outbox.open).toBe(false);
    unlink(first);
    unlink(first);
    expect(source.outbox.open).toBe(true);
    link(source.outbox, b.inbox);
    await clock.settle();
    a.take();
    await clock.settle();
    expect([a.messages.length, b.messages.length]).toEqual([64, 36]);
    expect(a.ended).toBe(false);
    source.input.close();
    a.stop();
    await Promise.all([source.done, a.done, b.done]);
    expect([a, b, source].every(isFinished)).toBe(true);
  });
});

describe('a component that declares boxes', () => {
  it('has those and no others: a wrong order is an error when the pipeline is made', () => {
    class Silent extends Component {
      readonly inbox = this.in<number>('inbox');
    }
    class Source extends Component {
      readonly outbox = this.out<number>('outbox');
    }
    expect(() => Pipeline(new Silent(), new Plus(1) as never)).toThrow(
      'Pipeline/Silent: Expected the name of an outbox but received "outbox"; it has no outbox',
    );
    expect(() => Pipeline(new Source(), new Source() as never)).toThrow(
      'Pipeline/Source: Expected the name of an inbox but received "inbox"; it has no inbox',
    );
  });
});
