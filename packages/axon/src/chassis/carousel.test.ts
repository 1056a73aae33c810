// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { component, producerFinished, scheduler, shutdownMicroprocess } from '../compat/index.js';
import { TASK } from '../component.js';
import { Carousel, Component, link, Pipeline, Scheduler, type Steps } from '../index.js';
import {
  checkInvariants,
  type Drive,
  drive,
  isFinished,
  TestSink,
  TestSource,
  virtualClock,
} from '../testing/index.js';

/** Runs until it is told to stop, and leaves what comes to its boxes there. */
class Child extends component {
  declare arg: unknown;
  running = false;
  override *main(): Steps {
    this.running = true;
    for (;;) {
      this.pause();
      yield 1;
    }
  }
}

interface Rig {
  readonly run: Drive<unknown, unknown>;
  readonly children: Child[];
  readonly next: (...requests: unknown[]) => Promise<void>;
  readonly control: (...messages: unknown[]) => Promise<void>;
  /** The last child ends by itself. */
  readonly endChild: () => Promise<void>;
  readonly requests: () => unknown[];
  readonly signals: () => unknown[];
  readonly ended: () => boolean;
}

async function rig(make1stRequest = false): Promise<Rig> {
  const children: Child[] = [];
  const make = (arg: unknown): Child => {
    const child = new Child({ arg });
    children.push(child);
    return child;
  };
  const run = drive(Carousel(make, { make1stRequest }), {}) as unknown as Drive<unknown, unknown>;
  let ended = false;
  run.done.then(
    () => {
      ended = true;
    },
    () => {},
  );
  await run.settle();
  const send =
    (box: string) =>
    async (...messages: unknown[]) => {
      run.input(box).send(...messages);
      await run.settle();
    };
  return {
    run,
    children,
    next: send('next'),
    control: send('control'),
    endChild: async () => {
      children.at(-1)?.stop();
      await run.settle();
    },
    requests: () => [...run.output('requestNext').messages],
    signals: () => [...run.output('signal').messages],
    ended: () => ended,
  };
}

const IPC = [producerFinished, shutdownMicroprocess] as const;

