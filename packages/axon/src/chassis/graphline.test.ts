// SPDX-License-Identifier: Apache-2.0
// Items of the conformance checklist; what else Graphline does is in chassis.test.ts.
import { describe, expect, it } from 'vitest';
import { component, producerFinished, scheduler, shutdownMicroprocess } from '../compat/index.js';
import { Component, Graphline, type GraphlineOptions, link, Pipeline, Scheduler, type Steps } from '../index.js';
import { type Drive, drive, TestSink, TestSource, virtualClock } from '../testing/index.js';

/** Does nothing until it is told to stop, and leaves what comes to its boxes there. */
class Child extends component {
  running = false;
  override *main(): Steps {
    this.running = true;
    for (;;) {
      this.pause();
      yield 1;
    }
  }
}

type Trio = { readonly A: Child; readonly B: Child; readonly C: Child };

interface Running extends Trio {
  readonly run: Drive<unknown, unknown>;
  /** The children end, and the graphline with them. */
  readonly endAll: () => Promise<void>;
}

const trio = (): Trio => ({ A: new Child(), B: new Child(), C: new Child() });

/** A graphline of three children between sources and sinks. */
async function running(linkages: GraphlineOptions['linkages']): Promise<Running> {
  const children = trio();
  const run = drive(Graphline({ linkages, children })) as Drive<unknown, unknown>;
  await run.settle();
  const endAll = async () => {
    for (const child of Object.values(children)) child.stop();
    await run.done;
  };
  return { ...children, run, endAll };
}

const waiting = (children: readonly Child[], box: string): unknown[][] =>
  children.map((child) => [...child.Inbox(box)]);

