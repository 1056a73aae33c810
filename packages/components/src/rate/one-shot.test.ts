// SPDX-License-Identifier: Apache-2.0
import { Component, Graphline, link, Scheduler, type Steps } from '@kamaelia/axon';
import { drive, virtualClock } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { OneShot, TriggeredOneShot } from './index.js';

function disposable() {
  const message = {
    disposed: 0,
    [Symbol.dispose]() {
      message.disposed++;
    },
  };
  return message;
}

describe('OneShot', () => {
  it('sends its message and ends', async () => {
    const run = drive(new OneShot({ msg: { hello: 'world' } }));
    await run.done;
    expect(run.outbox.messages).toEqual([{ hello: 'world' }]);
    expect(run.outbox.ended).toBe(true);
  });

  it('takes a string as the message', async () => {
    const run = drive(new OneShot('hello'));
    await run.done;
    expect(run.outbox.messages).toEqual(['hello']);
  });

  it('disposes a message that found no room before it was stopped, and only that', async () => {
    class Sleeper extends Component {
      readonly inbox = this.in<unknown>('inbox', { capacity: 1 });
      readonly taken: unknown[] = [];
      override *main(): Steps {
        yield* this.sleep({ ms: 100 });
        this.taken.push(this.inbox.recv());
      }
    }
    const messages = [disposable(), disposable()] as const;
    const graph = Graphline(
      { a: new OneShot({ msg: messages[0] }), b: new OneShot({ msg: messages[1] }), sleeper: new Sleeper() },
      ({ a, b, sleeper }) => [link(a.outbox, sleeper.inbox), link(b.outbox, sleeper.inbox)],
    );
    const clock = virtualClock();
    graph.activate({ scheduler: new Scheduler({ clock }) });
    await clock.advance({ ms: 100 });
    await graph.done;
    expect(messages.map((m) => m.disposed)).toEqual([0, 1]);
  });

  it.each([[undefined], [7], [{ message: 'a' }]])('refuses %o at construction', (options) => {
    expect(() => new OneShot(options as never)).toThrow(/^OneShot: Expected a string or \{ msg \} but received /);
  });
});

describe('TriggeredOneShot', () => {
  it('waits for anything to arrive, then sends its message and ends', async () => {
    const run = drive(new TriggeredOneShot('now'));
    await run.advance({ ms: 1000 });
    expect(run.outbox.messages).toEqual([]);
    const trigger = disposable();
    run.inbox.send(trigger);
    await run.done;
    expect(run.outbox.messages).toEqual(['now']);
    expect(trigger.disposed).toBe(1);
  });

  it('disposes further triggers', async () => {
    const triggers = [disposable(), disposable(), disposable()];
    const run = drive(new TriggeredOneShot({ msg: 1 }), { inbox: triggers });
    await run.done;
    expect(run.outbox.messages).toEqual([1]);
    expect(triggers.map((t) => t.disposed)).toEqual([1, 1, 1]);
  });

  it('sends nothing, and disposes its message, when the stream ends without a trigger', async () => {
    const message = disposable();
    const run = drive(new TriggeredOneShot({ msg: message }), { inbox: [] });
    await run.done;
    expect(run.outbox.messages).toEqual([]);
    expect(message.disposed).toBe(1);
  });

  it('disposes its message when it is aborted', async () => {
    const message = disposable();
    const run = drive(new TriggeredOneShot({ msg: message }));
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(message.disposed).toBe(1);
  });

  it('refuses what is no message at construction', () => {
    expect(() => new TriggeredOneShot({} as never)).toThrow(/^TriggeredOneShot: Expected a string or \{ msg \}/);
  });
});
