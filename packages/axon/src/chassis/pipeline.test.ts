// SPDX-License-Identifier: Apache-2.0
// Items of the conformance checklist; what else Pipeline does is in chassis.test.ts and bridges.test.ts.
import { describe, expect, it } from 'vitest';
import { component, producerFinished, scheduler, shutdownMicroprocess } from '../compat/index.js';
import { TASK } from '../component.js';
import { Pipeline, Scheduler, type Steps } from '../index.js';
import { drive, virtualClock } from '../testing/index.js';

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

const children = (): [Child, Child, Child] => [new Child(), new Child(), new Child()];

describe('Pipeline', () => {
  it('106. children start only with it', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const parts = children();
    const pipeline = Pipeline(...parts);
    await core.settled();
    expect(parts.map(({ running }) => running)).toEqual([false, false, false]);
    pipeline.activate({ scheduler: core });
    await core.settled();
    expect(parts.map(({ running }) => running)).toEqual([true, true, true]);
    expect(scheduler.of(core).listAllThreads()).toEqual([pipeline, ...parts]);
    for (const part of parts) part.stop();
    await pipeline.done;
  });

  it('107. ends only after all', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const parts = children();
    const pipeline = Pipeline(...parts).activate({ scheduler: core });
    let ended = false;
    const done = pipeline.done.then(() => {
      ended = true;
    });
    // From the first to the last: those before one that has ended are stopped, as nobody listens to them any more.
    for (const part of parts) {
      await core.settled();
      expect(ended).toBe(false);
      part.stop();
    }
    await done;
    expect(parts.every((part) => part._isStopped())).toBe(true);
  });

  it('108. outbox to inbox chain', async () => {
    const [a, b, c] = children();
    const run = drive(Pipeline(a, b, c));
    await run.settle();
    a.send(1);
    b.send(2);
    expect([a, b, c].map((part) => [...part.Inbox()])).toEqual([[], [1], [2]]);
    run.abort();
  });

  it('109. signal to control chain', async () => {
    const [a, b, c] = children();
    const run = drive(Pipeline(a, b, c));
    await run.settle();
    const [finished, stop] = [new producerFinished(a), new shutdownMicroprocess()];
    a.send(finished, 'signal');
    b.send(stop, 'signal');
    expect([a, b, c].map((part) => [...part.Inbox('control')])).toEqual([[], [finished], [stop]]);
    // The pipeline itself makes nothing of them.
    await run.settle();
    expect([a, b, c].map((part) => part[TASK].stopRequested)).toEqual([false, false, false]);
    run.abort();
  });

  it('110. the first child is fed by its own inbox and control', async () => {
    const [a, b, c] = children();
    const run = drive(Pipeline(a, b, c));
    run.inbox.send('data');
    run.input('control').send('control');
    await run.settle();
    expect([a.recv(), a.recv('control')]).toEqual(['data', 'control']);
    expect([b, c].map((part) => part.anyReady())).toEqual([false, false]);
    run.abort();
  });

  it('111. the last child feeds its own outbox and signal', async () => {
    const [a, b, c] = children();
    const run = drive(Pipeline(a, b, c));
    await run.settle();
    c.send('data');
    c.send('signal', 'signal');
    for (const part of [a, b]) {
      part.send('inside');
      part.send('inside', 'signal');
    }
    await run.settle();
    expect([run.outbox.messages, run.output('signal').messages]).toEqual([['data'], ['signal']]);
    run.abort();
  });
});
