// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from './component.js';
import {
  Component,
  ComponentError,
  checkOwnership,
  Graphline,
  type Inbox,
  type InboxOptions,
  link,
  NotOwnedError,
  type Outbox,
  Pipeline,
  Scheduler,
  SENT,
  type Steps,
} from './index.js';
import {
  checkInvariants,
  drive,
  isFinished,
  TestHandles,
  TestSink,
  TestSource,
  virtualClock,
} from './testing/index.js';

class Pass extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<unknown>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

/** Boxes to be passed on. */
class Shell extends Component {
  readonly inbox: Inbox = this.in('inbox');
  readonly outbox: Outbox = this.out('outbox');
}

const checked = () => {
  const scheduler: Scheduler = new Scheduler({ clock: virtualClock(), onSlice: () => checkInvariants(scheduler) });
  return { scheduler, onLog: () => {} };
};

describe('a ring of boxes that are passed on', () => {
  it('is refused at the link that closes it, and the others still work', () => {
    const [a, b, c] = [new Shell(), new Shell(), new Shell()];
    link(a.inbox, b.inbox);
    link(b.inbox, c.inbox);
    expect(() => link(c.inbox, a.inbox)).toThrow(
      'Shell.inbox: Expected a chain of boxes that ends in an inbox but received the ring ' +
        'Shell.inbox -> Shell.inbox -> Shell.inbox -> Shell.inbox',
    );
    expect(() => link(a.outbox, a.outbox)).toThrow('the ring Shell.outbox -> Shell.outbox');
    expect([c.inbox.to, a.outbox.to]).toEqual([undefined, undefined]);
    const pass = new Pass();
    link(c.inbox, pass.inbox);
    link(new TestSource([1]).outbox, a.inbox);
    expect(pass.inbox.linked).toBe(true);
  });
});

describe('a box that is linked twice', () => {
  it('is refused by name, and keeps its first link', async () => {
    const [source, first, second] = [new TestSource([1, 2]), new TestSink(), new TestSink()];
    const graph = Graphline({ source, first }, () => [link(source.outbox, first.inbox)]);
    expect(() => link(source.outbox, second.inbox)).toThrow(
      'Graphline/source.outbox: Expected a box without a destination but it is linked to Graphline/first.inbox already, ' +
        'so not to TestSink.inbox',
    );
    await graph.run(checked());
    expect([first.messages, second.inbox.linked]).toEqual([[1, 2], false]);
  });

  it('is refused as a passed on inbox, too', () => {
    const [shell, a, b] = [new Shell(), new Pass(), new Pass()];
    link(shell.inbox, a.inbox);
    expect(() => link(shell.inbox, b.inbox)).toThrow('Shell.inbox: Expected a box without a destination');
    expect([a.inbox.from, b.inbox.from]).toEqual([[shell.inbox], []]);
  });
});

describe('an unknown name of a box', () => {
  it('is refused where it is used, with the nearest', async () => {
    expect(() => Graphline({ linkages: { 'a.outbux': 'self.outbox' }, children: { a: new Pass() } })).toThrow(
      /a: Expected the name of an outbox but received "outbux"; did you mean "outbox"\?/,
    );
    const run = drive(
      new (class Wrong extends Pass {
        override *main(): Steps {
          this.send(1, 'outbux');
        }
      })(),
    );
    await expect(run.done).rejects.toThrow(/Wrong-1: .*Expected the name of an outbox but received "outbux"/);
  });
});

describe('a bound that is none', () => {
  it.each<[InboxOptions, string]>([
    [{ capacity: -1 }, 'Bounded: Expected a whole number of at least 1 for capacity of inbox but received -1'],
    [{ capacity: 1.5 }, 'Bounded: Expected a whole number of at least 1 for capacity of inbox but received 1.5'],
    [{ maxBytes: -1 }, 'Bounded.inbox: Expected a number of bytes above 0 for maxBytes but received -1'],
  ])('is refused where the inbox is declared: %o', (options, message) => {
    class Bounded extends Component {
      readonly inbox = this.in('inbox', options);
    }
    expect(() => new Bounded()).toThrow(message);
  });
});

