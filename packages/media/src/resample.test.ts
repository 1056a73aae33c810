// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { type Axis, axisOf, interleaved, Resampler } from './resample.js';

/** What an axis takes for each sample: `[source sample, part]`, parts of nothing left out. */
function parts({ length, taps, index, weight }: Axis): number[][][] {
  return Array.from({ length }, (_, i) =>
    Array.from({ length: taps }, (_, tap) => [
      index[i * taps + tap] as number,
      weight[i * taps + tap] as number,
    ]).filter(([, part]) => part !== 0),
  );
}

const same = (length: number) => axisOf({ length, first: 0, step: 1, begin: 0, end: length });

describe('axisOf', () => {
  it('copies where samples meet samples', () => {
    const axis = axisOf({ length: 3, first: 2, step: 1, begin: 0, end: 5 });
    expect(axis.taps).toBe(1);
    expect(parts(axis)).toEqual([[[2, 1]], [[3, 1]], [[4, 1]]]);
  });

  it('takes two neighbours where there are not more samples than results', () => {
    expect(parts(axisOf({ length: 4, first: -0.25, step: 0.5, begin: 0, end: 2 }))).toEqual([
      [
        [0, 0.25],
        [0, 0.75],
      ],
      [
        [0, 0.75],
        [1, 0.25],
      ],
      [
        [0, 0.25],
        [1, 0.75],
      ],
      [
        [1, 0.75],
        [1, 0.25],
      ],
    ]);
  });

  it('takes all that lies within a step otherwise, the outer ones by their part', () => {
    expect(parts(axisOf({ length: 2, first: 1, step: 2, begin: 0, end: 4 }))).toEqual([
      [
        [0, 0.25],
        [1, 0.5],
        [2, 0.25],
      ],
      [
        [2, 0.25],
        [3, 0.5],
        [3, 0.25],
      ],
    ]);
  });

  it('has weights that add up to 1 and never leaves its samples, for any placing', () => {
    const random = seededRandom(11);
    for (let i = 0; i < 500; i++) {
      const begin = Math.floor(random() * 5);
      const end = begin + 1 + Math.floor(random() * 20);
      const placing = {
        length: 1 + Math.floor(random() * 30),
        first: random() * 30 - 5,
        step: random() * 5,
        begin,
        end,
      };
      const axis = axisOf(placing);
      for (let at = 0; at < axis.length; at++) {
        const weights = axis.weight.subarray(at * axis.taps, (at + 1) * axis.taps);
        expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
      }
      expect(Math.min(...axis.index)).toBeGreaterThanOrEqual(begin);
      expect(Math.max(...axis.index)).toBeLessThan(end);
    }
  });
});

describe('interleaved', () => {
  it('takes rows in turn from the field that begins at row 0 and the one at row 1', () => {
    const upper = axisOf({ length: 2, first: 0.25, step: 1, begin: 0, end: 3 });
    expect(parts(interleaved([upper, same(2)], [0, 1]))).toEqual([
      [
        [0, 0.75],
        [2, 0.25],
      ],
      [[1, 1]],
      [
        [2, 0.75],
        [4, 0.25],
      ],
      [[3, 1]],
    ]);
    expect(parts(interleaved([same(2), same(1)], [1, 0]))).toEqual([[[1, 1]], [[0, 1]], [[3, 1]]]);
  });
});

describe('Resampler', () => {
  it('gives the same rows in any order, from planes with gaps between rows', () => {
    const random = seededRandom(5);
    const data = Uint16Array.from({ length: 9 * 12 }, () => random() * 65_536);
    const across = axisOf({ length: 5, first: 0.3, step: 1.4, begin: 0, end: 7 });
    const down = axisOf({ length: 20, first: -0.3, step: 0.6, begin: 0, end: 12 });
    const at = (x: number, y: number) =>
      (parts(down)[y] as number[][]).reduce(
        (sum, [row = 0, b = 0]) =>
          sum +
          b *
            (parts(across)[x] as number[][]).reduce(
              (s, [column = 0, a = 0]) => s + a * (data[row * 9 + column] ?? 0),
              0,
            ),
        0,
      );
    const plane = new Resampler({ data, stride: 9 }, across, down);
    expect([plane.width, plane.height]).toEqual([5, 20]);
    for (const y of [0, 1, 2, 19, 3, 3, 11, 10, 0]) {
      const row = plane.row(y);
      for (let x = 0; x < 5; x++) expect(Math.abs((row[x] ?? 0) - at(x, y))).toBeLessThan(0.02);
    }
  });
});
