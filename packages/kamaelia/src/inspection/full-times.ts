// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from '@kamaelia/axon';

/** Milliseconds between two inspections in which each inbox, as `path.box`, held its producers back. */
export function fullTimes(before: Inspection, now: Inspection): Map<string, number> {
  const past = timesOf(before);
  return new Map([...timesOf(now)].map(([box, ms]) => [box, Math.max(0, ms - (past.get(box) ?? 0))]));
}

function timesOf({ components }: Inspection): Map<string, number> {
  const times = new Map<string, number>();
  for (const { path, inboxes } of components) {
    for (const { name, fullMs } of inboxes) times.set(`${path}.${name}`, fullMs);
  }
  return times;
}
