// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from '@kamaelia/axon';
import { fullTimes } from './full-times.js';
import { culprit } from './stall.js';

/** Of the time, from so much on a full inbox is worth a word. */
const WORTH_A_WORD = 0.2;

/** Where a graph stands still. */
export interface Stall {
  /** Path of the component that most others wait for. */
  readonly path: string;
  /** How many those are. */
  readonly others: number;
  /** What it waits for itself. */
  readonly why: string;
}

/** Where a graph that does not move stands still; `explain` says why a component does not run. */
export function stallOf(inspection: Inspection, explain: (path: string) => string): Stall | undefined {
  const found = culprit(inspection);
  return found && { path: found.path, others: found.waiting, why: explain(found.path) };
}

/** A stall in a line; without `seconds` it is one for good. */
export function stallLine({ path, others, why }: Stall, seconds?: number): string {
  const who = others === 0 ? '' : `${others === 1 ? '1 other waits' : `${others} others wait`} for ${path}: `;
  return `${seconds === undefined ? 'nothing moves any more' : `nothing has moved for ${seconds} s`}: ${who}${why}`;
}

/** What held the graph up between two inspections, a line each; none where there is nothing to say. */
export function findings(before: Inspection, now: Inspection): string[] {
  return [bottleneckLine(before, now), slowLine(now)].filter((line) => line !== undefined);
}

/** The component that its producers were held back by, when it was not held back itself. */
function bottleneckLine(before: Inspection, now: Inspection): string | undefined {
  const wholeMs = (now.atUs - before.atUs) / 1000;
  if (!(wholeMs > 0)) return undefined;
  const fullMs = fullTimes(before, now);
  let most: { box: string; heldMs: number; ownMs: number } | undefined;
  for (const { path, inboxes, outboxes } of now.components) {
    const blockedMs = Math.max(0, ...outboxes.map(({ to }) => (to === null ? 0 : (fullMs.get(to) ?? 0))));
    for (const { name, passedTo } of inboxes) {
      const box = `${path}.${name}`;
      const heldMs = fullMs.get(box) ?? 0;
      if (passedTo !== null || heldMs < wholeMs * WORTH_A_WORD) continue;
      if (heldMs - blockedMs > (most?.ownMs ?? 0)) most = { box, heldMs, ownMs: heldMs - blockedMs };
    }
  }
  if (most === undefined) return undefined;
  const percent = Math.round(Math.min(1, most.heldMs / wholeMs) * 100);
  return `slowest: ${most.box} was full for ${percent}% of the time`;
}

/** The component whose slices keep the event loop from everything else. */
function slowLine({ components }: Inspection): string | undefined {
  let worst: Inspection['components'][number] | undefined;
  for (const report of components) {
    if (report.slowSlices > 0 && report.longestMs > (worst?.longestMs ?? 0)) worst = report;
  }
  if (worst === undefined) return undefined;
  const { path, longestMs, slowSlices } = worst;
  return `slow: ${path} ran for up to ${Math.round(longestMs)} ms at a time, ${slowSlices} times for more than 20 ms`;
}
