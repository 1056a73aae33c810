// SPDX-License-Identifier: Apache-2.0
import { until } from './until.js';

/** Resolves when `value` has not changed for many turns of the event loop, but has been above 0. For tests. */
export async function quiet(value: () => number): Promise<void> {
  let turns = 0;
  let before = 0;
  await until(() => {
    const now = value();
    turns = now === before && now > 0 ? turns + 1 : 0;
    before = now;
    return turns > 500;
  });
}
