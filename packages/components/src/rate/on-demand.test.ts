// SPDX-License-Identifier: Apache-2.0
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { OnDemandLimit, PromptedTurnstile } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

function counted() {
  const count = { disposed: 0 };
  return { count, message: () => ({ [Symbol.dispose]: () => count.disposed++ }) };
}

const gates = [
  ['OnDemandLimit', () => new OnDemandLimit<unknown>(), 'slidecontrol'],
  ['PromptedTurnstile', () => new PromptedTurnstile<unknown>(), 'next'],
] as const;

describe.each(gates)('%s', (_name, gate, box) => {
  it('lets one message go for each request, in order', async () => {
    const run = drive(gate(), { inbox: numbers(4) });
    await run.advance({ ms: 1000 });
    expect(run.outbox.messages).toEqual([]);
    run.input(box).send('NEXT');
    await run.settle();
    expect(run.outbox.messages).toEqual([0]);
    run.input(box).send('NEXT', 'NEXT');
    await run.settle();
    expect(run.outbox.messages).toEqual([0, 1, 2]);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('makes the producer wait when its queue is full', async () => {
    const run = drive(gate());
    run.inbox.send(...numbers(100));
    await run.settle();
    expect(run.inbox.waiting).toBe(36);
    run.input(box).send(...Array(33).fill('NEXT'));
    await run.settle();
    expect(run.outbox.messages).toEqual(numbers(33));
    expect(run.inbox.waiting).toBeLessThan(36);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('keeps requests for the time when its outbox has room again', async () => {
    const run = drive(gate(), {}, { held: true });
    for (let i = 0; i < 5; i++) {
      run.inbox.send(...numbers(20));
      run.input(box).send(...Array(20).fill('NEXT'));
      await run.settle();
    }
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.settle();
    expect(run.outbox.messages).toHaveLength(100);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('ends when nobody can ask any more, and disposes what is left', async () => {
    const { count, message } = counted();
    const run = drive(gate(), { inbox: [message(), message(), message()], [box]: ['NEXT'] });
    await run.done;
    expect(run.outbox.messages).toHaveLength(1);
    expect(count.disposed).toBe(2);
  });

  it('disposes what it holds when it is aborted', async () => {
    const { count, message } = counted();
    const run = drive(gate());
    run.inbox.send(message(), message());
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(count.disposed).toBe(2);
  });

  it('ends when it is stopped in order', async () => {
    const run = drive(gate());
    run.inbox.send(1, 2);
    run.input(box).send('NEXT');
    await run.settle();
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual([1]);
  });
});

describe('OnDemandLimit', () => {
  it('forgets a request for which there is no message', async () => {
    const run = drive(new OnDemandLimit<string>());
    run.input('slidecontrol').send('NEXT', 'NEXT');
    await run.settle();
    run.inbox.send('a', 'b');
    await run.settle();
    expect(run.outbox.messages).toEqual([]);
    run.input('slidecontrol').send('NEXT');
    await run.settle();
    expect(run.outbox.messages).toEqual(['a']);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('ignores and disposes any other message on slidecontrol', async () => {
    const { count, message } = counted();
    const run = drive(new OnDemandLimit<string>(), { inbox: ['a'] });
    run.input('slidecontrol').send('PREV', message(), 7);
    await run.settle();
    expect(run.outbox.messages).toEqual([]);
    expect(count.disposed).toBe(1);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('ends when the last message of the stream has been let go', async () => {
    const run = drive(new OnDemandLimit<string>(), { inbox: ['a', 'b'] });
    run.input('slidecontrol').send('NEXT');
    await run.settle();
    expect(run.outbox.ended).toBe(false);
    run.input('slidecontrol').send('NEXT');
    await run.done;
    expect(run.outbox.messages).toEqual(['a', 'b']);
  });
});

describe('PromptedTurnstile', () => {
  it('remembers requests, whatever they are, and uses them up as messages come', async () => {
    const { count, message } = counted();
    const run = drive(new PromptedTurnstile<string>());
    run.input('next').send('anything', message());
    await run.settle();
    run.inbox.send('a');
    await run.settle();
    expect(run.outbox.messages).toEqual(['a']);
    run.inbox.send('b', 'c');
    await run.settle();
    expect(run.outbox.messages).toEqual(['a', 'b']);
    expect(count.disposed).toBe(1);
    run.abort();
    await expect(run.done).rejects.toThrow();
  });

  it('ends at the request behind the last message', async () => {
    const run = drive(new PromptedTurnstile<string>(), { inbox: ['a'] });
    run.input('next').send('NEXT');
    await run.settle();
    expect(run.outbox.messages).toEqual(['a']);
    expect(run.outbox.ended).toBe(false);
    run.input('next').send('NEXT');
    await run.done;
    expect(run.outbox.ended).toBe(true);
  });
});
