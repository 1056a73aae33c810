// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component } from '../index.js';
import { TestSink, TestSource } from '../testing/index.js';
import { BoxAlreadyLinkedToDestination, component, linkage, type Passthrough, postoffice } from './index.js';

const some = (n: number): component[] => Array.from({ length: n }, () => new component());

describe('link', () => {
  it('46. delivers from outbox to inbox', () => {
    const [a, b] = some(2) as [component, component];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.send('x');
    expect([b.dataReady('inbox'), b.dataReady('control'), a.dataReady()]).toEqual([1, 0, 0]);
    expect(b.recv()).toBe('x');
  });

  it('47. from inbox to inbox', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a._deliver('before');
    a.link([a, 'inbox'], [b, 'inbox'], 1);
    c.link([c, 'outbox'], [a, 'inbox']);
    c.send('after');
    expect(a.dataReady()).toBe(0);
    expect([...b.Inbox()]).toEqual(['before', 'after']);
  });

  it('48. from outbox to outbox', () => {
    const [a, b, c] = some(3) as [component, component, component];
    b.link([a, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    c.link([b, 'outbox'], [c, 'inbox']);
    a.send('x');
    expect(c.recv()).toBe('x');
  });

  it('49. is registered in the post office of its maker', () => {
    const [maker, a, b] = some(3) as [component, component, component];
    const first = maker.link([a, 'outbox'], [b, 'inbox']);
    const second = maker.link([a, 'signal'], [b, 'control']);
    expect(maker.postoffice.linkages).toEqual([first, second]);
    expect(maker.postoffice.islinkageregistered(first)).toBe(true);
    expect(a.postoffice.linkages).toEqual([]);
    expect(new postoffice().linkages).toEqual([]);
    expect(String(new postoffice('of tests '))).toBe('{{ POSTOFFICE: of tests links  }}');
    expect(maker.postoffice.debugname).toContain(maker.name);
  });

  it('50. is taken away by its handle', () => {
    const office = new postoffice();
    const [a, b] = some(2) as [component, component];
    const first = office.link([a, 'outbox'], [b, 'inbox']);
    const second = office.link([a, 'signal'], [b, 'control']);
    office.unlink(first);
    expect(office.linkages).toEqual([second]);
    // Gone, or of another office: ignored.
    office.unlink({ thelinkage: first });
    a.unlink(second);
    expect(office.linkages).toEqual([second]);
  });

  it('51. by component', () => {
    const office = new postoffice();
    const [a, b, c] = some(3) as [component, component, component];
    office.link([a, 'outbox'], [b, 'inbox']);
    office.link([a, 'signal'], [b, 'control']);
    const third = office.link([b, 'outbox'], [c, 'inbox']);
    const fourth = office.link([b, 'signal'], [c, 'control']);
    office.unlink(a);
    expect(office.linkages).toEqual([third, fourth]);
    office.unlink({ thecomponent: c });
    expect(office.linkages).toEqual([]);
  });

  it('52. taking it away stops delivery, of all three kinds', () => {
    stopsDelivery(0, 'outbox', 'inbox');
    stopsDelivery(1, 'inbox', 'inbox');
    stopsDelivery(2, 'outbox', 'outbox');
  });

  function stopsDelivery(passthrough: Passthrough, from: string, into: string): void {
    const office = new postoffice();
    const [a, b, source, sink] = some(4) as [component, component, component, component];
    if (passthrough === 1) office.link([source, 'outbox'], [a, 'inbox']);
    if (passthrough === 2) office.link([b, 'outbox'], [sink, 'inbox']);
    const made = office.link([a, from], [b, into], passthrough);
    const send = () => (passthrough === 1 ? source : a).send('x');
    const end = passthrough === 2 ? sink : b;
    send();
    expect(end.dataReady()).toBe(1);
    office.unlink(made);
    send();
    // What was delivered stays where it is.
    expect(end.dataReady()).toBe(1);
    expect(a.dataReady()).toBe(passthrough === 1 ? 1 : 0);
  }

  it('53. a second target is BoxAlreadyLinkedToDestination', () => {
    const [a, b, c] = some(3) as [component, component, component];
    const first = a.link([a, 'outbox'], [b, 'inbox']);
    expect(() => c.link([a, 'outbox'], [c, 'inbox'])).toThrow(BoxAlreadyLinkedToDestination);
    expect(c.postoffice.linkages).toEqual([]);
    a.unlink(first);
    c.link([a, 'outbox'], [c, 'inbox']);
    a.send('x');
    expect([b.dataReady(), c.dataReady()]).toEqual([0, 1]);
  });

  /** Sends from the first outbox of a chain, and sees the message at its end and nowhere else. */
  function verify(...chain: (readonly [component, string])[]): void {
    const last = chain[chain.length - 1] as readonly [component, string];
    for (const [part, box] of chain) {
      if (box !== 'outbox') continue;
      part.send('x', box);
      for (const [each, name] of chain) {
        if (name === 'inbox') expect(each.dataReady()).toBe(each === last[0] ? 1 : 0);
      }
      expect(last[0].recv()).toBe('x');
    }
  }

  it('54. simple: one delivery at the final box', () => {
    const [a, b] = some(2) as [component, component];
    a.link([a, 'outbox'], [b, 'inbox']);
    verify([a, 'outbox'], [b, 'inbox']);
  });

  it('55. then an inbox that passes on', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([a, 'outbox'], [b, 'inbox']);
    a.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    verify([a, 'outbox'], [b, 'inbox'], [c, 'inbox']);
  });

  it('56. the same, made in reverse order', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    a.link([a, 'outbox'], [b, 'inbox']);
    verify([a, 'outbox'], [b, 'inbox'], [c, 'inbox']);
  });

  it('57. behind an outbox that passes on', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([b, 'outbox'], [c, 'inbox']);
    a.link([a, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    verify([a, 'outbox'], [b, 'outbox'], [c, 'inbox']);
  });

  it('58. the same, made in reverse order', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([a, 'outbox'], [b, 'outbox'], { passthrough: 2 });
    a.link([b, 'outbox'], [c, 'inbox']);
    verify([a, 'outbox'], [b, 'outbox'], [c, 'inbox']);
  });

  it('59. deleting the passthrough link returns delivery to the middle inbox', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([a, 'outbox'], [b, 'inbox']);
    const made = a.link([b, 'inbox'], [c, 'inbox'], { passthrough: 1 });
    verify([a, 'outbox'], [b, 'inbox'], [c, 'inbox']);
    a.unlink(made);
    verify([a, 'outbox'], [b, 'inbox']);
  });

  it('works from an outbox to an inbox of the same component, and from several to one', () => {
    const [a, b] = some(2) as [component, component];
    a.link([a, 'outbox'], [a, 'inbox']);
    b.link([b, 'outbox'], [a, 'inbox']);
    a.send(1);
    b.send(2);
    a.send(3);
    expect([...a.Inbox()]).toEqual([1, 2, 3]);
  });

  it('refuses a ring of boxes that pass on, when it is made', () => {
    const [a, b, c] = some(3) as [component, component, component];
    a.link([a, 'inbox'], [b, 'inbox'], 1);
    a.link([b, 'inbox'], [c, 'inbox'], 1);
    expect(() => a.link([c, 'inbox'], [a, 'inbox'], 1)).toThrow(/ring/);
    c._deliver('x');
    expect(c.recv()).toBe('x');
  });

  it('joins components of both vocabularies', () => {
    const [office, a] = [new postoffice(), new component()];
    const [source, sink] = [new TestSource(), new TestSink()];
    office.link([source, 'outbox'], [a, 'inbox']);
    office.link([a, 'outbox'], [sink, 'inbox']);
    source.outbox.send('x');
    a.send(a.recv());
    expect(sink.inbox.recv()).toBe('x');
    class Article extends Component {}
    const article = new Article();
    office.link([article, 'outbox'], [a, 'control']);
    article.send('y');
    expect(a.recv('control')).toBe('y');
  });

  it('refuses what is no pair, and boxes that do not exist', () => {
    const [a, b] = some(2) as [component, component];
    const untyped = a.link.bind(a) as unknown as (...args: unknown[]) => void;
    expect(() => untyped(a, [b, 'inbox'])).toThrow(/^link: Expected \[component, box\] for source but received/);
    expect(() => untyped([a, 'outbox'], [component, 'inbox'])).toThrow(
      /^linkage: Expected a component for sink but received the class or function component/,
    );
    expect(() => a.link([a, 'outbox'], [b, 'outbox'])).toThrow(/Expected the name of an inbox but received "outbox"/);
    expect(() => a.link([a, 'outbox'], [b, 'inbox'], 3 as Passthrough)).toThrow(/Expected 0, 1 or 2 for passthrough/);
  });
});

