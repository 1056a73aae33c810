// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Steps } from '../index.js';
import { slicesOf, TestSink, TestSource, virtualClock } from '../testing/index.js';
import {
  AdaptiveCommsComponent,
  component,
  Introspector,
  producerFinished,
  scheduler,
  shutdownMicroprocess,
} from './index.js';

class Sleeper extends AdaptiveCommsComponent {
  override *main(): Steps {
    for (;;) {
      this.pause();
      yield 1;
    }
  }
}

async function rig() {
  const clock = virtualClock();
  const s = new scheduler({ clock });
  const introspector = new Introspector();
  const sink = new TestSink<string>();
  introspector.link([introspector, 'outbox'], [sink, 'inbox']);
  s._addThread(sink);
  introspector.activate(s);
  await clock.settle();
  const [all, ...first] = sink.messages.splice(0);
  expect(all).toBe('DEL ALL\n');
  /** The lines since it was last asked. */
  const lines = async (): Promise<string[]> => {
    await clock.settle();
    return sink.messages
      .splice(0)
      .join('')
      .split('\n')
      .filter((line) => line !== '');
  };
  return { clock, s, introspector, sink, first: first.join('').split('\n').slice(0, -1), lines };
}

describe('Introspector', () => {
  it('says what there is, its boxes, and how they are linked', async () => {
    const { introspector, sink, first, s } = await rig();
    const { id } = introspector;
    expect(first).toEqual([
      `ADD NODE "${sink.path}" "${sink.name}" randompos component`,
      `ADD NODE "(${sink.path}, 'i', 'inbox')" "inbox" randompos inbox`,
      `ADD LINK "${sink.path}" "(${sink.path}, 'i', 'inbox')"`,
      `ADD NODE "${id}" "${introspector.name}" randompos component`,
      ...[
        ['i', 'inbox', 'inbox'],
        ['i', 'control', 'inbox'],
        ['o', 'outbox', 'outbox'],
        ['o', 'signal', 'outbox'],
      ].flatMap(([io, name, kind]) => [
        `ADD NODE "(${id}, '${io}', '${name}')" "${name}" randompos ${kind}`,
        `ADD LINK "${id}" "(${id}, '${io}', '${name}')"`,
      ]),
      `ADD LINK "(${id}, 'o', 'outbox')" "(${sink.path}, 'i', 'inbox')"`,
    ]);
    s.stop();
    await s.runThreads();
  });

  it('and then only what changes, in the order of the viewers; also what is linked and not activated', async () => {
    const { s, lines } = await rig();
    const [a, b] = [new Sleeper().activate(s), new Sleeper()];
    const made = a.link([a, 'outbox'], [b, 'inbox']);
    const added = await lines();
    expect(added.filter((line) => / component$/.test(line))).toEqual([
      `ADD NODE "${a.id}" "${a.name}" randompos component`,
      `ADD NODE "${b.id}" "${b.name}" randompos component`,
    ]);
    expect(added.at(-1)).toBe(`ADD LINK "(${a.id}, 'o', 'outbox')" "(${b.id}, 'i', 'inbox')"`);
    expect(await lines()).toEqual([]);
    a.unlink(made);
    const removed = await lines();
    expect(removed[0]).toBe(`DEL LINK "(${a.id}, 'o', 'outbox')" "(${b.id}, 'i', 'inbox')"`);
    expect(removed.slice(1)).toEqual(
      [
        b.id,
        `(${b.id}, 'i', 'inbox')`,
        `(${b.id}, 'i', 'control')`,
        `(${b.id}, 'o', 'outbox')`,
        `(${b.id}, 'o', 'signal')`,
      ].map((id) => `DEL NODE "${id}"`),
    );
    const name = a.addInbox('extra');
    const c = new component();
    c.link([c, 'outbox'], [a, name]);
    const kinds = (await lines()).map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(kinds.indexOf('ADD NODE')).toBe(0);
    expect(kinds.at(-1)).toBe('ADD LINK');
    a.stop();
    const gone = await lines();
    expect(gone.every((line) => line.startsWith('DEL'))).toBe(true);
    s.stop();
    await s.runThreads();
  });

  it('sleeps while nothing changes', async () => {
    const { clock, s, introspector, lines } = await rig();
    const source = new TestSource<number>();
    const sink = new TestSink<number>();
    introspector.link([source, 'outbox'], [sink, 'inbox']);
    s._addThread(source);
    s._addThread(sink);
    await lines();
    const before = slicesOf(introspector);
    source.input.send(1, 2, 3);
    await clock.advance({ ms: 60_000 });
    expect(slicesOf(introspector)).toEqual(before);
    s.stop();
    await s.runThreads();
  });

  it('ends on shutdownMicroprocess only', async () => {
    const { clock, s, introspector } = await rig();
    const told = new TestSink();
    introspector.link([introspector, 'signal'], [told, 'inbox']);
    s._addThread(told);
    introspector._deliver(new producerFinished(), 'control');
    await clock.settle();
    expect(introspector._isStopped()).toBe(false);
    const stop = new shutdownMicroprocess();
    introspector._deliver(stop, 'control');
    await s.runThreads();
    expect(told.messages).toEqual([stop]);
  });
});
