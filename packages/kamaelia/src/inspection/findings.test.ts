// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { component, inbox, inspection, outbox } from '../../test/reports.js';
import { findings, stallLine, stallOf } from './findings.js';

describe('stallOf and stallLine', () => {
  const held = { state: 'waiting', reason: 'promise', inboxes: [inbox({ full: true })] } as const;
  const sender = { reason: 'full: outbox -> disk.inbox', outboxes: [outbox('disk.inbox')] };
  const explain = (path: string) => `${path} waits for a promise`;

  it('name the culprit, how many wait for it and what it waits for', () => {
    const one = stallOf(inspection(0, component('a', sender), component('disk', held)), explain);
    expect(one).toEqual({ path: 'disk', others: 1, why: 'disk waits for a promise' });
    expect(one && stallLine(one, 3)).toBe(
      'nothing has moved for 3 s: 1 other waits for disk: disk waits for a promise',
    );
    expect(one && stallLine({ ...one, others: 4 })).toBe(
      'nothing moves any more: 4 others wait for disk: disk waits for a promise',
    );
    expect(one && stallLine({ ...one, others: 0 }, 1)).toBe('nothing has moved for 1 s: disk waits for a promise');
  });

  it('find none where all have ended', () => {
    expect(stallOf(inspection(0, component('a', { state: 'ended' })), explain)).toBeUndefined();
  });
});

describe('findings', () => {
  const line = (seconds: number, midMs: number, diskMs: number) =>
    inspection(
      seconds,
      component('source', { outboxes: [outbox('mid.inbox')] }),
      component('mid', { inboxes: [inbox({ fullMs: midMs })], outboxes: [outbox('disk.inbox')] }),
      component('disk', { inboxes: [inbox({ fullMs: diskMs })] }),
    );

  it('names the inbox of the component that held the others up, not of one that was held up itself', () => {
    expect(findings(line(0, 0, 0), line(2, 1900, 1800))).toEqual(['slowest: disk.inbox was full for 90% of the time']);
  });

  it('says nothing of an inbox that is full now and then, or of no time at all', () => {
    expect(findings(line(0, 0, 0), line(2, 0, 300))).toEqual([]);
    expect(findings(line(1, 0, 0), line(1, 0, 900))).toEqual([]);
  });

  it('names the component with the longest slice over 20 ms', () => {
    const now = inspection(
      1,
      component('a', { slowSlices: 1, longestMs: 30 }),
      component('b', { slowSlices: 5, longestMs: 134.4 }),
      component('c', { longestMs: 19 }),
    );
    expect(findings(inspection(0), now)).toEqual([
      'slow: b ran for up to 134 ms at a time, 5 times for more than 20 ms',
    ]);
  });
});
