// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { component, inbox, inspection, outbox } from '../../test/reports.js';
import { culprit, Stillness } from './stall.js';

describe('Stillness', () => {
  const moved = (seconds: number, sent: number) =>
    inspection(seconds, component('a', { outboxes: [outbox('b.inbox', { sent })] }));

  it('tells whole seconds since the last message, from one on', () => {
    const stillness = new Stillness();
    const told = [moved(0, 0), moved(0.9, 0), moved(1, 0), moved(2.7, 0), moved(3, 1), moved(3.9, 1), moved(4, 1)];
    expect(told.map((seen) => stillness.secondsAt(seen))).toEqual([
      undefined,
      undefined,
      1,
      2,
      undefined,
      undefined,
      1,
    ]);
  });

  it('counts a message that was taken as movement', () => {
    const stillness = new Stillness();
    const taken = (seconds: number, n: number) =>
      inspection(seconds, component('a', { inboxes: [inbox({ taken: n })] }));
    expect([taken(0, 0), taken(5, 1), taken(7, 1)].map((seen) => stillness.secondsAt(seen))).toEqual([
      undefined,
      undefined,
      2,
    ]);
  });

  it('has nothing to tell of a graph that has ended', () => {
    const stillness = new Stillness();
    const ended = (seconds: number) => inspection(seconds, component('a', { state: 'ended' }));
    expect([ended(0), ended(9)].map((seen) => stillness.secondsAt(seen))).toEqual([undefined, undefined]);
  });
});

describe('culprit', () => {
  it('follows full boxes down to the one that does not take', () => {
    const seen = inspection(
      0,
      component('line', { reason: 'its parts' }),
      component('line/source', { reason: 'full: outbox -> line/mid.inbox', outboxes: [outbox('line/mid.inbox')] }),
      component('line/mid', {
        reason: 'full: outbox -> line/disk.inbox',
        inboxes: [inbox({ waiting: 64, full: true })],
        outboxes: [outbox('line/disk.inbox')],
      }),
      component('line/disk', { state: 'waiting', reason: 'promise', inboxes: [inbox({ waiting: 64, full: true })] }),
    );
    expect(culprit(seen)).toEqual({ path: 'line/disk', waiting: 2 });
  });

  it('follows empty boxes up to the one that does not send', () => {
    const seen = inspection(
      0,
      component('camera', { state: 'waiting', reason: 'promise', outboxes: [outbox('mid.inbox')] }),
      component('mid', { reason: 'empty: inbox', inboxes: [inbox()], outboxes: [outbox('sink.inbox')] }),
      component('sink', { reason: 'empty: inbox', inboxes: [inbox()] }),
    );
    expect(culprit(seen)).toEqual({ path: 'camera', waiting: 2 });
  });

  it('takes the one that more wait for', () => {
    const full = (to: string) => ({ reason: `full: outbox -> ${to}`, outboxes: [outbox(to)] });
    const held = { state: 'waiting', reason: 'promise', inboxes: [inbox({ full: true })] } as const;
    const seen = inspection(
      0,
      component('a', full('x.inbox')),
      component('x', held),
      component('b', full('y.inbox')),
      component('c', full('y.inbox')),
      component('y', held),
    );
    expect(culprit(seen)).toEqual({ path: 'y', waiting: 2 });
  });

  it('names the same member of a ring for all who come to it', () => {
    const waits = (to: string) => ({ reason: 'empty: inbox', inboxes: [inbox()], outboxes: [outbox(to)] });
    const ring = [component('b', waits('c.inbox')), component('c', waits('b.inbox'))];
    const tail = component('z', { reason: 'empty: inbox', inboxes: [inbox()] });
    const seen = inspection(0, ...ring, component('y', waits('z.inbox')), tail);
    expect(culprit(seen)).toEqual({ path: 'b', waiting: 1 });
  });

  it('finds nobody where all have ended', () => {
    expect(culprit(inspection(0, component('a', { state: 'ended' })))).toBeUndefined();
  });
});
