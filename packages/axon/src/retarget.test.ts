// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TASK } from './component.js';
import {
  Component,
  Graphline,
  type Inbox,
  type InboxOptions,
  type Link,
  LinkCycleError,
  link,
  type Outbox,
  Pipeline,
  RetargetError,
  retarget,
  Scheduler,
  type Steps,
  unlink,
} from './index.js';
import { checkInvariants, TestHandles, TestSink, TestSource, virtualClock } from './testing/index.js';

/** A sink with an inbox of its own bounds that takes nothing until it is let go. */
class Bounded extends Component {
  readonly inbox: Inbox<number>;
  readonly messages: number[] = [];
  held = true;
  constructor(options: InboxOptions = {}) {
    super();
    this.inbox = this.in('inbox', options);
  }
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (!this.held && this.inbox.ready) this.messages.push(this.inbox.recv());
      yield* this.sleep({ ms: 1 });
    }
  }
}

class Shell extends Component {
  readonly inbox: Inbox<number> = this.in('inbox');
  readonly outbox: Outbox<number> = this.out('outbox');
}

function bench() {
  const clock = virtualClock();
  const scheduler: Scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  return { clock, options: { scheduler, onLog: () => {} } };
}

const numbers = (n: number, first = 0) => Array.from({ length: n }, (_, i) => first + i);