describe('Carousel', () => {
  it('131. is idle by default', async () => {
    const { run, children, requests, signals, ended } = await rig();
    expect([children, run.outbox.messages, requests(), signals()]).toEqual([[], [], [], []]);
    expect(ended()).toBe(false);
    run.abort();
  });

  it('132. make1stRequest emits one NEXT', async () => {
    const { run, children, requests, signals, ended } = await rig(true);
    expect([children, run.outbox.messages, requests(), signals()]).toEqual([[], [], ['NEXT'], []]);
    expect(ended()).toBe(false);
    run.abort();
  });

  it('133. idle, it ends on either shutdown message', async () => {
    for (const Message of IPC) {
      const { run, control, signals, ended } = await rig();
      const message = new Message();
      await control('anything else');
      expect(ended()).toBe(false);
      await control(message);
      await run.done;
      expect(signals()).toEqual([message]);
    }
  });

  it('134. next runs the factory with the argument', async () => {
    const { run, children, next } = await rig();
    const request = { name: 'x' };
    await next(request);
    expect(children.map(({ arg }) => arg)).toEqual([request]);
    run.abort();
  });

  it('135. and the child is activated', async () => {
    const { run, children, next } = await rig();
    await next('x');
    expect(children[0]?.running).toBe(true);
    expect(children[0]?.path).toMatch(/Carousel-\d+\/Child_\d+$/);
    run.abort();
  });

  it('136. the end of the child emits NEXT', async () => {
    const { run, next, endChild, requests } = await rig();
    await next('x');
    expect(requests()).toEqual([]);
    await endChild();
    expect(requests()).toEqual(['NEXT']);
    run.abort();
  });

  it('137. the signal of the child alone does not', async () => {
    for (const Message of IPC) {
      const { run, children, next, requests } = await rig();
      await next('x');
      children[0]?.send(new Message(), 'signal');
      await run.settle();
      expect(requests()).toEqual([]);
      run.abort();
    }
  });

  it('138. control reaches the child', async () => {
    for (const Message of IPC) {
      const { run, children, next, control } = await rig();
      await next('x');
      const message = new Message();
      await control(message);
      expect(children[0]?.recv('control')).toBe(message);
      run.abort();
    }
  });

  it('139. a new next waits for the end of the child, which is asked for', async () => {
    const { run, children, next, endChild, requests } = await rig();
    await next(0);
    for (let n = 1; n <= 5; n++) {
      await next(n);
      expect(children).toHaveLength(n);
      expect([...(children.at(-1) as Child).Inbox('control')]).toEqual([expect.any(shutdownMicroprocess)]);
      await endChild();
      expect(children).toHaveLength(n + 1);
      expect([children.at(-2)?._isStopped(), children.at(-1)?._isStopped()]).toEqual([true, false]);
      expect(children.at(-1)).toMatchObject({ running: true, arg: n });
    }
    expect(requests()).toEqual([]);
    run.abort();
  });

  it('140. data goes in', async () => {
    const { run, children, next } = await rig();
    run.inbox.send('early');
    await next('x');
    run.inbox.send(1, 2);
    await run.settle();
    expect([...(children[0] as Child).Inbox()]).toEqual(['early', 1, 2]);
    run.abort();
  });

  it('141. and out', async () => {
    const { run, children, next, endChild } = await rig();
    for (const n of [1, 2]) {
      await next(n);
      children.at(-1)?.send(n);
      await endChild();
    }
    expect(run.outbox.messages).toEqual([1, 2]);
    expect(run.outbox.ended).toBe(false);
    run.abort();
  });

  it('142. the signal of the child never leaks', async () => {
    const { run, children, next, signals } = await rig();
    await next('x');
    for (const message of [new producerFinished(), new shutdownMicroprocess(), 'hello']) {
      children[0]?.send(message, 'signal');
      await run.settle();
      expect(signals()).toEqual([]);
    }
    run.abort();
  });

  it('143. ends only after the child', async () => {
    for (const Message of IPC) {
      const { run, children, next, control, endChild, ended, signals, requests } = await rig();
      await next('x');
      const message = new Message();
      await control(message);
      expect([ended(), children[0]?._isStopped(), signals()]).toEqual([false, false, []]);
      await endChild();
      await run.done;
      expect([signals(), requests()]).toEqual([[message], []]);
    }
  });

  it('144. queued nexts are done on producerFinished', async () => {
    const { run, children, next, control, endChild, ended, signals } = await rig();
    await next(0);
    const finished = new producerFinished();
    await control(finished);
    await next(...Array.from({ length: 9 }, (_, n) => n + 1));
    expect(children).toHaveLength(1);
    for (let n = 0; n < 10; n++) {
      const child = children[n] as Child;
      expect([child.arg, child.running, child._isStopped(), ended()]).toEqual([n, true, false, false]);
      const told = [...child.Inbox('control')];
      expect(told.at(-1)).toEqual(n < 9 ? expect.any(shutdownMicroprocess) : finished);
      await endChild();
    }
    await run.done;
    expect(signals()).toEqual([finished]);
  });

  it('145. and dropped on shutdownMicroprocess', async () => {
    const { run, children, next, control, endChild, signals } = await rig();
    let disposed = 0;
    const request = { [Symbol.dispose]: () => disposed++ };
    await next('x');
    await next(request, request);
    const message = new shutdownMicroprocess();
    await control(message);
    expect(disposed).toBe(2);
    await next(request);
    await endChild();
    await run.done;
    expect([children.length, disposed, signals()]).toEqual([1, 3, [message]]);
  });

  it('a shutdownMicroprocess is told to a child that was only asked to finish', async () => {
    const { run, children, next, control, endChild, signals } = await rig();
    await next('x');
    const [finished, stop] = [new producerFinished(), new shutdownMicroprocess()];
    await control(finished, finished);
    await control(stop, new shutdownMicroprocess());
    expect([...(children[0] as Child).Inbox('control')]).toEqual([finished, stop]);
    await endChild();
    await run.done;
    expect(signals()).toEqual([stop]);
  });

  it('refuses what is no factory, and what is no component, by name', async () => {
    const untyped = Carousel as unknown as (...args: unknown[]) => Component;
    expect(() => untyped('x')).toThrow('Carousel: Expected a function for componentFactory but received x');
    expect(() => untyped(() => 1, { make1stRequest: 1 })).toThrow(
      'Carousel: Expected true or false for make1stRequest',
    );
    const run = drive(untyped(() => 7));
    run.input('next').send('x');
    await expect(run.done).rejects.toThrow(/Carousel-\d+: Carousel: Expected a component from componentFactory.* 7$/);
  });
});

/** Takes so many messages, adds its name, ends. */
class Few extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<string>('outbox');
  readonly #name: string;
  #left: number;
  constructor(name: string, count: number) {
    super();
    this.#name = name;
    this.#left = count;
  }
  override *main(): Steps {
    while (this.#left > 0 && !this.inbox.ended) {
      while (this.#left > 0 && this.inbox.ready) {
        this.outbox.send(`${this.#name}${this.inbox.recv()}`);
        this.#left--;
      }
      if (this.#left > 0) yield;
    }
  }
}