describe('recv() on an empty inbox', () => {
  it('is refused by path; who catches it goes on', async () => {
    let caught: unknown;
    class Hasty extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        try {
          this.inbox.recv();
        } catch (error) {
          caught = error;
        }
        while (!this.inbox.ended) {
          while (this.inbox.ready) this.outbox.send(this.inbox.recv());
          yield;
        }
      }
    }
    const run = drive(new Hasty());
    await run.settle();
    expect(String(caught)).toMatch(
      /Hasty-1\.inbox: Expected a waiting message for recv\(\) but the inbox is empty; test `ready` first$/,
    );
    run.inbox.send(1, 2, 3);
    run.inbox.close();
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2, 3]);
  });
});

describe('send() of a component that has ended', () => {
  it('is refused by path, and the message is disposed of', async () => {
    const handles = new TestHandles();
    const [pass, sink] = [new Pass(), new TestSink()];
    await Pipeline(new TestSource([1]), pass, sink).run(checked());
    const message = 'Pipeline-1/Pass-1.outbox: Expected send() before the end of its component but that has ended';
    expect(() => pass.outbox.send(handles.make(1))).toThrow(message);
    expect(() => pass.outbox.sendAll([handles.make(2), handles.make(3)])).toThrow(message);
    expect(() => pass.send(handles.make(4))).toThrow(message);
    handles.check();
    expect([sink.messages, isFinished(sink)]).toEqual([[1], true]);
  });
});

describe('a component that is activated twice', () => {
  it('is refused by path and runs on', async () => {
    const [source, sink] = [new TestSource(), new TestSink()];
    const options = checked();
    const graph = Pipeline(source, sink).activate(options);
    const message = 'Pipeline-1: Expected a component that is new but it is activated already';
    expect(() => graph.activate(options)).toThrow(message);
    expect(() => graph.run(options)).toThrow(message);
    expect(() => source.activate(options)).toThrow(
      'Pipeline-1/TestSource-1: Expected a component that is new but it is activated already',
    );
    expect(() => Pipeline(source, new TestSink())).toThrow('belongs to another graph already');
    expect(options.scheduler.graphs.size).toBe(1);
    source.input.send(1);
    source.input.close();
    await graph.done;
    expect(sink.messages).toEqual([1]);
  });
});

describe('a component that is linked but never activated', () => {
  it('behind an outbox is an error of run() that names it', async () => {
    const [pass, forgotten] = [new Pass(), new Pass()];
    link(pass.outbox, forgotten.inbox);
    const graph = Pipeline(
      new TestSource([1]),
      Graphline({ pass }, (_, self) => [link(self.in('inbox'), pass.inbox)]),
    );
    const error = await graph.run(checked()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).path).toBe('Pipeline-1/Graphline-1/pass');
    expect((error as ComponentError).component.path).toBe('Pipeline-1/Graphline-1/pass');
    // A log of the error is not to print the graph.
    expect(Object.keys(error as ComponentError)).not.toContain('component');
    expect((error as Error).message).toContain(
      'pass.outbox: Expected Pass to be part of a running graph, since its inbox is linked, but it was not activated',
    );
    expect(isFinished(graph)).toBe(true);
    expect(forgotten[TASK].graph).toBeUndefined();
  });

  it('before an inbox is one too, and nothing has run', async () => {
    const begun: string[] = [];
    class Reader extends Pass {
      override *main(): Steps {
        begun.push('reader');
        yield;
      }
    }
    const [reader, forgotten] = [new Reader(), new Pass()];
    link(forgotten.outbox, reader.inbox);
    await expect(reader.run(checked())).rejects.toThrow(
      'Reader-1.inbox: Expected Pass to be part of a running graph, since its outbox is linked, but it was not activated',
    );
    expect(begun).toEqual([]);
  });

  it('is none when it is activated in the same turn', async () => {
    const options = checked();
    const [source, sink] = [new TestSource([1, 2]), new TestSink()];
    link(source.outbox, sink.inbox);
    const running = source.run(options);
    await Promise.all([running, sink.run(options)]);
    expect(sink.messages).toEqual([1, 2]);
  });

  it('is none when it has ended before', async () => {
    const options = checked();
    const [source, sink] = [new TestSource([1, 2]), new Pass()];
    link(source.outbox, sink.inbox);
    const ended = sink.run(options);
    sink.stop();
    await Promise.all([ended, source.run(options)]);
  });
});

