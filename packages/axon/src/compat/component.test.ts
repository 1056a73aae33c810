// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from '../component.js';
import { Component, type Steps } from '../index.js';
import { TestSink, TestSource, virtualClock } from '../testing/index.js';
import { component, microprocess, scheduler } from './index.js';

describe('component', () => {
  it('25. builds with no arguments', () => {
    const made = new component();
    expect(made).toBeInstanceOf(microprocess);
    expect(made).toBeInstanceOf(Component);
    expect(component.Usescomponents).toEqual([]);
    expect(Object.keys(made.Inboxes)).toEqual(['inbox', 'control']);
    expect(Object.keys(made.Outboxes)).toEqual(['outbox', 'signal']);
    expect(Object.keys(made.inboxes)).toEqual(['inbox', 'control']);
    expect(Object.keys(made.outboxes)).toEqual(['outbox', 'signal']);
    expect(Object.values(made.inboxes).map(({ length }) => length)).toEqual([0, 0]);
    expect(made.children).toEqual([]);
  });

  it('26. the string form names component, inboxes and outboxes', () => {
    class Named extends component {
      static override Inboxes = ['in_1'];
      static override Outboxes = { out_1: 'results' };
    }
    const made = new Named();
    made._deliver('x', 'in_1');
    expect(String(made)).toBe(`Component ${made.name} [ inboxes : {'in_1': 1} outboxes : {'out_1'} ]`);
  });

  it('27. addChildren registers all', () => {
    const [parent, a, b] = [new component(), new component(), new TestSource([])];
    parent.addChildren(a, b);
    expect(parent.children).toEqual([a, b]);
    expect(a.scheduler).toBe(undefined);
    expect(() => parent.addChildren(component as never)).toThrow(
      /component_\d+: Expected a component for addChildren but received the class component$/,
    );
  });

  it('28. removeChild deregisters it and its links', () => {
    const [parent, a, b] = [new component(), new component(), new component()];
    parent.addChildren(a, b);
    const kept = parent.link([parent, 'signal'], [b, 'control']);
    parent.link([a, 'outbox'], [b, 'inbox']);
    parent.link([parent, 'inbox'], [a, 'inbox'], { passthrough: 1 });
    parent.removeChild(a);
    expect(parent.children).toEqual([b]);
    expect(parent.postoffice.linkages).toEqual([kept]);
    a.send('x');
    expect(b.dataReady()).toBe(0);
    parent.removeChild(a);
  });

  it('28 as events: a parent is woken by the end of a child, until that is removed', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class Child extends component {
      override *main(): Steps {
        this.pause();
        yield 1;
      }
    }
    class Parent extends component {
      woken = 0;
      override *main(): Steps {
        for (const child of this.children) child.activate();
        for (;;) {
          this.pause();
          yield 1;
          this.woken++;
        }
      }
    }
    const parent = new Parent();
    const [a, b] = [new Child(), new Child()];
    const early = new Child().activate(s);
    parent.addChildren(a, b, early);
    parent.children.pop();
    parent.activate(s);
    const all = s.runThreads();
    await clock.settle();
    expect(parent.woken).toBe(0);
    expect([a, b, early].map((child) => child[TASK].parent?.component)).toEqual([parent, parent, undefined]);
    a.unpause();
    await clock.settle();
    expect(parent.woken).toBe(1);
    early.unpause();
    await clock.settle();
    expect(parent.woken).toBe(2);
    parent.removeChild(b);
    parent.stop();
    b.unpause();
    await all;
  });

  it('29. childComponents returns the list', () => {
    const [parent, a] = [new component(), new component()];
    parent.addChildren(a);
    const list = parent.childComponents();
    list.pop();
    expect(parent.childComponents()).toEqual([a]);
  });

  it('30. dataReady reflects the inbox', () => {
    const [a, b, c] = [new component(), new component(), new component()];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.link([a, 'signal'], [b, 'control']);
    for (const [out, into] of [
      ['outbox', 'inbox'],
      ['signal', 'control'],
    ] as const) {
      expect(b.dataReady(into)).toBe(0);
      a.send('x', out);
      a.send('y', out);
      expect(b.dataReady(into)).toBe(2);
      expect(b.anyReady()).toBe(into);
      b.recv(into);
      expect(b.dataReady(into)).toBe(1);
      b.recv(into);
      expect(b.dataReady(into)).toBe(0);
      expect(b.anyReady()).toBe(false);
    }
    a.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    a.send('x');
    // Its own storage, not that of the inbox it is passed on to.
    expect([b.dataReady(), c.dataReady()]).toEqual([0, 1]);
    expect(() => a.dataReady('nowhere')).toThrow(/Expected the name of an inbox but received "nowhere"/);
  });

  it('31. recv returns the oldest first', () => {
    const [a, b] = [new component(), new component()];
    a.link([a, 'outbox'], [b, 'inbox']);
    expect(() => b.recv()).toThrow(RangeError);
    for (const message of ['x', 'y', 'z']) a.send(message);
    expect(b.recv()).toBe('x');
    expect([...b.Inbox()]).toEqual(['y', 'z']);
    expect(() => b.recv('inbox')).toThrow(/recv\(\) but the inbox is empty/);
  });

  it('32. send appends to the target', () => {
    const [a, b, c] = [new component(), new component(), new component()];
    a.link([a, 'outbox'], [c, 'inbox']);
    a.link([b, 'outbox'], [c, 'inbox']);
    for (let n = 0; n < 4; n++) (n % 2 ? a : b).send(n);
    expect([...c.Inbox()]).toEqual([0, 1, 2, 3]);
    // An outbox without a link drops.
    c.send('x');
    expect(c.outboxes.outbox?.linked).toBe(false);
    expect(() => c.send('x', 'nowhere')).toThrow(/Expected the name of an outbox but received "nowhere"/);
  });

  it('33. the default main initialises, calls mainBody until it is falsy, and closes down', async () => {
    class Old extends component {
      readonly calls: string[] = [];
      #left = 3;
      override initialiseComponent(): unknown {
        this.calls.push('initialise');
        return super.initialiseComponent();
      }
      override mainBody(): unknown {
        this.calls.push('body');
        if (this.#left > 0) this.send('x');
        return this.#left--;
      }
      override closeDownComponent(): unknown {
        this.calls.push('close');
        return super.closeDownComponent();
      }
    }
    const made = new Old();
    const yields: unknown[] = [];
    for (const value of made.main()) yields.push(value);
    expect(yields).toEqual([1, 3, 2, 1, 1]);
    const s = new scheduler({ clock: virtualClock() });
    const run = new Old().activate(s);
    await s.runThreads();
    for (const { calls } of [made, run]) {
      expect(calls).toEqual(['initialise', 'body', 'body', 'body', 'body', 'close']);
    }
  });

  it('34. initialise and closeDown give 1 by default, mainBody nothing', () => {
    const made = new component();
    expect(made.initialiseComponent()).toBe(1);
    expect(made.closeDownComponent()).toBe(1);
    expect(made.mainBody()).toBe(undefined);
  });

  it('35. links made by a component vanish when it closes down; those that others made stay', () => {
    const [a, b, c, d] = [new component(), new component(), new component(), new component()];
    c.link([a, 'outbox'], [b, 'inbox']);
    c.link([c, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    c.link([c, 'inbox'], [a, 'inbox'], { passthrough: 1 });
    d.link([d, 'outbox'], [c, 'inbox']);
    d.link([b, 'outbox'], [d, 'inbox']);
    d.send('1');
    c.send('2');
    a.send('3');
    expect([a.recv(), d.recv(), b.recv()]).toEqual(['1', '2', '3']);
    c._closeDownMicroprocess();
    d.send('4');
    expect(c.recv()).toBe('4');
    expect(a.dataReady()).toBe(0);
    c.send('5');
    expect(d.dataReady()).toBe(0);
    b.send('6');
    expect(d.recv()).toBe('6');
    a.send('7');
    expect(b.dataReady()).toBe(0);
  });

  it('35 in a run: the end of a component is the end of what it sent, and not of what it joined', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class Joins extends component {
      override *main(): Steps {
        this.send('last');
      }
    }
    const joins = new Joins();
    const [own, others] = [new TestSink(), new TestSink()];
    const source = new TestSource();
    joins.link([joins, 'outbox'], [own, 'inbox']);
    joins.link([source, 'outbox'], [others, 'inbox']);
    for (const part of [joins, own, others, source]) s._addThread(part);
    await joins.done;
    await clock.settle();
    expect(own.messages).toEqual(['last']);
    expect([own.ended, others.ended]).toEqual([true, false]);
    source.input.send('dropped');
    source.input.close();
    await clock.settle();
    expect(others.messages).toEqual([]);
    others.stop();
    await s.runThreads();
  });

  it('takes attributes, over those of the class, over those of its superclasses', () => {
    class A extends component {
      static override defaults: Record<string, unknown> = { rate: 10, size: 1 };
      declare rate: number;
      declare size: number;
      declare extra: string;
    }
    class B extends A {
      static override defaults = { rate: 20 };
    }
    const pick = ({ rate, size, extra }: A) => ({ rate, size, extra });
    expect(pick(new A())).toEqual({ rate: 10, size: 1, extra: undefined });
    expect(pick(new B())).toEqual({ rate: 20, size: 1, extra: undefined });
    expect(pick(new B({ size: 5, extra: 'x' }))).toEqual({ rate: 20, size: 5, extra: 'x' });
  });

  it('has the boxes its class declares, and no others', () => {
    class One extends component {
      static override Inboxes = ['data'];
      static override Outboxes = [];
    }
    const one = new One();
    expect(Object.keys(one.inboxes)).toEqual(['data']);
    expect(() => one.dataReady()).toThrow(/received "inbox"; it has "data"/);
    expect(() => one.send('x')).toThrow(/received "outbox"; it has no outbox/);
    expect(() => new component().link([one, 'signal'], [one, 'data'])).toThrow(/received "signal"/);
  });
});
