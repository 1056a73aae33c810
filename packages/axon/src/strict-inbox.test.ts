// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from './component.js';
import { Component, link, Scheduler, type Steps, unlink } from './index.js';
import { checkInvariants, TestSink, virtualClock } from './testing/index.js';

class Source extends Component {
  readonly outbox = this.out<number>('outbox');
  constructor(refusable: boolean) {
    super();
    this[TASK].refusable = refusable;
  }
  override *main(): Steps {
    for (;;) yield;
  }
}

function strictSink(size: number): TestSink<number> {
  const sink = new TestSink<number>();
  sink.inbox.strict = true;
  sink.inbox.setCapacity(size);
  sink.hold();
  return sink;
}

describe('A full inbox that refuses', () => {
  it('holds back a component that cannot be refused, and not one that can', async () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    const [held, free, late] = [new Source(false), new Source(true), new Source(true)];
    const sink = strictSink(2);
    link(held.outbox, sink.inbox);
    link(free.outbox, sink.inbox);
    for (const part of [held, free, late, sink]) part.activate({ scheduler });
    await scheduler.settled();
    held.outbox.send(1);
    free.outbox.send(2);
    const lateLink = link(late.outbox, sink.inbox);
    const blocked = () => [held, free, late].map((part) => part[TASK].blocked);
    expect(blocked()).toEqual([1, 0, 0]);
    unlink(lateLink);
    checkInvariants(scheduler);
    await scheduler.settled();
    expect(scheduler.reliefs).toBe(0);
    expect(sink.inbox.capacity).toBe(2);
    sink.take(1);
    await scheduler.settled();
    expect(blocked()).toEqual([0, 0, 0]);
    expect(sink.messages).toEqual([1]);
    scheduler.abortAll(new Error('enough'));
  });

  it('is never grown, however long components wait for each other', async () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    class Ring extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        for (let n = 0; n < 4; n++) this.outbox.send(n);
        for (;;) yield;
      }
    }
    const [a, b] = [new Ring(), new Ring()];
    for (const ring of [a, b]) {
      ring.inbox.strict = true;
      ring.inbox.setCapacity(2);
    }
    link(a.outbox, b.inbox);
    link(b.outbox, a.inbox);
    a.activate({ scheduler });
    b.activate({ scheduler });
    await scheduler.settled();
    expect(scheduler.reliefs).toBe(0);
    expect([a, b].map((ring) => ring[TASK].blocked)).toEqual([1, 1]);
    checkInvariants(scheduler);
    scheduler.abortAll(new Error('enough'));
  });
});
