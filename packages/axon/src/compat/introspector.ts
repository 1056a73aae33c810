// SPDX-License-Identifier: Apache-2.0
import { type Component, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { watchTopology } from '../topology.js';
import { component } from './component.js';
import { microprocess } from './microprocess.js';

/** What there is: the name of each in a DEL line, and the lines that add it. */
interface Topology {
  readonly nodes: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
}

/**
 * Says on `outbox` what components there are in its scheduler, and how they are linked, in the language of the original's
 * viewers: `DEL ALL`, and then only changes, in the order DEL LINK, DEL NODE, ADD NODE, ADD LINK. A message is a text of
 * whole lines. Components that are linked but not activated are found too.
 *
 * It sleeps until something changes. A `shutdownMicroprocess` at `control` ends it, and goes to `signal`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Introspector, shutdownMicroprocess } from '@kamaelia/axon/compat';
 *
 * const introspector = new Introspector();
 * await Pipeline(introspector, (lines) => {
 *   console.log(lines);
 *   if (lines !== 'DEL ALL\n') introspector._deliver(new shutdownMicroprocess(), 'control');
 * }).run();
 */
export class Introspector extends component {
  static override Inboxes = { inbox: 'Not used', control: 'shutdownMicroprocess ends it' };
  static override Outboxes = { outbox: 'Lines that say what has changed', signal: 'What came to control' };
  readonly #outside = this.external();

  override *main(): Steps {
    const unwatch = watchTopology(() => this.#outside.wake());
    try {
      this.send('DEL ALL\n');
      let known: Topology = { nodes: new Map(), links: new Map() };
      while (!this.mustStop()) {
        const now = topologyOf(this.scheduler?.listAllThreads() ?? []);
        const lines = changes(known, now);
        if (lines !== '') this.send(lines);
        known = now;
        this.pause();
        yield 1;
      }
      this.send(this.shutdownMsg, 'signal');
    } finally {
      unwatch();
    }
  }
}

function topologyOf(components: readonly Component[]): Topology {
  const found = new Set(components);
  const nodes = new Map<string, string>();
  const links = new Map<string, string>();
  // Those that are found by a link are looked at in their turn.
  for (const each of found) {
    const id = idOf(each);
    const { ins, outs } = each[TASK];
    nodes.set(`"${id}"`, `ADD NODE "${id}" "${each.name}" randompos component\n`);
    for (const box of [...ins, ...outs]) {
      const boxId = boxIdOf(box);
      const kind = box instanceof Outbox ? 'outbox' : 'inbox';
      const lines = `ADD NODE "${boxId}" "${box.name}" randompos ${kind}\nADD LINK "${id}" "${boxId}"\n`;
      nodes.set(`"${boxId}"`, lines);
      for (const other of box.from) found.add(other.task.component);
      if (box.to === undefined) continue;
      found.add(box.to.task.component);
      const ends = `"${boxId}" "${boxIdOf(box.to)}"`;
      links.set(ends, `ADD LINK ${ends}\n`);
    }
  }
  return { nodes, links };
}

/** In an order in which nothing is linked that is not there. */
function changes(before: Topology, now: Topology): string {
  const lines: string[] = [];
  for (const link of before.links.keys()) if (!now.links.has(link)) lines.push(`DEL LINK ${link}\n`);
  for (const node of before.nodes.keys()) if (!now.nodes.has(node)) lines.push(`DEL NODE ${node}\n`);
  for (const [node, line] of now.nodes) if (!before.nodes.has(node)) lines.push(line);
  for (const [link, line] of now.links) if (!before.links.has(link)) lines.push(line);
  return lines.join('');
}

function idOf(each: Component): string {
  return each instanceof microprocess ? String(each.id) : each.path;
}

function boxIdOf(box: Inbox | Outbox): string {
  return `(${idOf(box.task.component)}, '${box instanceof Outbox ? 'o' : 'i'}', '${box.name}')`;
}
