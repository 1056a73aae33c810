// SPDX-License-Identifier: Apache-2.0
import { type Component, Graphline, nearest, Pipeline } from '@kamaelia/axon';
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.js';
import { UsageError } from '../failure.js';
import { componentFromText } from './component-from-text.js';
import type { Graph } from './graph.js';
import { type Chain, type Element, parseGraph, type Reference } from './graph-text.js';
import { wrongAt } from './graph-words.js';

type Part = Element | Reference;
type End = readonly [child: string, box: string];

/** A component of the text under the name it has in the graph. */
interface Child {
  readonly name: string;
  readonly element: Element;
  readonly entry: CatalogueEntry;
}

const ALWAYS = { inboxes: 'control', outboxes: 'signal' } as const;
const USUAL = { inboxes: ['inbox', 'control'], outboxes: ['outbox', 'signal'] } as const;
const MORE = { inboxes: 'moreInboxes', outboxes: 'moreOutboxes' } as const;

/** Makes the graph that a text describes; see {@link parseGraph}. Whatever is wrong with it is a {@link UsageError}. */
export async function graphFromText(text: string, catalogue: Catalogue): Promise<Graph> {
  const chains = parseGraph(text);
  const children = childrenOf(chains, catalogue);
  const links = linksOf(chains, children);
  const made = new Map<string, Component>();
  for (const { name, element, entry } of children.values()) {
    made.set(name, componentFromText(element, entry, await catalogue.load(entry)));
  }
  const components = [...made.values()];
  try {
    return { root: assembled(chains, components, links, Object.fromEntries(made)), components };
  } catch (error) {
    // Boxes that are named only as the components are made, and components of another copy of the runtime.
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function assembled(
  chains: readonly Chain[],
  components: readonly Component[],
  linkages: readonly (readonly [End, End])[],
  children: Record<string, Component>,
): Component {
  const inARow = chains.length === 1 && chains[0]?.every((part) => part.kind === 'element');
  if (inARow) return Pipeline(...(components as unknown as [Component]));
  return Graphline({ linkages, children });
}

/** Every component of the text, in its order, by its element. */
function childrenOf(chains: readonly Chain[], catalogue: Catalogue): Map<Element, Child> {
  const elements = chains.flat().filter((part) => part.kind === 'element');
  const taken = new Set(elements.map(({ instance }) => instance));
  const children = new Map<Element, Child>();
  for (const element of elements) {
    const entry = entryOf(element, catalogue);
    children.set(element, { name: element.instance ?? freeName(entry.name, taken), element, entry });
  }
  return children;
}

function entryOf({ at, component }: Element, catalogue: Catalogue): CatalogueEntry {
  try {
    return catalogue.named(component);
  } catch (error) {
    throw wrongAt(at, (error as Error).message);
  }
}

function freeName(component: string, taken: Set<string | undefined>): string {
  for (let n = 1; ; n++) {
    const name = `${component}-${n}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** The links of all chains: from box to box, and from `signal` to `control` where both are declared and free. */
function linksOf(chains: readonly Chain[], children: ReadonlyMap<Element, Child>): [End, End][] {
  const byName = new Map([...children.values()].map((child) => [child.name, child]));
  const childOf = (part: Part) => (part.kind === 'element' ? children.get(part) : byName.get(part.instance)) as Child;
  const links: [End, End][] = [];
  const sources = new Set<string>();
  const signals: [Child, Child][] = [];
  for (const chain of chains) {
    chain.forEach((part, index) => {
      const to = chain[index + 1];
      checkPlace(part, index, chain.length);
      if (to === undefined) return;
      const source: End = [childOf(part).name, boxOf(part, childOf(part), 'outboxes')];
      const sink: End = [childOf(to).name, boxOf(to, childOf(to), 'inboxes')];
      if (sources.has(source.join('.'))) {
        throw wrongAt(
          part.at,
          `Expected one destination for ${source.join('.')} but received a second; see Tee, Backplane`,
        );
      }
      sources.add(source.join('.'));
      links.push([source, sink]);
      if (source[1] === 'outbox' && sink[1] === 'inbox') signals.push([childOf(part), childOf(to)]);
    });
  }
  for (const [from, to] of signals) {
    if (!declares(from, 'outboxes', 'signal') || !declares(to, 'inboxes', 'control')) continue;
    if (!sources.has(`${from.name}.signal`))
      links.push([
        [from.name, 'signal'],
        [to.name, 'control'],
      ]);
  }
  return links;
}

function declares({ entry }: Child, kind: 'inboxes' | 'outboxes', name: string): boolean {
  return entry[kind].some((box) => box.name === name);
}

/** A box may be named only where a chain begins or ends: between two links it could be only one of the two. */
function checkPlace(part: Part, index: number, length: number): void {
  if (part.kind === 'element') return;
  const written = part.box === undefined ? part.instance : `${part.instance}.${part.box}`;
  if (length === 1) throw wrongAt(part.at, `Expected ! before or behind ${written} but received neither`);
  if (part.box === undefined || index === 0 || index === length - 1) return;
  throw wrongAt(part.at, `Expected ${part.instance} between two ! but received ${written}`);
}

function boxOf(part: Part, child: Child, kind: 'inboxes' | 'outboxes'): string {
  const name = (part.kind === 'reference' ? part.box : undefined) ?? USUAL[kind][0];
  const { entry } = child;
  const known = entry[kind].map((box) => box.name);
  const boxless = entry.inboxes.length + entry.outboxes.length === 0;
  // What a function makes, and what declares no box, has its boxes only when it is there.
  if (known.includes(name) || name === ALWAYS[kind] || entry[MORE[kind]] || entry.kind === 'function') return name;
  if (boxless && (USUAL[kind] as readonly string[]).includes(name)) return name;
  const singular = kind === 'inboxes' ? 'inbox' : 'outbox';
  const near = nearest(name, known);
  const has = known.length === 0 ? 'none' : known.join(', ');
  const hint = near === undefined ? `it has ${has}` : `did you mean ${JSON.stringify(near)}?`;
  throw wrongAt(part.at, `Expected an ${singular} of ${entry.name} but received ${JSON.stringify(name)} (${hint})`);
}