describe('retarget', () => {
  it('moves what waits to the new destination, in order and before what is sent next', async () => {
    const { clock, options } = bench();
    const [source, left, right] = [new TestSource<number>(), new TestSink<number>(), new TestSink<number>()];
    left.hold();
    let made = {} as Link<number>;
    const graph = Graphline({ source, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made];
    }).activate(options);
    source.input.send(...numbers(100));
    await clock.settle();
    expect([left.inbox.length, source.input.waiting]).toEqual([64, 36]);
    const next = retarget(made, right.inbox);
    checkInvariants(options.scheduler);
    source.input.close();
    left.stop();
    await graph.done;
    expect([left.messages, right.messages]).toEqual([[], numbers(100)]);
    expect(next.sink).toBe(right.inbox);
  });

  it('leaves what waits to the old destination when asked to', async () => {
    const { clock, options } = bench();
    const [source, left, right] = [new TestSource<number>(), new TestSink<number>(), new TestSink<number>()];
    left.hold();
    let made = {} as Link<number>;
    const graph = Graphline({ source, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made];
    }).activate(options);
    source.input.send(1, 2);
    await clock.settle();
    retarget(made, right.inbox, { waiting: 'stay' });
    source.input.send(3);
    source.input.close();
    left.take();
    await clock.settle();
    left.stop();
    await graph.done;
    expect([left.messages, right.messages]).toEqual([[1, 2], [3]]);
  });

  it('holds the sender back at a new destination that is full by it, and lets it go on', async () => {
    const { clock, options } = bench();
    const [source, left, right] = [
      new TestSource<number>(),
      new Bounded({ capacity: 8 }),
      new Bounded({ capacity: 8 }),
    ];
    let made = {} as Link<number>;
    const graph = Graphline({ source, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made];
    }).activate(options);
    source.input.send(...numbers(20));
    await clock.settle();
    retarget(made, right.inbox);
    await clock.settle();
    expect([left.inbox.length, right.inbox.length, source.outbox.open, source.input.waiting]).toEqual([
      0,
      8,
      false,
      12,
    ]);
    right.held = false;
    source.input.close();
    left.stop();
    while (await clock.advanceToNextAlarm());
    await graph.done;
    expect(right.messages).toEqual(numbers(20));
  });

  it.each<[string, InboxOptions, number[]]>([
    ['messages', { capacity: 5 }, []],
    ['messages, with what it holds', { capacity: 10 }, numbers(5)],
    ['a lossy one, which would drop', { capacity: 5, lossy: 'oldest' }, []],
  ])('refuses a destination without the room, in %s, and changes nothing', async (_, options, held) => {
    const bed = bench();
    const [source, other] = [new TestSource<number>(), new TestSource<number>()];
    const [left, right] = [new Bounded({ capacity: 8 }), new Bounded(options)];
    let made = {} as Link<number>;
    const graph = Graphline({ source, other, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made, link(other.outbox, right.inbox)];
    }).activate(bed.options);
    source.input.send(...numbers(20));
    other.input.send(...held);
    await bed.clock.settle();
    expect(() => retarget(made, right.inbox)).toThrow(RetargetError);
    expect(() => retarget(made, right.inbox)).toThrow(
      `Graphline-1/left.inbox: Expected a box that can take over from it but received Graphline-1/right.inbox: it has no ` +
        `room for 8 waiting messages: Graphline-1/right.inbox takes ${options.capacity}${held.length ? ' and holds 5' : ''}`,
    );
    checkInvariants(bed.options.scheduler);
    expect([left.inbox.length, right.inbox.length, source.input.waiting]).toEqual([8, held.length, 12]);
    left.held = right.held = false;
    source.input.close();
    other.input.close();
    while (await bed.clock.advanceToNextAlarm());
    await graph.done;
    expect(left.messages).toEqual(numbers(20));
  });

  it('refuses to guess whose messages wait; all links together may move', async () => {
    const { clock, options } = bench();
    const [a, b] = [new TestSource([1]), new TestSource([2])];
    const [left, right] = [new TestSink<number>(), new TestSink<number>()];
    left.hold();
    const made: Link<number>[] = [];
    const graph = Graphline({ a, b, left, right }, () => {
      made.push(link(a.outbox, left.inbox), link(b.outbox, left.inbox));
      return made;
    }).activate(options);
    await clock.settle();
    expect(() => retarget(made[0] as Link<number>, right.inbox)).toThrow(
      '2 waiting messages may be of Graphline-1/b.outbox as well',
    );
    expect(left.inbox.length).toBe(2);
    retarget(made, right.inbox);
    left.stop();
    await graph.done;
    expect(right.messages).toEqual([1, 2]);
    expect(right.ended).toBe(true);
  });

  it('of a link whose sender has ended moves the rest and the end of the stream', async () => {
    const { clock, options } = bench();
    const [left, right] = [new TestSink<number>(), new TestSink<number>()];
    left.hold();
    let made = {} as Link<number>;
    const source = new TestSource([1, 2, 3]);
    const graph = Graphline({ source, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made];
    }).activate(options);
    await clock.settle();
    retarget(made, right.inbox);
    await graph.done;
    expect([right.messages, right.ended, left.messages]).toEqual([[1, 2, 3], true, []]);
  });

  it('leads an inbox that is passed on to another part', async () => {
    const { clock, options } = bench();
    const [left, right] = [new TestSink<number>(), new TestSink<number>()];
    left.hold();
    let made = {} as Link<number>;
    const inner = Graphline({ left, right }, (_, self) => {
      made = link(self.in<number>('inbox'), left.inbox);
      return [made];
    });
    const source = new TestSource<number>();
    const graph = Pipeline(source, inner).activate(options);
    source.input.send(1, 2);
    await clock.settle();
    retarget(made, right.inbox);
    source.input.send(3);
    source.input.close();
    await clock.settle();
    left.stop();
    await graph.done;
    expect(right.messages).toEqual([1, 2, 3]);
  });

  it('refuses rings, boxes that are none, links that are gone and components that have ended', async () => {
    const [a, b, c] = [new Shell(), new Shell(), new Shell()];
    const made = link(a.inbox, b.inbox);
    link(c.inbox, a.inbox);
    expect(() => retarget(made, c.inbox)).toThrow(LinkCycleError);
    expect(() => retarget(made, a.outbox)).toThrow(/^retarget: Expected an inbox to be passed on to an inbox/);
    expect(() => retarget(made, undefined as never)).toThrow('retarget: Expected an Inbox or Outbox for sink');
    expect(() => retarget(made, c.inbox, { waiting: 'drop' as never })).toThrow('Expected move or stay for waiting');
    expect(a.inbox.to).toBe(b.inbox);
    unlink(made);
    expect(() => retarget(made, b.inbox)).toThrow('retarget: Expected a link that is in place but received the one of');
    expect(() => retarget({} as Link, b.inbox)).toThrow('retarget: Expected a link that is in place');
    const ended = new TestSink<number>();
    ended.stop();
    await ended.run(bench().options);
    const [source, sink] = [new TestSource<number>(), new TestSink<number>()];
    const kept = link(source.outbox, sink.inbox);
    expect(() => retarget(kept, ended.inbox)).toThrow(/TestSink-1\.inbox: TestSink-1 has ended$/);
    expect(source.outbox.to).toBe(sink.inbox);
  });

  it('disposes of nothing, and refuses to lead waiting messages nowhere', async () => {
    const { clock, options } = bench();
    const handles = new TestHandles();
    const source = new TestSource<unknown>();
    const sink = new TestSink<unknown>();
    sink.hold();
    const shell = new Shell();
    let made = {} as Link<unknown>;
    const graph = Graphline({ source, sink }, () => {
      made = link(source.outbox, sink.inbox);
      return [made];
    }).activate(options);
    source.input.send(handles.make(1));
    await clock.settle();
    expect(() => retarget(made, shell.outbox as Outbox)).toThrow(
      'it leads nowhere, and 1 waiting message would be lost',
    );
    expect([handles.live, sink.inbox.length]).toEqual([1, 1]);
    graph.abort();
    await graph.done.catch(() => {});
    handles.check();
  });

  it('frees a sender that the old destination held back, wherever it waits', async () => {
    const { clock, options } = bench();
    class Async extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let n = 0; n < 10; n++) {
          await this.outbox.room();
          this.outbox.send(n);
        }
      }
    }
    const source = new Async();
    const [left, right] = [new Bounded({ capacity: 2 }), new TestSink<number>()];
    let made = {} as Link<number>;
    const graph = Graphline({ source, left, right }, () => {
      made = link(source.outbox, left.inbox);
      return [made];
    }).activate(options);
    await clock.advance({ ms: 2 });
    expect([left.inbox.length, source[TASK].blocked]).toEqual([2, 1]);
    retarget(made, right.inbox);
    await clock.settle();
    left.stop();
    while (await clock.advanceToNextAlarm());
    await graph.done;
    expect(right.messages).toEqual(numbers(10));
  });
});
