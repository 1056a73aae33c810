// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Component, Graphline, inspect, link, Pipeline, Scheduler, type Steps } from '../index.js';
import { TestSource, virtualClock } from '../testing/index.js';

const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'inspection.md'), 'utf8');

/** Field -> types that the guide names for it, of the table below a heading. */
function documented(name: string): Map<string, string[]> {
  const section = guide.split(`### ${name}\n`)[1]?.split('\n#')[0] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\| ([^|]+?) +\| (.+?) +\|$/gm)];
  return new Map(rows.map(([, field = '', types = '']) => [field, types.split(' \\| ')]));
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Compares what there is with what the guide names; every type that it names has to occur. */
function holds(name: string, found: readonly object[]): void {
  const fields = documented(name);
  const seen = new Map<string, Set<string>>();
  for (const one of found) {
    expect(Object.keys(one), name).toEqual([...fields.keys()]);
    for (const [field, value] of Object.entries(one)) {
      seen.set(field, (seen.get(field) ?? new Set()).add(typeOf(value)));
    }
  }
  for (const [field, types] of fields) {
    expect([...(seen.get(field) ?? [])].sort(), `${name}.${field}`).toEqual([...types].sort());
  }
}

class Bounded extends Component {
  readonly inbox = this.in<Uint8Array>('inbox', { maxBytes: 100 });
  readonly outbox = this.out<Uint8Array>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

it('is what docs/inspection.md says, field by field with its type, and survives JSON', async () => {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock });
  const source = new TestSource<Uint8Array>();
  const graph = Graphline({ source, inner: Pipeline(new Bounded(), new Bounded()) }, ({ source, inner }) => [
    link(source.outbox, inner.inbox),
  ]);
  graph.activate({ scheduler }).done.catch(() => {});
  source.input.send(new Uint8Array(60), new Uint8Array(60), new Uint8Array(60));
  await clock.settle();
  const seen = inspect(scheduler);
  expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  holds('Inspection', [seen]);
  // One that runs no more has no reason not to.
  const idle = inspect(new Bounded());
  holds('ComponentReport', [...seen.components, ...idle.components]);
  holds(
    'InboxReport',
    seen.components.flatMap(({ inboxes }) => inboxes),
  );
  holds(
    'OutboxReport',
    seen.components.flatMap(({ outboxes }) => outboxes),
  );
  graph.abort();
});

it('has the states that docs/inspection.md names, and its version', () => {
  const states = /`state` +\|[^|]+\|[^|]+\| (.*) \|/.exec(guide)?.[1] ?? '';
  expect([...states.matchAll(/`(\w+)`/g)].map(([, state]) => state)).toEqual([
    'new',
    'runnable',
    'parked',
    'waiting',
    'ended',
  ]);
  expect(guide).toContain(`\`version\` is ${inspect(new Bounded()).version} and changes`);
});
