// SPDX-License-Identifier: Apache-2.0
// Workers run the compiled package.
import { threadId } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Component,
  ComponentError,
  Graphline,
  group,
  type Inbox,
  link,
  Pipeline,
  Scheduler,
  type Steps,
} from '../index.js';
import { drive, TestSink, TestSource } from '../testing/index.js';
import { closeWorkerPool, ThreadError, threaded } from './index.js';

const at = (name: string) => new URL(`./test-components/${name}.mjs`, import.meta.url);
const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4));
/** For a class without an inbox. */
const noInbox = { ports: { in: [] } };
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

afterAll(closeWorkerPool);

describe('A threaded component (checklist of the original)', () => {
  it('78. runs in a thread that is really separate', async () => {
    const run = drive(threaded(at('article')), { inbox: ['a'] });
    run.input('inbox');
    await run.settle();
    const [sent] = run.outbox.messages as unknown as [string, number][];
    expect(sent?.[0]).toBe('a');
    expect(sent?.[1]).not.toBe(threadId);
    run.abort();
  });

  it('79. receives data by dataReady and recv', async () => {
    const run = drive(threaded(at('article')), { inbox: ['a', 'b', 'c'] });
    await run.settle();
    expect((run.outbox.messages as unknown[][]).map(([message]) => message)).toEqual(['a', 'b', 'c']);
    run.abort();
  });

  it('80. sends data by send, to every outbox that is named', async () => {
    const ports = { in: ['inbox', 'control'], out: ['outbox', 'signal'] };
    const run = drive(threaded(at('article'), undefined, { ports }), { inbox: ['a'] });
    await run.settle();
    run.input('control').send('enough');
    await run.finish();
    expect(run.outbox.messages).toHaveLength(1);
    expect(run.output('signal').messages).toEqual(['enough']);
  });

  it('81. never touches the graph while one of its components is in a slice', async () => {
    const steps = words(2);
    const seen: number[] = [];
    class Looks extends Component {
      readonly inbox = this.in('inbox');
      override *main(): Steps {
        while (this.inbox.length === 0) yield;
        seen.push(this.inbox.length);
        Atomics.store(steps, 0, 1);
        Atomics.notify(steps, 0);
        // Until the thread has sent all the others; this thread does nothing else meanwhile.
        while (Atomics.load(steps, 1) < 10) Atomics.wait(steps, 1, Atomics.load(steps, 1), 1000);
        seen.push(this.inbox.length);
        yield;
        while (this.inbox.length < 11) yield;
        seen.push(this.inbox.length);
      }
    }
    await Pipeline(threaded(at('on-signal'), { words: steps.buffer, count: 10 }), new Looks()).run();
    expect(seen).toEqual([1, 1, 11]);
  });

  it('82. has a default limit to what it sends ahead', async () => {
    const sent = words(1);
    const run = drive(threaded(at('numbers'), { sent: sent.buffer }, noInbox), {}, { held: true });
    await run.settle();
    expect(Atomics.load(sent, 0)).toBe(64);
    run.abort();
  });

  it('83. sends exactly as many as the limit says before it has to wait', async () => {
    for (const name of ['numbers', 'blocking-numbers']) {
      const sent = words(2);
      const sink = new TestSink();
      sink.hold();
      sink.inbox.setCapacity(5);
      const scheduler = new Scheduler();
      const running = Pipeline(threaded(at(name), { sent: sent.buffer, words: sent.buffer }), sink).activate({
        scheduler,
      });
      await scheduler.settled();
      expect(Atomics.load(sent, 0)).toBe(5);
      expect(sink.inbox.length).toBe(5);
      running.abort();
      await expect(running.done).rejects.toThrow('was aborted');
    }
  });

  it('84. holds back its senders at the limit of its inbox: there is no second queue behind it', async () => {
    const component = threaded(at('echo'), {}, { ports: { in: { inbox: { capacity: 7 } } } });
    const run = drive(component, {}, { held: true });
    run.outbox.inbox.setCapacity(1);
    run.inbox.send(0);
    await run.settle();
    run.inbox.send(...numbers(100));
    await run.settle();
    expect(component.inbox.length).toBe(7);
    expect(run.inbox.waiting).toBe(93);
    run.abort();
  });

  it('85. sends ahead what the inboxes behind it hold, and no more', async () => {
    const sent = words(1);
    const sink = new TestSink();
    sink.hold();
    sink.inbox.setCapacity(3);
    const source = threaded(at('numbers'), { sent: sent.buffer });
    const scheduler = new Scheduler();
    const running = Pipeline(source, threaded(at('echo'), { capacity: 1 }), sink).activate({ scheduler });
    await scheduler.settled();
    // 3 in the sink, and 1 in the inbox of the echo.
    expect(Atomics.load(sent, 0)).toBe(4);
    running.abort();
    await running.done.catch(() => {});
  });

  it('86. sends as many more as were taken', async () => {
    const sent = words(1);
    const sink = new TestSink<number>();
    sink.hold();
    sink.inbox.setCapacity(10);
    const scheduler = new Scheduler();
    const running = Pipeline(threaded(at('numbers'), { sent: sent.buffer }), sink).activate({ scheduler });
    await scheduler.settled();
    for (const taken of [10, 8, 5]) {
      const before = Atomics.load(sent, 0);
      sink.take(taken);
      await scheduler.settled();
      expect(Atomics.load(sent, 0) - before).toBe(taken);
      expect(sink.inbox.length).toBe(10);
    }
    expect(sink.messages).toEqual(numbers(24).slice(1));
    running.abort();
    await running.done.catch(() => {});
  });

  it('87. ends although its input is clogged', async () => {
    const run = drive(threaded(at('deaf'), { count: 3 }), { inbox: numbers(1000) });
    await run.finish();
    expect(run.outbox.messages).toEqual([1, 2, 3]);
  });

  it('88. ends only when all it sent was delivered', async () => {
    const run = drive(threaded(at('numbers'), { count: 50 }, noInbox), {}, { held: true });
    run.outbox.inbox.setCapacity(4);
    let ended = false;
    const done = run.done.then(() => {
      ended = true;
    });
    await run.settle();
    run.outbox.take(40);
    await run.settle();
    expect(ended).toBe(false);
    run.outbox.take();
    await done;
    expect(run.outbox.messages).toEqual(numbers(51).slice(1));
  });

  it('ends only when all it sent was delivered, also when that is more than goes into the ring between the threads', async () => {
    for (const module of ['numbers', 'blocking-numbers']) {
      const sink = new TestSink<number>();
      sink.inbox.setCapacity(2000);
      await Pipeline(threaded(at(module), { count: 1500, words: words(2).buffer }, noInbox), sink).run();
      expect(sink.messages.slice(0, 1500)).toEqual(numbers(1501).slice(1));
    }
  });

  it('89. can use boxes that it makes, and links, at once', async () => {
    const run = drive(threaded(at('late-boxes')), { inbox: [1, 2, 3] });
    await run.finish();
    expect(run.outbox.messages).toEqual([101, 102, 103]);
  });

  it('90. fails in the graph by what it threw, with its path and both stacks', async () => {
    const failing = threaded(at('failing'), { how: 'throws', before: 2 });
    const seen: unknown[] = [];
    const error = await Pipeline([1], failing, (message) => seen.push(message))
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { path, component, cause } = error as ComponentError & { cause: Error & { code: string; at: number } };
    expect(path).toMatch(/^Pipeline-\d+\/Threaded-\d+$/);
    expect(component).toBe(failing);
    expect(cause).toMatchObject({ name: 'RangeError', message: 'broken', code: 'BROKEN', at: 3 });
    expect(cause.cause).toMatchObject({ message: 'deeper' });
    expect(cause.stack).toContain('failing.mjs');
    expect(cause.stack).toContain('threaded.test.ts');
    expect(seen).toEqual([0, 1]);
  });
});

