// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Graphline, type LogEntry, link, Pipeline, Scheduler, type Steps } from './index.js';
import { TestSink, TestSource, virtualClock } from './testing/index.js';

function* endless(): Generator<number> {
  for (let i = 0; ; i++) yield i;
}

describe('components that wait for each other', () => {
  /** Needs `skew` messages of `left` for the first one of `right`. */
  class Joiner extends Component {
    readonly left = this.in<number>('left', { capacity: 8 });
    readonly right = this.in<number>('right', { capacity: 8 });
    readonly outbox = this.out<number>('outbox');
    override *main(): Steps {
      while (!this.right.ended) {
        while (this.right.ready) this.outbox.send(this.right.recv());
        yield;
      }
      while (!this.left.ended) {
        while (this.left.ready) this.outbox.send(this.left.recv());
        yield;
      }
    }
  }
  class Fork extends Component {
    readonly inbox = this.in<number>('inbox', { capacity: 8 });
    readonly left = this.out<number>('left');
    readonly right = this.out<number>('right');
    readonly #skew: number;
    constructor(skew: number) {
      super();
      this.#skew = skew;
    }
    override *main(): Steps {
      for (let n = 0; !this.inbox.ended; yield) {
        while (this.inbox.ready) {
          const message = this.inbox.recv();
          (n++ < this.#skew ? this.left : this.right).send(message);
        }
      }
    }
  }
  function diamond(skew: number, messages: number) {
    const source = new TestSource(Array.from({ length: messages }, (_, i) => i));
    const [fork, joiner, sink] = [new Fork(skew), new Joiner(), new TestSink<number>()];
    const graph = Graphline({ source, fork, joiner, sink }, () => [
      link(source.outbox, fork.inbox),
      link(fork.left, joiner.left),
      link(fork.right, joiner.right),
      link(joiner.outbox, sink.inbox),
    ]);
    return { graph, sink };
  }

  it('are told by every bound of an inbox to what it was grown', async () => {
    class Both extends Component {
      readonly left = this.in<Uint8Array>('left', { maxBytes: 1000, maxMediaTime: { ms: 40 } });
      readonly right = this.in<Uint8Array>('right');
      override *main(): Steps {
        while (!this.right.ready) yield;
        while (this.left.ready) this.left.recv();
      }
    }
    class Unequal extends Component {
      readonly left = this.out<Uint8Array>('left');
      readonly right = this.out<Uint8Array>('right');
      override *main(): Steps {
        for (let n = 0; n < 3; n++) {
          while (!this.left.open) yield;
          this.left.send(new Uint8Array(600));
        }
        this.right.send(new Uint8Array(1));
      }
    }
    const logs: LogEntry[] = [];
    const [from, to] = [new Unequal(), new Both()];
    await Graphline({ from, to }, () => [link(from.left, to.left), link(from.right, to.right)]).run({
      onLog: (entry) => logs.push(entry),
    });
    expect(logs.map(({ message }) => message)).toEqual([
      'inbox left was grown to 128 messages, 2000 bytes, 80 ms of media: components wait for each other',
    ]);
  });

  it('get the room they need, with one warning', async () => {
    const { graph, sink } = diamond(1000, 1200);
    const scheduler = new Scheduler({ clock: virtualClock() });
    const logs: LogEntry[] = [];
    await graph.run({ scheduler, onLog: (entry) => logs.push(entry) });
    expect(sink.messages).toHaveLength(1200);
    expect(scheduler.reliefs).toBe(7);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({ level: 'warn', path: 'Graphline-1/joiner' });
  });

  it('fail at the limit with the names of the ring', async () => {
    const { graph } = diamond(1000, 1200);
    const scheduler = new Scheduler({ clock: virtualClock(), maxCapacity: 256 });
    await expect(graph.run({ scheduler, onLog: () => {} })).rejects.toThrow(/wait for each other.*256.*joiner.*fork/);
  });

  it('are left alone when one of them waits for the world outside', async () => {
    const sink = new TestSink<number>();
    sink.hold();
    const scheduler = new Scheduler({ clock: virtualClock() });
    const graph = Pipeline(endless(), sink);
    graph.activate({ scheduler });
    await scheduler.settled();
    expect([scheduler.reliefs, sink.inbox.length]).toEqual([0, 64]);
    graph.stop();
    sink.take();
    await graph.done;
  });
});