describe('Graphline', () => {
  const untyped = Graphline as unknown as (options?: unknown) => Component;

  it('112. without the linkages argument it fails', () => {
    expect(() => untyped()).toThrow(TypeError);
    expect(() => untyped({ children: trio() })).toThrow(
      /^Graphline: Expected a list of pairs or an object for linkages/,
    );
  });

  it('113. an empty map works, also with no components', async () => {
    await Graphline({ linkages: {}, children: {} }).run();
    await Graphline({ linkages: [], children: { a: new TestSource([]) } }).run();
    const { run, endAll } = await running({});
    await endAll();
    await run.done;
  });

  it('114. the children exist for the scheduler only after activation', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const children = trio();
    const graphline = Graphline({ linkages: {}, children });
    expect(scheduler.of(core).listAllThreads()).toEqual([]);
    graphline.activate({ scheduler: core });
    expect(scheduler.of(core).listAllThreads()).toEqual([graphline, ...Object.values(children)]);
    for (const child of Object.values(children)) child.stop();
    await graphline.done;
  });

  it('115. linked and unlinked children are activated, not earlier', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const children = trio();
    const graphline = Graphline({ linkages: { 'A.outbox': 'B.inbox' }, children });
    await core.settled();
    const begun = () => Object.values(children).map((child) => child.running);
    expect(begun()).toEqual([false, false, false]);
    graphline.activate({ scheduler: core });
    await core.settled();
    expect(begun()).toEqual([true, true, true]);
    for (const child of Object.values(children)) child.stop();
    await graphline.done;
  });

  it('116. messages arrive only where linked', async () => {
    const { A, B, C, endAll } = await running({ 'A.outbox': 'B.inbox' });
    for (const child of [A, B, C]) for (const box of ['outbox', 'signal']) child.send(`${box}`, box);
    expect(waiting([A, B, C], 'inbox')).toEqual([[], ['outbox'], []]);
    expect(waiting([A, B, C], 'control')).toEqual([[], [], []]);
    await endAll();
  });

  it('117. several links coexist', async () => {
    const { A, B, C, endAll } = await running({
      'A.outbox': 'B.inbox',
      'B.outbox': 'C.inbox',
      'C.signal': 'A.control',
    });
    A.send(1);
    B.send(2);
    C.send(3, 'signal');
    expect(waiting([A, B, C], 'inbox')).toEqual([[], [1], [2]]);
    expect(waiting([A, B, C], 'control')).toEqual([[3], [], []]);
    await endAll();
  });

  it('118. ends with its last child', async () => {
    const { A, B, C, run } = await running({});
    let ended = false;
    run.done.then(() => {
      ended = true;
    });
    for (const child of [B, A, C]) {
      expect(ended).toBe(false);
      child.stop();
      await run.settle();
    }
    await run.done;
  });

  it('119. passthrough in, to boxes with standard names', async () => {
    for (const self of ['self', '']) await standardIn(self);
  });

  async function standardIn(self: string): Promise<void> {
    const { A, B, C, run, endAll } = await running([
      [
        [self, 'inbox'],
        ['A', 'control'],
      ],
      [
        [self, 'control'],
        ['B', 'inbox'],
      ],
    ]);
    run.inbox.send('data');
    run.input('control').send('control');
    await run.settle();
    expect(waiting([A, B, C], 'inbox')).toEqual([[], ['control'], []]);
    expect(waiting([A, B, C], 'control')).toEqual([['data'], [], []]);
    await endAll();
  }

  it('120. passthrough in, with new names', async () => {
    for (const self of ['self', '']) await newIn(self);
  });

  async function newIn(self: string): Promise<void> {
    const { A, B, run, endAll } = await running([
      [
        [self, 'novel'],
        ['A', 'control'],
      ],
      [
        [self, 'another'],
        ['B', 'inbox'],
      ],
    ]);
    run.input('novel').send(1);
    run.input('another').send(2);
    await run.settle();
    expect([A.recv('control'), B.recv()]).toEqual([1, 2]);
    await endAll();
  }

  it('121. passthrough out, to boxes with standard names', async () => {
    for (const self of ['self', '']) await standardOut(self);
  });

  async function standardOut(self: string): Promise<void> {
    const { A, B, C, run, endAll } = await running([
      [
        ['A', 'outbox'],
        [self, 'signal'],
      ],
      [
        ['B', 'signal'],
        [self, 'outbox'],
      ],
    ]);
    A.send(1);
    B.send(2, 'signal');
    C.send(3);
    await endAll();
    expect([run.outbox.messages, run.output('signal').messages]).toEqual([[2], [1]]);
  }

  it('122. passthrough out, with new names', async () => {
    for (const self of ['self', '']) await newOut(self);
  });

  async function newOut(self: string): Promise<void> {
    const { A, B, run, endAll } = await running([
      [
        ['A', 'outbox'],
        [self, 'novel'],
      ],
      [
        ['B', 'signal'],
        [self, 'another'],
      ],
    ]);
    A.send(1);
    B.send(2, 'signal');
    await endAll();
    expect([run.output('novel').messages, run.output('another').messages]).toEqual([[1], [2]]);
  }

  it('boxes of one graphline are not those of the next', async () => {
    const first = await running([['self.novel', 'A.inbox']]);
    const second = await running([]);
    expect(() => second.run.input('novel')).toThrow(/received "novel"/);
    await Promise.all([first.endAll(), second.endAll()]);
  });
});

