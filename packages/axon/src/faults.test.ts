// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Backplane,
  Carousel,
  Component,
  Graphline,
  group,
  type Inbox,
  link,
  type Outbox,
  Par,
  Pipeline,
  PublishTo,
  Seq,
  Step,
  type Steps,
  SubscribeTo,
  type SupervisionPolicy,
  Tee,
} from './index.js';
import { type FaultOptions, injectFaults, type TestHandle, type TestHandles } from './testing/index.js';

type Handle = TestHandle<number>;
const MESSAGES = 5;

/** Sends handles as there is room, and yields in every way there is. */
class Source extends Component {
  readonly outbox = this.out<Handle>('outbox');
  readonly #handles: TestHandles;
  constructor(handles: TestHandles) {
    super();
    this.#handles = handles;
  }
  override *main(): Steps {
    for (let n = 0; n < MESSAGES; n++) {
      while (!this.outbox.open) yield;
      this.outbox.send(this.#handles.make(n));
      if (n === 1) yield Step.again;
      if (n === 2) yield* this.until(Promise.resolve());
      if (n === 3) yield* this.sleep({ ms: 1 });
    }
  }
}

/** Keeps what it works on over a yield, and cleans up in two slices. */
class Worker extends Component {
  readonly inbox: Inbox<Handle> = this.in<Handle>('inbox', { capacity: 2 });
  readonly outbox = this.out<Handle>('outbox');
  override *main(): Steps {
    const { inbox, outbox } = this;
    let held: Handle | undefined;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          held = inbox.recv();
          yield Step.again;
          const message = held;
          held = undefined;
          outbox.send(message);
        }
        yield;
      }
    } finally {
      held?.[Symbol.dispose]();
      yield Step.again;
    }
  }
}

class Sink extends Component {
  readonly inbox = this.in<Handle>('inbox', { capacity: 2 });
  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      if (inbox.ready) inbox.recv()[Symbol.dispose]();
      yield;
    }
  }
}

class AsyncWorker extends Component {
  readonly inbox = this.in<Handle>('inbox', { capacity: 1 });
  readonly outbox: Outbox<Handle> = this.out<Handle>('outbox');
  override async main(): Promise<void> {
    for (let handle = await this.inbox.next(); handle !== undefined; handle = await this.inbox.next()) {
      try {
        await this.delay({ ms: 1 });
        await this.outbox.room();
      } catch (error) {
        handle[Symbol.dispose]();
        throw error;
      }
      this.outbox.send(handle);
    }
  }
}

const ORDERS: readonly FaultOptions[] = [{}, { seed: 1 }, { seed: 2 }];

async function expectSound(
  make: Parameters<typeof injectFaults>[0],
  options: FaultOptions = {},
  orders = ORDERS,
): Promise<void> {
  for (const order of orders) {
    const { runs, injected } = await injectFaults(make, { ...options, ...order });
    expect(injected).toBeGreaterThan(50);
    expect(injected).toBeGreaterThan(runs * 0.8);
  }
}