describe('linkage', () => {
  it('69. without source and sink an error; by default outbox to inbox, passthrough 0', () => {
    const [a, b] = some(2) as [component, component];
    const untyped = linkage as unknown as new (...args: unknown[]) => linkage;
    expect(() => new untyped()).toThrow(/^linkage: Expected a component for source but received undefined/);
    expect(() => new untyped({ source: a })).toThrow(/^linkage: Expected a component for sink but received undefined/);
    const made = new linkage({ source: a, sink: b });
    expect([made.sourcebox, made.sinkbox, made.passthrough]).toEqual(['outbox', 'inbox', 0]);
    expect([made.getSourcebox(), made.getSinkbox()]).toEqual([a.outboxes.outbox, b.inboxes.inbox]);
    const through = new linkage({ source: a, sink: b, passthrough: 1 });
    expect([through.sourcebox, through.sinkbox]).toEqual(['inbox', 'inbox']);
    // A handle only: it links nothing.
    expect(a.outboxes.outbox?.linked).toBe(false);
  });

  it('70. sourcePair and sinkPair', () => {
    const [a, b] = some(2) as [component, component];
    const made = a.link([a, 'signal'], [b, 'control']);
    expect(made.sourcePair()).toEqual([a, 'signal']);
    expect(made.sinkPair()).toEqual([b, 'control']);
    expect(String(made)).toBe(`Link( source:[${a.name},signal], sink:[${b.name},control] )`);
  });
});
