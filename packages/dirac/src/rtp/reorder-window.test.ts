// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ReorderWindow } from './reorder-window.js';

interface Bench {
  /** Numbers in the order in which they were taken; a negative one is that many lost, `NaN` a restart. */
  readonly taken: number[];
  readonly window: ReorderWindow;
  add(number: number, nowUs?: number): void;
}

/** Packets are of their number. With `bits` 16 the sender leaves the upper half zero. */
function bench({ packets = 4, maxUs = 1000, bits = 32 } = {}): Bench {
  const taken: number[] = [];
  const window = new ReorderWindow(packets, maxUs, {
    take(bytes, lost) {
      if (lost > 0) taken.push(-lost);
      taken.push(new DataView(bytes.buffer).getUint32(0));
    },
    restarted: () => taken.push(Number.NaN),
  });
  const add = (number: number, nowUs = 0) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, number);
    window.add(bytes, number & 0xffff, bits === 32 ? number >>> 16 : 0, nowUs);
  };
  return { taken, window, add };
}

const none = { lost: 0, reordered: 0, duplicate: 0, late: 0, restarts: 0, stray: 0 };

describe('ReorderWindow', () => {
  it.each([32, 16])('hands on what comes in order, through all wraps of %d bits', (bits) => {
    const { taken, add, window } = bench({ bits });
    const numbers = Array.from({ length: 140_000 }, (_, i) => (2 ** 32 - 70_000 + i) % 2 ** 32);
    for (const number of numbers) add(number);
    expect(taken.length).toBe(numbers.length);
    expect(taken.findIndex((number, i) => number !== numbers[i])).toBe(-1);
    expect(window.counts).toEqual(none);
  });

  it.each([32, 16])('puts in order what comes in another one, over a wrap (%d bits)', (bits) => {
    const { taken, add, window } = bench({ bits });
    for (const number of [65_533, 65_536, 65_535, 65_534, 65_538, 65_537, 65_539]) add(number);
    expect(taken).toEqual([65_533, 65_534, 65_535, 65_536, 65_537, 65_538, 65_539]);
    expect(window.counts).toEqual({ ...none, reordered: 3 });
    expect(window.deadlineUs).toBeUndefined();
  });

  it('gives up what is missing when a packet comes that is further ahead than the window', () => {
    const { taken, add, window } = bench({ packets: 4 });
    for (const number of [10, 12, 13, 14, 15]) add(number);
    expect(taken).toEqual([10]);
    add(16);
    expect(taken).toEqual([10, -1, 12, 13, 14, 15, 16]);
    expect(window.counts).toEqual({ ...none, lost: 1 });
  });

  it('waits for nothing with a window of no packets', () => {
    const { taken, add } = bench({ packets: 0 });
    for (const number of [10, 12, 11, 13]) add(number);
    expect(taken).toEqual([10, -1, 12, 13]);
  });

  it('gives up when it is time, each gap by itself', () => {
    const { taken, add, window } = bench({ packets: 100, maxUs: 1000 });
    add(1, 0);
    add(3, 100);
    add(6, 500);
    add(5, 600);
    expect(window.deadlineUs).toBe(1100);
    window.expire(1099);
    expect(taken).toEqual([1]);
    window.expire(1100);
    expect(taken).toEqual([1, -1, 3]);
    expect(window.deadlineUs).toBe(1500);
    window.expire(5000);
    expect(taken).toEqual([1, -1, 3, -1, 5, 6]);
    expect(window.deadlineUs).toBeUndefined();
  });

  it('tells duplicates from packets that come too late', () => {
    const { taken, add, window } = bench({ packets: 2 });
    for (const number of [1, 2, 2, 4, 4, 6, 7, 1, 3, 3, 6]) add(number);
    window.flush();
    expect(taken).toEqual([1, 2, -1, 4, -1, 6, 7]);
    // 4 twice while it waits, 2, 1 and 6 afterwards; 3 had been given up when it came, and then came again.
    expect(window.counts).toEqual({ ...none, lost: 2, duplicate: 5, late: 1 });
  });

  it('counts a large gap as lost where numbers have 32 bits, once a second packet follows', () => {
    const { taken, add, window } = bench();
    for (const number of [70_000, 170_000]) add(number);
    expect(taken).toEqual([70_000]);
    add(170_001);
    expect(taken).toEqual([70_000, -99_999, 170_000, 170_001]);
    expect(window.counts).toEqual({ ...none, lost: 99_999 });
  });

  it('takes a sender that counts anew for that, in either direction', () => {
    const { taken, add, window } = bench();
    for (const number of [2 ** 31, 5, 6, 7]) add(number);
    expect(taken).toEqual([2 ** 31, Number.NaN, 5, 6, 7]);
    const short = bench({ bits: 16 });
    for (const number of [100, 30_000, 30_001, 30_002]) short.add(number);
    expect(short.taken).toEqual([100, Number.NaN, 30_000, 30_001, 30_002]);
    expect([window.counts.restarts, short.window.counts]).toEqual([1, { ...none, restarts: 1 }]);
  });

  it('does not follow a single packet from far away', () => {
    const { taken, add, window } = bench();
    for (const number of [100, 101, 900_000, 102, 103, 400_000, 104]) add(number);
    window.flush();
    expect(taken).toEqual([100, 101, 102, 103, 104]);
    expect(window.counts).toEqual({ ...none, stray: 2 });
  });

  it('hands on all that it holds, in order, when it is flushed, and begins anew when it is reset', () => {
    const { taken, add, window } = bench();
    for (const number of [1, 3, 5]) add(number);
    window.flush();
    window.reset();
    add(900);
    expect(taken).toEqual([1, -1, 3, -1, 5, 900]);
  });

  // Whatever the network does, what comes out is in order, nothing twice, and every number is counted once.
  it('keeps its promises in 500 random networks', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = randomOf(seed);
      const packets = Math.floor(random() * 40);
      const { taken, add, window } = bench({ packets, maxUs: 50, bits: random() < 0.5 ? 16 : 32 });
      const first = Math.floor(random() * 200_000) % (random() < 0.5 ? 2 ** 16 : 2 ** 32);
      const count = 300;
      const sent: { number: number; at: number }[] = [];
      for (let i = 0; i < count; i++) {
        const lost = i > 0 && i < count - 1 && random() < 0.1;
        const copies = lost ? 0 : random() < 0.05 ? 2 : 1;
        // The first and the last come in order, so that it is known how many are missing.
        const delay = () => (i === 0 || i === count - 1 ? 0 : Math.floor(random() ** 3 * 60));
        for (let copy = 0; copy < copies; copy++)
          sent.push({ number: first + i, at: i + (i === count - 1 ? 200 : delay()) });
      }
      sent.sort((a, b) => a.at - b.at);
      for (const { number, at } of sent) {
        window.expire(at);
        add(number, at);
      }
      window.flush();
      const numbers = taken.filter((n) => n >= 0);
      const gaps = taken.filter((n) => n < 0).reduce((sum, n) => sum - n, 0);
      const { lost, duplicate, late } = window.counts;
      const message = `seed ${seed}`;
      expect(numbers, message).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect([numbers[0], numbers.at(-1)], message).toEqual([first, first + count - 1]);
      expect(numbers.length + lost, message).toBe(count);
      expect(gaps, message).toBe(lost);
      expect(numbers.length + duplicate + late, message).toBe(sent.length);
    }
  });
});

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
