// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { link, Pipeline, type Steps } from '../index.js';
import { drive, TestSink, TestSource, virtualClock } from '../testing/index.js';
import { component, producerFinished, scheduler, shutdownMicroprocess } from './index.js';

/** The original's usual loop: finishes what is queued, passes the message on, ends. */
class Echo extends component {
  override *main(): Steps {
    for (;;) {
      while (this.dataReady('inbox')) this.send(this.recv('inbox'), 'outbox');
      while (this.dataReady('control')) {
        const message = this.recv('control');
        if (message instanceof producerFinished || message instanceof shutdownMicroprocess) {
          this.send(message, 'signal');
          return;
        }
      }
      this.pause();
      yield 1;
    }
  }
}

describe('Components of both vocabularies in one graph', () => {
  it('a sender of the runtime that ends is told as producerFinished, behind its last message', async () => {
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    const got: number[] = [];
    await Pipeline(numbers, new Echo(), new Echo(), (n: unknown) => {
      got.push(n as number);
    }).run();
    expect(got).toEqual(numbers);
  });

  it('back-pressure reaches through them, and the end is not taken for a full outbox', async () => {
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    const run = drive(Pipeline(new Echo(), new Echo()), { inbox: numbers }, { held: true });
    await run.settle();
    expect(run.inbox.waiting).toBeGreaterThan(500);
    run.output('signal').take();
    for (let taken = 0; taken < 1000; taken += 10) {
      run.outbox.take(10);
      await run.settle();
    }
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers);
    expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
  });

  it('shutdownMicroprocess ends one that is blocked, and what is queued is dropped', async () => {
    class Stops extends component {
      override *main(): Steps {
        while (!this.mustStop()) {
          while (this.dataReady()) this.send(this.recv());
          this.pause();
          yield 1;
        }
        this.send(this.shutdownMsg, 'signal');
      }
    }
    const run = drive(new Stops(), {}, { held: true });
    run.inbox.send(...Array.from({ length: 200 }, (_, n) => n));
    await run.settle();
    run.input('control').send(new producerFinished(), new shutdownMicroprocess(), new producerFinished());
    await run.settle();
    run.output('signal').take();
    run.outbox.take();
    await run.done;
    expect(run.output('signal').messages).toEqual([expect.any(shutdownMicroprocess)]);
    expect(run.outbox.messages).toHaveLength(64);
  });

  it('the strongest request to end is kept', () => {
    const made = new component();
    const [finished, stop] = [new producerFinished(), new shutdownMicroprocess()];
    expect([made.canStop(), made.mustStop(), made.shutdownMsg]).toEqual([false, false, undefined]);
    made._deliver(finished, 'control');
    expect([made.canStop(), made.mustStop(), made.shutdownMsg]).toEqual([true, false, finished]);
    made._deliver(stop, 'control');
    made._deliver(new producerFinished(), 'control');
    made._deliver('other', 'control');
    expect([made.canStop(), made.mustStop(), made.shutdownMsg]).toEqual([true, true, stop]);
  });

  it('its end is the end of the stream for those behind it', async () => {
    class Three extends component {
      override *main(): Steps {
        for (let n = 0; n < 3; n++) this.send(n);
      }
    }
    const sink = new TestSink();
    await Pipeline(new Three(), sink).run({ clock: virtualClock() });
    expect(sink.messages).toEqual([0, 1, 2]);
    expect(sink.ended).toBe(true);
  });

  it('one that nobody listens to any more is stopped, but not one that has linked itself to a child', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const log: string[] = [];
    class Endless extends component {
      override *main(): Steps {
        try {
          for (;;) {
            this.pause();
            yield 1;
          }
        } finally {
          log.push('stopped');
        }
      }
    }
    class Brief extends component {
      override *main(): Steps {}
    }
    class Manager extends Endless {
      override *main(): Steps {
        const child = new Brief();
        this.addChildren(child);
        this.link([this, 'outbox'], [child, 'inbox']);
        child.activate();
        yield* super.main();
      }
    }
    const manager = new Manager().activate(s);
    const [endless, brief] = [new Endless(), new Brief()];
    link(endless.outboxes.outbox as never, brief.inboxes.inbox as never);
    endless.activate(s);
    brief.activate(s);
    const all = s.runThreads();
    await clock.settle();
    expect([endless, manager].map((each) => each._isStopped())).toEqual([true, false]);
    expect(log).toEqual(['stopped']);
    manager.stop();
    await all;
  });

  it('components of the runtime may be linked to one that is activated later, and hear nothing of it', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    const [echo, source, sink] = [new Echo(), new TestSource([1, 2]), new TestSink()];
    echo.link([source, 'outbox'], [echo, 'inbox']);
    echo.link([echo, 'outbox'], [sink, 'inbox']);
    s._addThread(source);
    s._addThread(sink);
    await clock.settle();
    echo.activate(s);
    await s.runThreads();
    expect(sink.messages).toEqual([1, 2]);
  });

  it('a parent may send on an outbox that it passes on for a child', async () => {
    const [parent, child, sink] = [new component(), new component(), new component()];
    parent.link([child, 'outbox'], [parent, 'outbox'], { passthrough: 2 });
    parent.send('dropped');
    sink.link([parent, 'outbox'], [sink, 'inbox']);
    child.send('child');
    parent.send('parent');
    expect([...sink.Inbox()]).toEqual(['child', 'parent']);
  });
});