describe('a fault, stop or abort at every yield', () => {
  it('of a Pipeline', () => expectSound(({ handles }) => Pipeline(new Source(handles), new Worker(), new Sink())));

  it('of a Pipeline of iterables and functions', () =>
    expectSound(({ handles }) =>
      Pipeline(
        [1, 2, 3],
        (n: number) => handles.make(n),
        async (h: Handle) => h,
        (h: Handle) => h[Symbol.dispose](),
      ),
    ));

  it('of an async main', () =>
    expectSound(({ handles }) => Pipeline(new Source(handles), new AsyncWorker(), new Sink())));

  it('of a Graphline with fan-in and parts in parts', () =>
    expectSound(({ handles }) => {
      const parts = {
        a: new Source(handles),
        b: Pipeline(new Source(handles), new Worker()),
        worker: new Worker(),
        sink: new Sink(),
      };
      return Graphline(parts, ({ a, b, worker, sink }) => [
        link(a.outbox, worker.inbox),
        link(b.outbox as Outbox<Handle>, worker.inbox),
        link(worker.outbox, sink.inbox),
      ]);
    }));

  it('of a Tee', () =>
    expectSound(({ handles }) =>
      Pipeline(
        new Source(handles),
        Tee<Handle>(new Worker(), { part: new Worker(), policy: 'drop-oldest', capacity: 1 }, new Sink()),
        new Sink(),
      ),
    ));

  it('of a Seq', () =>
    expectSound(({ handles }) =>
      Pipeline(
        Seq(new Source(handles), 'and then', () => Pipeline(new Source(handles), new Worker())),
        new Sink(),
      ),
    ));

  it('of a Seq whose parts share an inbox', () =>
    expectSound(({ handles }) => Pipeline(new Source(handles), Seq(new Worker(), new Worker()), new Sink())));

  it('of a Par', () =>
    expectSound(({ handles }) =>
      Pipeline(Par(new Source(handles), Pipeline(new Source(handles), new Worker())), new Sink()),
    ));

  it('of a Carousel whose children come, go and leave something', () =>
    expectSound(({ handles }) => {
      class Asks extends Component {
        readonly inbox = this.in<'NEXT'>('inbox');
        readonly outbox = this.out<number>('outbox');
        override *main(): Steps {
          for (let n = 0; n < 3; n++) {
            while (this.inbox.length === 0 && !this.inbox.ended) yield;
            if (this.inbox.length === 0) return;
            this.inbox.recv();
            this.outbox.send(n);
          }
        }
      }
      /** Takes two and ends. */
      class Two extends Worker {
        override *main(): Steps {
          for (let n = 0; n < 2; n++) {
            while (!this.inbox.ready) {
              if (this.inbox.ended) return;
              yield;
            }
            this.outbox.send(this.inbox.recv());
          }
        }
      }
      const parts = {
        source: new Source(handles),
        asks: new Asks(),
        carousel: Carousel((n: number) => (n === 1 ? Pipeline(new Two(), new Worker()) : new Two()), {
          make1stRequest: true,
        }),
        sink: new Sink(),
      };
      return Graphline(parts, ({ source, asks, carousel, sink }) => [
        link(source.outbox, carousel.inbox as Inbox<Handle>),
        link(carousel.requestNext, asks.inbox),
        link(asks.outbox, carousel.next),
        link(carousel.outbox as Outbox<Handle>, sink.inbox),
      ]);
    }));

  it('of a Graphline whose parts have boxes for orders', () =>
    expectSound(({ handles }) => {
      class Obeys extends Worker {
        readonly control = this.in<unknown>('control');
        readonly signalBox = this.out<unknown>('signal');
      }
      const parts = { source: new Source(handles), a: new Obeys(), b: new Obeys(), sink: new Sink() };
      return Graphline(parts, ({ source, a, b, sink }) => [
        link(source.outbox, a.inbox),
        link(a.outbox, b.inbox),
        link(a.signalBox, b.control),
        link(b.outbox, sink.inbox),
      ]);
    }));

  it('of a Backplane, those that publish and those that subscribe', () => {
    const make: Parameters<typeof injectFaults>[0] = ({ handles, scheduler }) => {
      const options = { scheduler, onLog: () => {} };
      new Backplane('TV').activate(options);
      Pipeline(new SubscribeTo<Handle>('TV'), new Sink()).activate(options);
      const lossy = new SubscribeTo<Handle>({ name: 'TV', policy: 'drop-newest', capacity: 1 });
      Pipeline(lossy, new Sink()).activate(options);
      return Pipeline(new Source(handles), new PublishTo({ name: 'TV', forwarder: true }), new Sink());
    };
    // In the order of activation: a backplane has to run before those that look for it.
    return expectSound(make, {}, [{}]);
  });

  it.each<SupervisionPolicy>(['restart', 'skip', 'escalate'])('of a group of policy %s', (supervise) =>
    expectSound(({ handles }) =>
      Pipeline(
        new Source(handles),
        group(() => Pipeline(new Worker(), new Worker()), { supervise, max: 2 }),
        new Sink(),
      ),
    ),
  );

  it('of parts that come while it runs', () =>
    expectSound(({ handles }) => {
      class Manager extends Component {
        override *main(): Steps {
          for (let n = 0; n < 2; n++) {
            this.add(Pipeline(new Source(handles), new Worker(), new Sink()), `line-${n}`);
            yield* this.sleep({ ms: 1 });
          }
          while (this.parts.length > 0) yield;
        }
      }
      return new Manager();
    }));

  it('of a graph whose values() are taken, all or some', async () => {
    const take = (most: number): FaultOptions => ({
      run: async (component, options) => {
        let taken = 0;
        for await (const _ of component.values(options)) if (++taken === most) break;
      },
    });
    const make: Parameters<typeof injectFaults>[0] = ({ handles }) => Pipeline(new Source(handles), new Worker());
    await expectSound(make, take(Number.POSITIVE_INFINITY));
    await expectSound(make, take(2));
  });
});

describe('injectFaults', () => {
  it('finds a message that is not disposed of, and says at which yield', async () => {
    class Leaky extends Worker {
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const held = this.inbox.recv();
            yield Step.again;
            this.outbox.send(held);
          }
          yield;
        }
      }
    }
    const run = injectFaults(({ handles }) => Pipeline(new Source(handles), new Leaky(), new Sink()));
    await expect(run).rejects.toThrow(
      /^injectFaults: throw at yield \d+ of Pipeline-1\/[\w-]+: TestHandles: not disposed of: 0$/,
    );
  });

  it('finds a component that does not end', async () => {
    class Endless extends Component {
      override *main(): Steps {
        for (;;) yield Step.again;
      }
    }
    await expect(injectFaults(() => new Endless(), { maxSlices: 100 })).rejects.toThrow(
      'injectFaults: without a fault: has not ended after 100 slices; not ended: Endless-1',
    );
  });

  it('finds a message that is disposed of twice', async () => {
    class Careless extends Component {
      readonly inbox = this.in<Handle>('inbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const handle = this.inbox.recv();
            handle[Symbol.dispose]();
            handle[Symbol.dispose]();
          }
          yield;
        }
      }
    }
    const run = injectFaults(({ handles }) => Pipeline(new Source(handles), new Careless()));
    await expect(run).rejects.toThrow('disposed of more than once: 0');
  });
});
