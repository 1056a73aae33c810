// SPDX-License-Identifier: Apache-2.0
import type { ComponentReport, Inspection } from '@kamaelia/axon';

const STALLED_AFTER_US = 1e6;

/** Tells from one inspection to the next for how long no message has been taken or sent. */
export class Stillness {
  #moved = -1;
  #sinceUs = 0;

  /** Whole seconds since anything moved, from 1 on; undefined before, and when everything has ended. */
  secondsAt({ atUs, components }: Inspection): number | undefined {
    let moved = 0;
    for (const { inboxes, outboxes } of components) {
      for (const { taken } of inboxes) moved += taken;
      for (const { sent } of outboxes) moved += sent;
    }
    if (moved !== this.#moved) this.#sinceUs = atUs;
    this.#moved = moved;
    const stillUs = atUs - this.#sinceUs;
    if (stillUs < STALLED_AFTER_US || components.every(({ state }) => state === 'ended')) return undefined;
    return Math.floor(stillUs / 1e6);
  }
}

/** The component that most others wait for, through full and empty boxes; undefined where everything has ended. */
export function culprit(inspection: Inspection): { readonly path: string; readonly waiting: number } | undefined {
  const { components } = inspection;
  const parents = new Set(components.map(({ parent }) => parent));
  const next = waitsFor(inspection);
  const waiting = new Map<string, number>();
  for (const { path, state } of components) {
    if (state === 'ended' || parents.has(path)) continue;
    const end = endOf(path, next);
    waiting.set(end, (waiting.get(end) ?? 0) + (end === path ? 0 : 1));
  }
  let most: { path: string; waiting: number } | undefined;
  for (const [path, count] of waiting) if (count > (most?.waiting ?? -1)) most = { path, waiting: count };
  return most;
}

/** Follows a chain to its end. A ring ends at that of its members which is named first: for all who come to it the same. */
function endOf(path: string, next: ReadonlyMap<string, string>): string {
  const seen: string[] = [path];
  for (let at = next.get(path); at !== undefined; at = next.get(at)) {
    const ring = seen.indexOf(at);
    if (ring >= 0) return seen.slice(ring).sort()[0] ?? at;
    seen.push(at);
  }
  return seen[seen.length - 1] ?? path;
}

/** Path of a component -> path of the one that it waits for. */
function waitsFor({ components }: Inspection): Map<string, string> {
  const consumers = new Map<string, { path: string; full: boolean }>();
  const producers = new Map<string, string>();
  for (const { path, inboxes, outboxes, state } of components) {
    for (const { name, full } of inboxes) consumers.set(`${path}.${name}`, { path, full });
    if (state === 'ended') continue;
    for (const { to } of outboxes) if (to !== null && !producers.has(to)) producers.set(to, path);
  }
  const next = new Map<string, string>();
  for (const report of components) {
    const other = report.reason?.startsWith('full')
      ? firstFull(report, consumers)
      : report.reason?.startsWith('empty')
        ? firstProducer(report, producers)
        : undefined;
    if (other !== undefined) next.set(report.path, other);
  }
  return next;
}

function firstFull(
  { outboxes }: ComponentReport,
  consumers: ReadonlyMap<string, { path: string; full: boolean }>,
): string | undefined {
  for (const { to } of outboxes) {
    const consumer = to === null ? undefined : consumers.get(to);
    if (consumer?.full) return consumer.path;
  }
  return undefined;
}

function firstProducer({ path, inboxes }: ComponentReport, producers: ReadonlyMap<string, string>): string | undefined {
  for (const { name, waiting } of inboxes) {
    const producer = waiting === 0 ? producers.get(`${path}.${name}`) : undefined;
    if (producer !== undefined) return producer;
  }
  return undefined;
}
