// SPDX-License-Identifier: Apache-2.0
import { Component, Pipeline, Scheduler, type Steps } from '@kamaelia/axon';
import { drive, TestSource, virtualClock } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { LossyConnector } from './index.js';

/** Has room for one message and takes it when it is told. */
class Narrow extends Component {
  readonly inbox = this.in<unknown>('inbox', { capacity: 1 });
  readonly taken: unknown[] = [];
  readonly #external = this.external();
  #wanted = 0;

  take(): void {
    this.#wanted++;
    this.#external.wake();
  }

  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.#wanted > 0 && this.inbox.ready) {
        this.#wanted--;
        this.taken.push(this.inbox.recv());
      }
      yield;
    }
  }
}

describe('LossyConnector', () => {
  it('168. drops only when its destination is full', async () => {
    const source = new TestSource<unknown>();
    const lossy = new LossyConnector<unknown>();
    const sink = new Narrow();
    const clock = virtualClock();
    const graph = Pipeline(source, lossy, sink).activate({ scheduler: new Scheduler({ clock }) });
    source.input.send(-1);
    await clock.settle();
    for (let i = 0; i < 100; i++) {
      source.input.send('dropped');
      await clock.settle();
      sink.take();
      await clock.settle();
      source.input.send(i);
      await clock.settle();
    }
    expect(sink.taken).toEqual(Array.from({ length: 100 }, (_, i) => i - 1));
    expect(lossy.dropped).toBe(100);
    source.input.close();
    sink.take();
    await clock.settle();
    await graph.done;
    expect(sink.taken.at(-1)).toBe(99);
  });

  it('168. drops nothing while its consumer keeps up', async () => {
    const lossy = new LossyConnector<number>();
    const run = drive(lossy, { inbox: Array.from({ length: 1000 }, (_, i) => i) });
    await run.done;
    expect(lossy.dropped).toBe(0);
    expect(run.outbox.messages).toHaveLength(1000);
    expect(run.outbox.ended).toBe(true);
  });

  it('never holds back its producer, and disposes what it drops', async () => {
    const ledger = new Ledger();
    const lossy = new LossyConnector();
    const run = drive(lossy, {}, { held: true });
    for (let i = 0; i < 5; i++) {
      run.inbox.send(...Array.from({ length: 40 }, (_, n) => ledger.single(`${i * 40 + n}`)));
      await run.settle();
      expect(run.inbox.waiting).toBe(0);
    }
    expect(lossy.dropped).toBe(200 - 64);
    expect(ledger.held).toBe(64);
    expect(ledger.disposed[0]).toBe('64');
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(0);
  });

  it('ends when its consumer has gone', async () => {
    class First extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    await Pipeline([1, 2, 3], new LossyConnector<number>(), new First()).run();
  });
});
