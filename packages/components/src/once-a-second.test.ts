// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { OnceASecond } from './once-a-second.js';

it('is due at first, and then a second after it last was', () => {
  const gate = new OnceASecond();
  expect([0, 1, 999_999, 1_000_000, 1_500_000, 2_300_000, 3_000_000].filter((us) => gate.isDue(us))).toEqual([
    0, 1_000_000, 2_300_000,
  ]);
});
