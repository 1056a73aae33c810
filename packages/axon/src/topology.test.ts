// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, link, type Steps, unlink } from './index.js';
import { drive, TestSink, TestSource } from './testing/index.js';
import { watchTopology } from './topology.js';

describe('watchTopology', () => {
  it('tells of links, and of components that come and go, and of no message', async () => {
    let told = 0;
    const unwatch = watchTopology(() => told++);
    const since = () => {
      const times = told;
      told = 0;
      return times > 0;
    };
    const [source, sink] = [new TestSource(), new TestSink()];
    expect(since()).toBe(false);
    const made = link(source.outbox, sink.inbox);
    expect(since()).toBe(true);
    unlink(made);
    expect(since()).toBe(true);
    unlink(made);
    expect(since()).toBe(false);
    class Starts extends Component {
      readonly inbox = this.in<string>('inbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) if (this.inbox.recv() === 'start') this.add(new TestSource([]));
          yield;
        }
      }
    }
    const run = drive(new Starts());
    expect(since()).toBe(true);
    run.inbox.send('nothing');
    await run.settle();
    expect(since()).toBe(false);
    run.inbox.send('start');
    await run.settle();
    expect(since()).toBe(true);
    run.inbox.close();
    await run.done;
    expect(since()).toBe(true);
    unwatch();
    link(source.outbox, sink.inbox);
    expect(since()).toBe(false);
  });
});