describe('A carousel of components of the runtime', () => {
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

  it('gives each child what the one before has left, and lets nobody take the change for an end', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const source = new TestSource(numbers(200));
    const carousel = Carousel((name: string) => new Few(name, 30));
    const names = new TestSource<string>();
    const sink = new TestSink<string>();
    link(source.outbox, carousel.inbox);
    link(names.outbox, carousel.next);
    link(carousel.outbox, sink.inbox);
    for (const part of [source, names, carousel, sink]) part.activate({ scheduler: core });
    for (const name of 'abcdefghij') {
      names.input.send(name);
      await core.settled();
      checkInvariants(core);
      expect(carousel.inbox.length).toBeLessThanOrEqual(64);
    }
    await Promise.all([source.done, carousel.done, sink.done]);
    // The seventh takes the last 20, and sees the end; then nothing is left to ask for.
    expect(sink.messages).toEqual(numbers(200).map((n) => `${'abcdefg'[Math.floor(n / 30)]}${n}`));
    expect(isFinished(carousel)).toBe(true);
    names.stop();
    await names.done;
  });

  it('nor the early end of a part of a child', async () => {
    class Slow extends Component {
      readonly inbox = this.in<string>('inbox');
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            yield* this.sleep({ ms: 10 });
            this.outbox.send(this.inbox.recv());
          }
          yield;
        }
      }
    }
    // The first part ends long before the last, and in the second child the last before the first.
    const carousel = Carousel((name: string) =>
      name === 'b' ? Pipeline(new Lingers(), new Few2(name)) : Pipeline(new Few(name, 2), new Slow()),
    );
    class Lingers extends Few {
      constructor() {
        super('', 100);
      }
      override *main(): Steps {
        try {
          yield* super.main();
        } finally {
          yield* this.sleep({ ms: 5 });
        }
      }
    }
    class Few2 extends Component {
      readonly inbox = this.in<string>('inbox');
      readonly outbox = this.out<string>('outbox');
      readonly #name: string;
      constructor(name: string) {
        super();
        this.#name = name;
      }
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        this.outbox.send(this.#name + this.inbox.recv());
      }
    }
    const run = drive(carousel, {});
    run.inbox.send(...numbers(10));
    for (const name of 'abc') {
      run.input('next').send(name);
      await run.advance({ ms: 50 });
    }
    expect(run.outbox.messages.slice(0, 3)).toEqual(['a0', 'a1', 'b2']);
    expect(run.outbox.ended).toBe(false);
    // What the second had taken before its end is lost with it; nothing else is.
    expect(run.outbox.messages).toHaveLength(3);
    run.inbox.send(10, 11, 12);
    await run.advance({ ms: 50 });
    expect(run.outbox.messages.slice(3)).toEqual(['c10', 'c11']);
    run.stop();
    await run.done;
  });

  it('stops a child without control that is replaced, and keeps what it had not taken', async () => {
    class Patient extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<string>('outbox');
      stopped = false;
      readonly #name: string;
      constructor(name: string) {
        super();
        this.#name = name;
      }
      override *main(): Steps {
        try {
          while (!this.inbox.ready) yield;
          this.outbox.send(`${this.#name}${this.inbox.recv()}`);
          for (;;) yield* this.sleep({ ms: 1000 });
        } finally {
          this.stopped = true;
        }
      }
    }
    const made: Patient[] = [];
    const run = drive(
      Carousel((name: string) => {
        const child = new Patient(name);
        made.push(child);
        return child;
      }),
    );
    run.inbox.send(1, 2, 3);
    run.input('next').send('a');
    await run.settle();
    run.input('next').send('b');
    await run.settle();
    expect(made.map(({ stopped }) => stopped)).toEqual([true, false]);
    run.input('control').send(new shutdownMicroprocess());
    await run.done;
    expect(run.outbox.messages).toEqual(['a1', 'b2']);
  });

  it('lets a child without control finish what is queued on producerFinished', async () => {
    const run = drive(Carousel((name: string) => new Few(name, 1000)));
    run.inbox.send(...numbers(20));
    run.input('next').send('a');
    run.input('control').send(new producerFinished());
    await run.done;
    expect(run.outbox.messages).toHaveLength(20);
    expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
  });

  it('ends when nobody can ask for another child', async () => {
    const run = drive(
      Carousel((name: string) => Pipeline([`${name}1`, `${name}2`])),
      { next: ['a'] },
    );
    await run.done;
    expect(run.outbox.messages).toEqual(['a1', 'a2']);
    expect(run.output('requestNext').messages).toEqual([]);
    expect(run.output('signal').messages).toEqual([expect.any(producerFinished)]);
  });

  it('is stopped, with its child, when nobody listens', async () => {
    const core = new Scheduler({ clock: virtualClock() });
    const carousel = Carousel((name: string) => new Few(name, 1000));
    const sink = new TestSink<string>();
    link(carousel.outbox, sink.inbox);
    for (const part of [carousel, sink]) part.activate({ scheduler: core });
    carousel.next.push('a');
    await core.settled();
    const [child] = carousel[TASK].children;
    sink.abort();
    await sink.done.catch(() => {});
    await carousel.done;
    expect(child?.component && isFinished(child.component)).toBe(true);
    expect(scheduler.of(core).listAllThreads()).toEqual([]);
  });

  it('fails with its child', async () => {
    const run = drive(
      Carousel((_: unknown) =>
        Pipeline(() => {
          throw new Error('broken');
        }),
      ),
    );
    run.inbox.send(1);
    run.input('next').send('x');
    await expect(run.done).rejects.toThrow(/Carousel-\d+\/Pipeline-\d+.*broken/);
  });

  it('holds back what is sent while there is no child', async () => {
    const run = drive(Carousel((name: string) => new Few(name, 1000)));
    run.inbox.send(...numbers(100));
    await run.settle();
    expect(run.inbox.waiting).toBe(100 - 64);
    run.input('next').send('a');
    await run.settle();
    expect(run.outbox.messages).toHaveLength(100);
    run.abort();
  });
});
