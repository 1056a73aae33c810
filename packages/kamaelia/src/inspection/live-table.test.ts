// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { component, inbox, inspection, outbox } from '../../test/reports.js';
import { liveTable } from './live-table.js';

const wide = { columns: 200, rows: 50 };

function line(seconds: number, done: number) {
  return inspection(
    seconds,
    component('line', { reason: 'its parts', inboxes: [], outboxes: [outbox(null)] }),
    component('line/source', { reason: 'timer', outboxes: [outbox('line/sink.inbox', { sent: done * 1500 })] }),
    component('line/sink', {
      state: 'runnable',
      slices: done * 4,
      runMs: done * 500,
      inboxes: [
        inbox({ taken: done * 1460, waiting: done * 8, fullMs: done * 1000 }),
        inbox({ name: 'control', capacity: 4 }),
      ],
    }),
  );
}

describe('liveTable', () => {
  it('gives rates, depth, blocked time and run time between two inspections', () => {
    expect(liveTable(line(0, 0), line(2, 1), wide)).toEqual([
      'component    state      in/s  out/s           waiting  blocked  run  slices/s',
      'line         its parts',
      'line/source  timer              750                        50%   0%         0',
      'line/sink    runnable    730         8/64 control 0/4           25%         2',
    ]);
  });

  it('takes what is new as begun at the inspection before, and shows no rate where no time has passed', () => {
    const late = component('late', { outboxes: [outbox(null, { sent: 2500 })] });
    expect(liveTable(inspection(1), inspection(2, late), wide)[1]).toBe(
      'late       parked         2.5k                0%   0%         0',
    );
    expect(liveTable(inspection(1), inspection(1, late), wide)[1]).toMatch(/parked +- +- +- +-$/);
  });

  it('has a column of what was dropped where anything was', () => {
    const lossy = component('viewer', { inboxes: [inbox({ lost: 1_234_567 })] });
    const [header, row] = liveTable(inspection(0), inspection(1, lossy), wide);
    expect(header).toMatch(/slices\/s {2}dropped$/);
    expect(row).toMatch(/ 1\.2M$/);
  });

  it.each([40, 60, 80])('is never wider than %d columns, cutting names at the front', (columns) => {
    const path = `line/${'part/'.repeat(20)}decoder`;
    const now = inspection(
      1,
      component(path, { reason: `full: outbox -> ${path}.inbox`, outboxes: [outbox(null)], inboxes: [inbox()] }),
    );
    const lines = liveTable(inspection(0), now, { columns, rows: 10 }, ['x'.repeat(300)]);
    expect(Math.max(...lines.map((text) => [...text].length))).toBeLessThanOrEqual(columns);
    expect(lines[1]).toMatch(/^….*decoder /);
    expect(lines[2]).toMatch(/^x+…$/);
  });

  it('is never higher than the rows there are, says what it leaves out, and keeps its notes', () => {
    const many = inspection(1, ...Array.from({ length: 30 }, (_, n) => component(`part-${n}`)));
    const lines = liveTable(inspection(0), many, { columns: 80, rows: 8 }, ['first', 'second']);
    expect(lines).toHaveLength(8);
    expect(lines.slice(-3)).toEqual(['and 26 more', 'first', 'second']);
    expect(liveTable(inspection(0), many, { columns: 80, rows: 1 }, ['note'])).toHaveLength(1);
  });

  it('prints no control character of a name', () => {
    const now = inspection(1, component('evil\u001b[2J\n', { reason: 'a\u0007b' }));
    expect(liveTable(inspection(0), now, wide)[1]).toMatch(/^evil\?\[2J\? +a\?b/);
  });
});
