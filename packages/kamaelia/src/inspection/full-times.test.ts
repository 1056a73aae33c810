// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { component, inbox, inspection } from '../../test/reports.js';
import { fullTimes } from './full-times.js';

it('gives how long each inbox was full between two inspections, a new one from its beginning', () => {
  const before = inspection(1, component('a', { inboxes: [inbox({ fullMs: 100 }), inbox({ name: 'control' })] }));
  const now = inspection(
    2,
    component('a', { inboxes: [inbox({ fullMs: 350 }), inbox({ name: 'control' })] }),
    component('late', { inboxes: [inbox({ fullMs: 7 })] }),
  );
  expect(Object.fromEntries(fullTimes(before, now))).toEqual({ 'a.inbox': 250, 'a.control': 0, 'late.inbox': 7 });
});