describe('a handle that is sent twice', () => {
  checkOwnership();

  it.each<[string, (pass: Sender, handle: unknown) => void, string]>([
    ['by one box', (s, h) => [s.outbox.send(h), s.outbox.send(h)], 'outbox: Expected a message that is its own'],
    ['by two boxes', (s, h) => [s.outbox.send(h), s.other.send(h)], 'other: Expected a message that is its own'],
    ['in one batch', (s, h) => s.outbox.sendAll([h, h]), 'outbox: Expected a message that is its own'],
    ['by name', (s, h) => [s.send(h), s.send(h)], 'outbox: Expected a message that is its own'],
    ['to nobody', (s, h) => [s.loose.send(h), s.outbox.send(h)], 'outbox: Expected a message that is its own'],
  ])('%s is refused at the call, by name, and disposed of once', async (_, send, message) => {
    const handles = new TestHandles();
    const sender = new Sender((self) => send(self, handles.make(1)));
    const sinks = { a: new Drops(), b: new Drops() };
    const graph = Graphline({ sender, ...sinks }, ({ sender, a, b }) => [
      link(sender.outbox, a.inbox),
      link(sender.other, b.inbox),
    ]);
    const error = await graph.run(checked()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).cause).toBeInstanceOf(NotOwnedError);
    expect(String(error)).toContain(`Graphline-1/sender.${message}`);
    expect(String(error)).toMatch(/received TestHandle that Graphline-1\/sender\.\w+ has sent already; clone\(\) it/);
    expect(isFinished(graph)).toBe(true);
    if (_ !== 'in one batch') handles.check();
  });

  it('is refused as well if it keeps itself by which box it was sent', async () => {
    let sentBy: { path(): string } | undefined;
    const handle = {
      [Symbol.dispose]() {},
      [SENT](box: { path(): string } | undefined) {
        const before = sentBy;
        if (before === undefined || box === undefined) sentBy = box;
        return before;
      },
    };
    await Pipeline([handle], new Pass(), new Drops()).run(checked());
    expect(sentBy).toBeUndefined();
    const twice = new Sender((self) => self.loose.sendAll([handle, handle]));
    await expect(twice.run(checked())).rejects.toThrow(
      /loose: Expected .* received Object that Sender-\d+.loose has sent/,
    );
    // Refused as a whole, so its sender still has it.
    expect(sentBy).toBeUndefined();
    const dropped = new Sender((self) => [self.loose.send(handle), self.other.send(handle)]);
    await expect(dropped.run(checked())).rejects.toThrow(
      /other: Expected .* received Object that Sender-\d+.loose has sent/,
    );
  });

  it('goes from hand to hand as often as it is taken', async () => {
    const handles = new TestHandles();
    await Pipeline([handles.make(1)], new Pass(), new Pass(), new Pass(), new Drops()).run(checked());
    handles.check();
  });
});

class Sender extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly other = this.out<unknown>('other');
  readonly loose = this.out<unknown>('loose');
  readonly #work: (self: Sender) => void;
  constructor(work: (self: Sender) => void) {
    super();
    this.#work = work;
  }
  override *main(): Steps {
    this.#work(this);
    yield;
  }
}

class Drops extends Component {
  readonly inbox = this.in<unknown>('inbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) (this.inbox.recv() as Disposable)[Symbol.dispose]();
      yield;
    }
  }
}

it('a signal that is none, or a name that is no text, is refused at the call, and the component can still be run', async () => {
  const line = Pipeline([1], () => {});
  expect(() => line.run({ signal: 5 as never })).toThrow('Pipeline: Expected an AbortSignal for signal but received 5');
  expect(() => {
    line.name = Symbol('x') as never;
  }).toThrow('Pipeline: Expected a string for name but received Symbol(x)');
  await line.run();
});

it('a box without a name, or with a priority or role that there is not, is refused where it is declared', () => {
  class Odd extends Component {
    constructor(name: unknown, priority?: unknown, role?: unknown) {
      super();
      this.in(name as string, { ...(priority === undefined ? {} : { priority: priority as 'data' }) });
      this.out('outbox', { ...(role === undefined ? {} : { role: role as 'data' }) });
    }
  }
  expect(() => new Odd(undefined)).toThrow(
    'Odd: Expected a non-empty string for the name of an inbox but received undefined',
  );
  expect(() => new Odd('inbox', 'high')).toThrow('Odd.inbox: Expected data or control for priority but received high');
  expect(() => new Odd('inbox', 'control', 'signal')).toThrow(
    'Odd.outbox: Expected data or control for role but received signal',
  );
});