describe('threaded()', () => {
  it('keeps the order of many messages, both ways, whatever the bounds', async () => {
    for (const capacity of [1, 2, 3, 64, 1000]) {
      const seen: unknown[] = [];
      const sent = Array.from({ length: 3000 }, (_, n) => (n % 3 === 0 ? n : { n }));
      await Pipeline(sent, threaded(at('echo'), { capacity }), threaded(at('blocking-echo')), (m) =>
        seen.push(m),
      ).run();
      expect(seen).toEqual(sent);
    }
  });

  it('runs an async main', async () => {
    const run = drive(threaded(at('timed'), { ms: 2 }), { inbox: ['a', 'b'] });
    await run.finish();
    expect(run.outbox.messages).toEqual(['a', 'b']);
  });

  it('runs a part of a graph, and names what fails in it', async () => {
    const seen: number[] = [];
    const run = () =>
      Graphline({
        linkages: { 'source.outbox': 'parts.inbox', 'parts.outbox': 'sink.inbox' },
        children: {
          source: new TestSource([1, 2, 3]),
          parts: threaded(at('parts'), { bad: 6 }),
          sink: Pipeline((n: number) => seen.push(n)),
        },
      }).run();
    await expect(run()).rejects.toMatchObject({
      path: 'Graphline-1/parts/refuse',
      message: 'Graphline-1/parts/refuse: no 6',
      cause: { code: 'REFUSED' },
    });
    expect(seen).toEqual([3, 5]);
  });

  it('takes over the bound of the inbox of the class, unless ports has another', async () => {
    for (const [settings, bound] of [
      [{}, 3],
      [{ ports: { in: { inbox: { capacity: 9 } } } }, 9],
    ] as const) {
      const component = threaded(at('echo'), { capacity: 3 }, settings);
      const run = drive(component, {}, { held: true });
      run.outbox.inbox.setCapacity(1);
      run.inbox.send(0);
      await run.settle();
      run.inbox.send(...numbers(100));
      await run.settle();
      expect(component.inbox.length).toBe(bound);
      run.abort();
      await run.done.catch(() => {});
    }
  });

  it('keeps the bound of an inbox that would pass messages on without taking them', async () => {
    const queue = threaded(at('branch'), {}, { ports: { in: ['feed'] } });
    const source = new TestSource<number>();
    const sink = new TestSink<number>();
    const warnings: string[] = [];
    const line = Graphline({ source, queue, sink }, () => [
      link(source.outbox, (queue as unknown as { feed: Inbox<number> }).feed),
      link(queue.outbox, sink.inbox),
    ]).activate({ onLog: ({ message }) => warnings.push(message) });
    for (const n of numbers(50)) {
      source.input.send(n);
      while (sink.messages.length <= n) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    source.input.close();
    await line.done;
    expect(sink.messages).toEqual(numbers(50));
    expect(warnings).toEqual([]);
  });

  it('bounds its inbox in bytes too, wherever they wait', async () => {
    const ports = { in: { inbox: { maxBytes: 1000 } } };
    const component = threaded(at('echo'), {}, { ports });
    const run = drive(component, {}, { held: true });
    run.outbox.inbox.setCapacity(1);
    run.inbox.send(new Uint8Array(100));
    await run.settle();
    run.inbox.send(...Array.from({ length: 50 }, () => new Uint8Array(100)));
    await run.settle();
    expect(component.inbox.length).toBe(10);
    run.abort();
  });

  it('lets a lossy inbox drop what it has not sent on', async () => {
    const ports = { in: { inbox: { capacity: 4, lossy: 'oldest' as const } } };
    const run = drive(threaded(at('echo'), {}, { ports }), {}, { held: true });
    run.outbox.inbox.setCapacity(1);
    await run.settle();
    for (const n of numbers(20)) {
      run.inbox.send(n);
      await run.settle();
    }
    run.inbox.close();
    run.outbox.take();
    await run.finish();
    const { messages } = run.outbox;
    expect(messages.slice(-4)).toEqual([16, 17, 18, 19]);
    expect(messages.length).toBeLessThan(10);
    expect(messages).toEqual([...(messages as number[])].sort((a, b) => a - b));
  });

  it('is not taken for one that waits for ever when its thread is quick', async () => {
    const logs: string[] = [];
    async function* source() {
      for (let n = 0; n < 600; n++) {
        // The graph comes to rest now and then, long enough to see that its threads do too.
        if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 5));
        else if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
        yield n;
      }
    }
    for (const capacity of [1, 3, 64]) {
      const seen: unknown[] = [];
      const onLog = ({ message }: { readonly message: string }) => logs.push(message);
      const parts = [threaded(at('blocking-echo')), threaded(at('echo'), { capacity })] as const;
      await Pipeline(source(), ...parts, (n: unknown) => seen.push(n)).run({ onLog });
      expect(seen).toEqual(numbers(600));
    }
    expect(logs).toEqual([]);
  });

  it('has room made for it when components wait for each other round a thread', async () => {
    class Skewed extends Component {
      readonly a = this.out<number>('a');
      readonly b = this.out<number>('b');
      override *main(): Steps {
        for (let n = 0; n < 300; n++) {
          while (!this.a.open) yield;
          this.a.send(n);
        }
        for (let n = 0; n < 300; n++) {
          while (!this.b.open) yield;
          this.b.send(n);
        }
      }
    }
    const source = new Skewed();
    const joiner = threaded(at('joiner'), undefined, { ports: { in: ['a', 'b'], out: ['pairs'] } });
    const boxes = joiner as unknown as { a: never; b: never; pairs: never };
    const sink = new TestSink();
    const logs: string[] = [];
    await Graphline({ source, joiner, sink }, () => [
      link(source.a, boxes.a),
      link(source.b, boxes.b),
      link(boxes.pairs, sink.inbox),
    ]).run({ onLog: ({ message }) => logs.push(message) });
    expect(sink.messages).toHaveLength(300);
    expect(logs).toEqual([expect.stringContaining('inbox a was grown')]);
  });

  it('stops what sends to it when it ends, and ends when nobody listens any more', async () => {
    const sent = words(1);
    const first: number[] = [];
    class Three extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        while (first.length < 3) {
          while (this.inbox.ready && first.length < 3) first.push(this.inbox.recv());
          if (first.length < 3) yield;
        }
      }
    }
    await Pipeline(threaded(at('numbers'), { sent: sent.buffer }), threaded(at('echo')), new Three()).run();
    expect(first).toEqual([1, 2, 3]);
  });

  it('ends in the worker when nobody listens to it any more', async () => {
    const done = words(2);
    const run = drive(threaded(at('blocking-numbers'), { words: done.buffer }, noInbox), {}, { held: true });
    run.outbox.take(2);
    await run.settle();
    run.outbox.abort();
    await run.done;
    expect(Atomics.load(done, 1)).toBe(1);
    expect(run.outbox.messages).toEqual([1, 2]);
  });

  it('may be made anew by a group: what comes after the failure reaches the new one', async () => {
    const run = drive(group(() => threaded(at('parts'), { bad: 4 }), { supervise: 'restart', max: 1 }));
    run.inbox.send(1, 2);
    await run.settle();
    run.inbox.send(3);
    run.inbox.close();
    await run.finish();
    expect(run.outbox.messages).toEqual([3, 7]);
  });

  it('made anew by a group, gets everything that the one before has not taken', async () => {
    const sink = new TestSink<unknown>();
    let made = 0;
    const anew = () => threaded(at('fails-on'), { number: made++ });
    const source = ['a', 'fail', ...numbers(200), 'exit', 'z'];
    await Pipeline(source, group(anew, { supervise: 'restart' }), sink).run({ onLog: () => {} });
    expect(made).toBe(3);
    expect(sink.messages).toEqual(['a', ...numbers(200), 'z']);
  });

  it('logs in the graph, under its path', async () => {
    const run = drive(threaded(at('talkative'), undefined, { name: 'talker', ports: { out: [] } }), {
      inbox: ['a', 'odd'],
    });
    await run.finish();
    expect(run.logs).toMatchObject([
      { level: 'info', path: 'Bench-1/talker', message: 'heard a', fields: { message: 'a' } },
      { level: 'info', path: 'Bench-1/talker', message: 'heard odd' },
    ]);
  });

  it('refuses what it cannot use at the call', () => {
    expect(() => threaded('./x.js')).toThrow(/^threaded: Expected a URL for module, .* but received "\.\/x\.js"$/);
    expect(() => threaded(at('echo'), { call: () => {} })).toThrow('threaded: Expected options that can be cloned');
    expect(() => threaded(at('echo'), {}, { ports: { in: ['a', 'a'] } })).not.toThrow();
    expect(() => threaded(at('echo'), {}, { ports: { in: 'inbox' as never } })).toThrow(
      'threaded: Expected an array of names',
    );
    expect(() => threaded(at('echo'), {}, { ports: { in: [''] } })).toThrow('threaded: Expected names in ports.in');
    expect(() => threaded(at('echo'), {}, { ports: { in: { inbox: { owned: 1 as never } } } })).toThrow(
      'threaded: Expected true or false for ports.in.inbox.owned but received 1',
    );
    expect(() => threaded(at('echo'), {}, { ports: { in: { inbox: { capacity: 0 } } } })).toThrow('capacity');
    expect(() => threaded(at('echo'), {}, { stopWithin: { ms: -1 } })).toThrow('threaded: Expected { ms }');
  });

  it.each([
    ['broken', {}, /Expected a module at file:.*broken\.mjs but importing it failed: not today/],
    ['missing', {}, /Expected a module at file:.*missing\.mjs but importing it failed/],
    ['no-component', {}, /Expected a component class, .* but received 7/],
    ['echo', { ports: { in: ['inbix'] } }, /Expected the boxes of ports in .*echo\.mjs but: .*did you mean "inbox"/],
    ['numbers', { ports: { in: ['inbox'] } }, /Expected the boxes of ports in .*numbers\.mjs but/],
  ])('fails with what is wrong with its module: %s', async (name, settings, message) => {
    const error = await drive(threaded(at(name), {}, settings))
      .finish()
      .catch((e: unknown) => e);
    expect((error as ComponentError).cause).toMatchObject({ name: 'ThreadError', code: 'MODULE_UNUSABLE' });
    expect((error as ComponentError).message).toMatch(message);
  });

  it('fails with what the constructor of its class throws', async () => {
    const run = drive(threaded(at('failing'), { how: 'constructor' }));
    await expect(run.finish()).rejects.toMatchObject({ cause: { message: 'Failing: Expected something else' } });
    expect(ThreadError.name).toBe('ThreadError');
  });
});
