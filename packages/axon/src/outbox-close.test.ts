// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Graphline, link, Scheduler, type Steps } from './index.js';
import { checkInvariants, drive, TestSink, virtualClock } from './testing/index.js';

/** Closes its outbox at 'close' and goes on taking messages. */
class HalfClosed extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<unknown>('outbox');
  readonly taken: unknown[] = [];

  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        const message = this.inbox.recv();
        this.taken.push(message);
        if (message === 'close') this.outbox.close();
        else this.outbox.send(message);
      }
      yield;
    }
  }
}

describe('an outbox that is closed', () => {
  it('ends the stream behind what was sent, while its component goes on', async () => {
    const component = new HalfClosed();
    let disposed = 0;
    const run = drive(component);
    run.inbox.send(1, 'close', { [Symbol.dispose]: () => disposed++ });
    await run.settle();
    expect(run.outbox.messages).toEqual([1]);
    expect(run.outbox.ended).toBe(true);
    expect(component.taken.length).toBe(3);
    expect(disposed).toBe(1);
    run.inbox.send('close', 4);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1]);
  });

  it('does not end a stream that has another writer, and no longer blocks its component', async () => {
    const clock = virtualClock();
    const scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
    const [first, second] = [new HalfClosed(), new HalfClosed()];
    const sink = new TestSink();
    sink.hold();
    const graph = Graphline({ first, second, sink }, () => [
      link(first.outbox, sink.inbox),
      link(second.outbox, sink.inbox),
    ]);
    for (let i = 0; i < 64; i++) sink.inbox.push(i);
    graph.activate({ scheduler });
    await clock.settle();
    first.outbox.close();
    first.inbox.push('late');
    await clock.settle();
    expect(first.taken).toEqual(['late']);
    expect(sink.ended).toBe(false);
    second.inbox.push('never');
    await clock.settle();
    expect(second.taken).toEqual([]);
    second.outbox.close();
    sink.take();
    await clock.settle();
    expect([second.taken, sink.ended, sink.messages.length]).toEqual([['never'], true, 64]);
    graph.abort();
    await graph.done.catch(() => {});
  });
});
