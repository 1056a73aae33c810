// SPDX-License-Identifier: Apache-2.0
import type { ComponentReport, Inspection } from './inspect.js';

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly full: boolean;
}

function split(box: string): [path: string, name: string] {
  const dot = box.lastIndexOf('.');
  return [box.slice(0, dot), box.slice(dot + 1)];
}

/** Links as messages go: chassis that only pass them on do not stand in between. */
function edges({ components }: Inspection): Edge[] {
  const found: Edge[] = [];
  for (const { path, outboxes } of components) {
    for (const { name, to, sent, cancelled } of outboxes) {
      if (to === null || cancelled) continue;
      const [target, box] = split(to);
      const inbox = components.find((other) => other.path === target)?.inboxes.find((other) => other.name === box);
      // An outbox of a chassis that stands for those of its parts has none of its own.
      if (inbox === undefined || (sent === 0 && components.some(({ parent }) => parent === path))) continue;
      const boxes = name === 'outbox' && box === 'inbox' ? '' : `${name} to ${box}: `;
      const label = `${boxes}${inbox.waiting}/${inbox.capacity}${inbox.lost > 0 ? `, ${inbox.lost} lost` : ''}`;
      found.push({ from: path, to: target, label, full: inbox.full });
    }
  }
  return found;
}

const leaves = ({ components }: Inspection): readonly ComponentReport[] =>
  components.filter(({ path }) => !components.some(({ parent }) => parent === path));

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function checked(owner: string, inspection: Inspection): Inspection {
  const given: unknown = inspection;
  if (typeof given === 'object' && given !== null && Array.isArray((given as Inspection).components)) return inspection;
  throw new TypeError(`${owner}: Expected what inspect() returns but received ${String(given)}`);
}

/** The graph in Graphviz' language; chassis are boxes around their parts, full links red. */
export function toDot(inspection: Inspection): string {
  const { components } = checked('toDot', inspection);
  const lines = ['digraph kamaelia {', '  rankdir=LR;', '  node [shape=box, style=rounded, fontname="sans-serif"];'];
  const draw = (report: ComponentReport, indent: string): void => {
    const parts = components.filter(({ parent }) => parent === report.path);
    const name = report.path.split('/').pop() ?? '';
    if (parts.length === 0) {
      const note = report.reason === null ? report.state : report.reason;
      lines.push(`${indent}${quoted(report.path)} [label=${quoted(`${name}\\n${note}`).replaceAll('\\\\n', '\\n')}];`);
      return;
    }
    lines.push(`${indent}subgraph ${quoted(`cluster ${report.path}`)} {`, `${indent}  label=${quoted(name)};`);
    for (const part of parts) draw(part, `${indent}  `);
    lines.push(`${indent}}`);
  };
  for (const report of components) {
    if (report.parent === null || !components.some(({ path }) => path === report.parent)) draw(report, '  ');
  }
  for (const { from, to, label, full } of edges(inspection)) {
    lines.push(`  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}${full ? ', color=red' : ''}];`);
  }
  return `${lines.join('\n')}\n}\n`;
}

/** The graph as a Mermaid flowchart, for Markdown. */
export function toMermaid(inspection: Inspection): string {
  const shown = leaves(checked('toMermaid', inspection));
  const id = (path: string) => `c${shown.findIndex((report) => report.path === path)}`;
  const text = (value: string) => `"${value.replaceAll('"', '#quot;')}"`;
  const lines = ['flowchart LR'];
  for (const { path, reason, state } of shown) lines.push(`  ${id(path)}[${text(`${path}<br>${reason ?? state}`)}]`);
  const drawn = edges(inspection).filter(({ from, to }) => id(from) !== 'c-1' && id(to) !== 'c-1');
  for (const { from, to, label } of drawn) lines.push(`  ${id(from)} -->|${text(label)}| ${id(to)}`);
  drawn.forEach(({ full }, n) => {
    if (full) lines.push(`  linkStyle ${n} stroke:red`);
  });
  return `${lines.join('\n')}\n`;
}