describe('How a graphline ends', () => {
  it('123. when all children have ended it sends its own producerFinished', async () => {
    const { A, B, C, run } = await running({ 'A.outbox': 'B.inbox' });
    A.stop();
    C.stop();
    await run.settle();
    expect(run.output('signal').messages).toEqual([]);
    B.stop();
    await run.done;
    expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
  });

  it('124. or the shutdownMicroprocess that it received', async () => {
    const { run, endAll } = await running({ 'A.outbox': 'B.inbox' });
    const [first, second] = [new shutdownMicroprocess(), new shutdownMicroprocess()];
    run.input('control').send(new producerFinished(), first, second);
    await run.settle();
    expect(run.output('signal').messages).toEqual([]);
    await endAll();
    expect(run.output('signal').messages).toEqual([first]);
    expect(run.output('signal').messages[0]).toBe(first);
  });

  it('125. a control that is linked goes only to that child', async () => {
    const { A, B, C, run, endAll } = await running([['self.control', 'A.control']]);
    const message = new shutdownMicroprocess();
    run.input('control').send(message);
    await run.settle();
    expect(waiting([A, B, C], 'control')).toEqual([[message], [], []]);
    await endAll();
  });

  it('126. one that is not goes to every child without a link to its control', async () => {
    const { A, B, C, run, endAll } = await running({ 'A.outbox': 'B.control' });
    const messages = [new shutdownMicroprocess(), 'anything'];
    run.input('control').send(...messages);
    await run.settle();
    expect(waiting([A, B, C], 'control')).toEqual([messages, [], messages]);
    await endAll();
  });

  it('127. any other message is answered by a producerFinished of its own', async () => {
    for (const message of [new producerFinished(), 'anything']) {
      const { run, endAll } = await running({ 'A.outbox': 'B.control' });
      run.input('control').send(message);
      await run.settle();
      await endAll();
      const [answer, ...others] = run.output('signal').messages;
      expect(answer).toBeInstanceOf(producerFinished);
      expect(answer).not.toBe(message);
      expect(others).toEqual([]);
    }
  });

  it('128. control linked, signal not: always a producerFinished', async () => {
    for (const message of [new producerFinished(), new shutdownMicroprocess(), 'anything']) {
      const { run, endAll } = await running({ 'self.control': 'A.control', 'A.outbox': 'B.control' });
      run.input('control').send(message);
      await run.settle();
      await endAll();
      expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
      expect(run.output('signal').messages[0]).not.toBe(message);
    }
  });

  it('129. signal linked: it says nothing of its own, before and after', async () => {
    const { run, endAll } = await running([
      ['A.signal', 'self.signal'],
      ['A.outbox', 'B.control'],
    ]);
    run.input('control').send(new producerFinished(), new shutdownMicroprocess());
    await run.settle();
    expect(run.output('signal').messages).toEqual([]);
    await endAll();
    expect(run.output('signal').messages).toEqual([]);
  });

  it('130. both linked: it says nothing, and passes both on', async () => {
    const { A, run, endAll } = await running([
      ['self.control', 'A.control'],
      ['A.signal', 'self.signal'],
      ['B.outbox', 'C.inbox'],
    ]);
    run.input('control').send('in');
    await run.settle();
    expect(A.recv('control')).toBe('in');
    A.send('out', 'signal');
    await endAll();
    expect(run.output('signal').messages).toEqual(['out']);
  });

  it('without a child that has control it has neither box, and says nothing', async () => {
    const children = { source: new TestSource([1]), sink: new TestSink<number>() };
    const run = drive(Graphline(children, ({ source, sink }) => [link(source.outbox, sink.inbox)]));
    await run.done;
    expect(() => run.input('control')).toThrow(RangeError);
    expect(() => run.output('signal')).toThrow(RangeError);
  });

  it('inside a pipeline its end is told to the next', async () => {
    class Echo extends component {
      override *main(): Steps {
        while (!this.canStop()) {
          for (const message of this.Inbox()) this.send(message);
          this.pause();
          yield 1;
        }
        this.send(this.shutdownMsg, 'signal');
      }
    }
    const inner = Graphline({
      linkages: { 'self.inbox': 'a.inbox', 'a.outbox': 'self.outbox' },
      children: { a: new Echo() },
    });
    const run = drive(Pipeline(inner, new Echo()), { inbox: [1, 2, 3] });
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2, 3]);
    expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
  });

  it('a child that does not look at its control holds back what comes to it, and its end frees that', async () => {
    class Deaf extends Child {
      // Something outside may make it look.
      readonly outside = this.external();
    }
    const [deaf, reader] = [new Deaf(), new TestSink()];
    class Reader extends Component {
      readonly control = this.in('control');
      override *main(): Steps {
        while (!this.control.ended) {
          while (this.control.ready) reader.messages.push(this.control.recv());
          yield;
        }
      }
    }
    const run = drive(Graphline({ linkages: {}, children: { deaf, reader: new Reader() } }));
    run.input('control').send(...Array.from({ length: 300 }, (_, n) => n));
    await run.settle();
    expect(deaf.dataReady('control')).toBe(64);
    expect(reader.messages).toHaveLength(64);
    deaf.stop();
    await run.settle();
    expect(reader.messages).toHaveLength(300);
    run.abort();
    await run.done.catch(() => {});
  });

  it('refuses a message that cannot be given to several', async () => {
    const { run } = await running([]);
    let disposed = 0;
    run.input('control').send({ [Symbol.dispose]: () => disposed++ });
    await expect(run.done).rejects.toThrow(/Graphline.*several receivers/);
    expect(disposed).toBe(1);
  });
});
