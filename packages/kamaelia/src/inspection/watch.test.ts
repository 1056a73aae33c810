// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inspection } from '../../test/reports.js';
import { Watch } from './watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('looks at once, and then so often, giving each look with the one before', () => {
  let n = 0;
  const seen: number[][] = [];
  const watch = new Watch(
    () => inspection(n++),
    100,
    (before, now) => seen.push([before.atUs / 1e6, now.atUs / 1e6]),
  );
  expect(watch.first.atUs).toBe(0);
  vi.advanceTimersByTime(350);
  expect(seen).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  watch.stop();
  vi.advanceTimersByTime(1000);
  expect(seen).toHaveLength(3);
});

it('spends no more than a tenth of the time on looking', () => {
  let looks = 0;
  const now = vi.spyOn(performance, 'now');
  let ms = 0;
  now.mockImplementation(() => ms);
  const watch = new Watch(
    () => {
      looks++;
      ms += 50;
      return inspection(looks);
    },
    100,
    () => {},
  );
  vi.advanceTimersByTime(100);
  expect(looks).toBe(2);
  vi.advanceTimersByTime(499);
  expect(looks).toBe(2);
  vi.advanceTimersByTime(1);
  expect(looks).toBe(3);
  watch.stop();
  now.mockRestore();
});
