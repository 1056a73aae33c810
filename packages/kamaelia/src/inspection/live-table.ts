// SPDX-License-Identifier: Apache-2.0
import type { ComponentReport, InboxReport, Inspection } from '@kamaelia/axon';
import { fullTimes } from './full-times.js';

/** Characters and lines that there are for a table. */
export interface TableSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a line is made of: texts as wide as they are, but for the first two, which share what the others leave. */
type Row = readonly [path: string, state: string, ...numbers: string[]];

const HEADER: Row = ['component', 'state', 'in/s', 'out/s', 'waiting', 'blocked', 'run', 'slices/s'];
const DROPPED = 'dropped';
const GAP = '  ';
const LEAST_PATH = 12;
const LEAST_STATE = 8;
const PREFIXES = ['', 'k', 'M', 'G', 'T'];

/**
 * What happened between two inspections, a line a component in the graph's order: why it does not run; messages taken and
 * sent a second; waiting of capacity for each inbox; the part of the time in which an outbox of it was blocked, and in
 * which it ran; slices a second; messages dropped since the beginning, where there are any. Never larger than `size`; a
 * last line says what is left out. `notes` come at the end.
 */
export function liveTable(
  before: Inspection,
  now: Inspection,
  size: TableSize,
  notes: readonly string[] = [],
): string[] {
  const drops = now.components.some((report) => dropped(report) > 0);
  const rows = rowsOf(before, now, drops);
  const room = Math.max(1, size.rows - 1 - notes.length);
  const shown = rows.length <= room ? rows : rows.slice(0, room - 1);
  const lines = aligned([drops ? [...HEADER, DROPPED] : HEADER, ...shown], size.columns);
  if (shown.length < rows.length) lines.push(`and ${rows.length - shown.length} more`);
  lines.push(...notes);
  return lines.slice(0, size.rows).map((line) => cut(printable(line), size.columns));
}

function rowsOf(before: Inspection, now: Inspection, drops: boolean): Row[] {
  const past = new Map(before.components.map((report) => [report.path, report]));
  const parents = new Set(now.components.map(({ parent }) => parent));
  const seconds = (now.atUs - before.atUs) / 1e6;
  const fullMs = fullTimes(before, now);
  return now.components.map((report): Row => {
    const { path, state, reason, inboxes, outboxes, slices, runMs } = report;
    const old = past.get(path);
    const since = (value: number, oldValue: number | undefined) => Math.max(0, value - (oldValue ?? 0)) / seconds;
    const head = [path, reason ?? state] as const;
    // Messages pass through a chassis without being its own.
    if (parents.has(path) && taken(report) + sent(report) === 0) return [...head, '', '', '', '', '', ''];
    const blockedMs = Math.max(0, ...outboxes.map(({ to }) => (to === null ? 0 : (fullMs.get(to) ?? 0))));
    return [
      ...head,
      inboxes.length === 0 ? '' : short(since(taken(report), old && taken(old))),
      outboxes.length === 0 ? '' : short(since(sent(report), old && sent(old))),
      inboxes
        .filter(({ passedTo }) => passedTo === null)
        .map(depth)
        .join(' '),
      outboxes.length === 0 ? '' : percent(blockedMs / 1000 / seconds),
      percent(since(runMs, old?.runMs) / 1000),
      short(since(slices, old?.slices)),
      ...(drops ? [short(dropped(report))] : []),
    ];
  });
}

const taken = ({ inboxes }: ComponentReport) => inboxes.reduce((sum, box) => sum + box.taken, 0);
const sent = ({ outboxes }: ComponentReport) => outboxes.reduce((sum, box) => sum + box.sent, 0);
const dropped = ({ inboxes }: ComponentReport) => inboxes.reduce((sum, box) => sum + box.lost, 0);

function depth({ name, waiting, capacity }: InboxReport): string {
  return `${name === 'inbox' ? '' : `${name} `}${waiting}/${capacity}`;
}

/** At most five characters. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  let scaled = value;
  let n = 0;
  for (; scaled >= 999.5 && n < PREFIXES.length - 1; n++) scaled /= 1000;
  const digits = scaled < 9.95 && !Number.isInteger(scaled) ? 1 : 0;
  return `${scaled.toFixed(digits)}${PREFIXES[n]}`;
}

function percent(part: number): string {
  return Number.isFinite(part) ? `${Math.round(Math.min(1, Math.max(0, part)) * 100)}%` : '-';
}

function aligned(rows: readonly Row[], columns: number): string[] {
  const clean = rows.map((row) => row.map(printable));
  const widths = (clean[0] ?? []).map((_, n) => Math.max(...clean.map((row) => [...(row[n] ?? '')].length)));
  const [path = 0, state = 0, ...numbers] = widths;
  const room = columns - numbers.reduce((sum, width) => sum + width + GAP.length, 0) - GAP.length;
  const stateWidth = Math.min(state, Math.max(LEAST_STATE, room - Math.min(path, Math.max(LEAST_PATH, room >> 1))));
  const pathWidth = Math.min(path, Math.max(LEAST_PATH, room - stateWidth));
  return clean.map(([name = '', why = '', ...values]) =>
    [
      cutFront(name, pathWidth).padEnd(pathWidth),
      cut(why, stateWidth).padEnd(stateWidth),
      ...values.map((value, n) => value.padStart(numbers[n] ?? 0)),
    ]
      .join(GAP)
      .trimEnd(),
  );
}

/** Names are whatever somebody gave; a terminal is not to obey them. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function cutFront(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `…${characters.slice(characters.length - width + 1).join('')}`;
}
