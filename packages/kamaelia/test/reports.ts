// SPDX-License-Identifier: Apache-2.0
import type { ComponentReport, InboxReport, Inspection, OutboxReport } from '@kamaelia/axon';

/** An inspection of these components, so many seconds after the clock began. */
export function inspection(seconds: number, ...components: ComponentReport[]): Inspection {
  return { version: 1, atUs: seconds * 1e6, components };
}

/** A component that has done nothing, but for what is given. */
export function component(path: string, given: Partial<ComponentReport> = {}): ComponentReport {
  const done = { slices: 0, runMs: 0, longestMs: 0, slowSlices: 0 };
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : null;
  return { path, kind: 'Part', parent, state: 'parked', reason: null, ...done, inboxes: [], outboxes: [], ...given };
}

/** An empty inbox of 64 messages called `inbox`, but for what is given. */
export function inbox(given: Partial<InboxReport> = {}): InboxReport {
  const counts = { taken: 0, waiting: 0, capacity: 64, bytes: null, highWater: 0, lost: 0, grown: 0 };
  const fullness = { full: false, fullTimes: 0, fullMs: 0 };
  return { name: 'inbox', ...counts, ...fullness, ended: false, passedTo: null, ...given };
}

/** An outbox called `outbox` that leads to `to`. */
export function outbox(to: string | null, given: Partial<OutboxReport> = {}): OutboxReport {
  return { name: 'outbox', sent: 0, to, cancelled: false, ...given };
}
