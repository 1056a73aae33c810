// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Carousel,
  Component,
  Graphline,
  type Link,
  link,
  Pipeline,
  retarget,
  Scheduler,
  type Steps,
  unlink,
} from './index.js';
import { checkInvariants, TestSink, TestSource, virtualClock } from './testing/index.js';

const checked = () => {
  const clock = virtualClock();
  const scheduler: Scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  return { clock, scheduler };
};

/** Passes a part's outbox on, and sends from it too. */
class Both extends Component {
  readonly outbox = this.out<string>('outbox');
  readonly part = new TestSource<string>();
  readonly #own: readonly string[];
  constructor(own: readonly string[]) {
    super();
    this.#own = own;
    this.add(this.part);
    link(this.part.outbox, this.outbox);
  }
  override *main(): Steps {
    for (const text of this.#own) {
      this.outbox.send(text);
      yield* this.sleep({ ms: 1 });
    }
    this.outbox.sendAll(['all', 'together']);
  }
}

describe('an outbox that a part is linked to', () => {
  it('still sends what its own component sends, in order, and ends with both', async () => {
    const { clock, scheduler } = checked();
    const [both, sink] = [new Both(['a', 'b']), new TestSink<string>()];
    const graph = Pipeline(both, sink).activate({ scheduler });
    both.part.input.send('part');
    await clock.advance({ ms: 5 });
    expect(sink.messages).toEqual(['a', 'part', 'b', 'all', 'together']);
    expect(sink.inbox.ended).toBe(false);
    both.part.input.close();
    await clock.settle();
    await graph.done;
    expect(sink.inbox.ended).toBe(true);
  });

  it('holds its own component back where the destination is full', async () => {
    const { clock, scheduler } = checked();
    const [both, sink] = [new Both([]), new TestSink<string>()];
    sink.hold();
    const graph = Pipeline(both, sink).activate({ scheduler });
    await clock.settle();
    both.outbox.sendAll(Array.from({ length: 64 }, String));
    expect(both.outbox.open).toBe(false);
    sink.take(100);
    both.part.input.close();
    await clock.settle();
    await graph.done;
  });

  it('is led elsewhere, or unlinked, as a whole while it is a writer of its own', async () => {
    for (const how of ['retarget', 'unlink'] as const) {
      const { clock, scheduler } = checked();
      const [names, child] = [new TestSource<string>(), new TestSource<string>()];
      const [a, b] = [new TestSink<string>(), new TestSink<string>()];
      let made: Link<string> | undefined;
      const carousel = Carousel<string, typeof child>(() => child);
      const graph = Graphline({ names, carousel, a, b }, ({ names, carousel, a }) => {
        made = link(carousel.outbox, a.inbox);
        return [link(names.outbox, carousel.next), made];
      }).activate({ scheduler });
      names.input.send('go');
      await clock.settle();
      child.input.send('first');
      await clock.settle();
      if (how === 'retarget') retarget(made as Link<string>, b.inbox);
      else {
        unlink(made as Link<string>);
        link(carousel.outbox, b.inbox);
      }
      child.input.send('second');
      await clock.settle();
      expect([a.messages, b.messages], how).toEqual([['first'], ['second']]);
      expect([a.inbox.linked, b.inbox.linked], how).toEqual([false, true]);
      child.input.close();
      names.input.close();
      a.stop();
      await clock.settle();
      await graph.done;
    }
  });
});
