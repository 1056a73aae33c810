// SPDX-License-Identifier: Apache-2.0
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import { UnknownBoxError } from '../errors.js';
import type { Inbox } from '../inbox.js';
import type { Link } from '../link.js';
import type { Outbox } from '../outbox.js';
import { setBoxSize } from './box-size.js';

/** Which boxes a linkage joins: 0 outbox to inbox, 1 inbox to inbox of a child, 2 outbox of a child to outbox. */
export type Passthrough = 0 | 1 | 2;

/** What a linkage joins. */
export interface LinkageOptions {
  readonly source: Component;
  readonly sink: Component;
  /** Default `outbox`. */
  readonly sourcebox?: string;
  /** Default `inbox`. */
  readonly sinkbox?: string;
  /** Default 0. */
  readonly passthrough?: Passthrough;
}

/**
 * A handle for the link between two boxes; made by `component.link()`, which makes the link too. For those who know the
 * runtime it is its `Link`: `source` and `sink` are the boxes.
 */
export class linkage implements Link {
  readonly source: Inbox | Outbox;
  readonly sink: Inbox | Outbox;
  readonly sourcebox: string;
  readonly sinkbox: string;
  readonly passthrough: Passthrough;
  readonly #from: Component;
  readonly #to: Component;

  constructor(options: LinkageOptions) {
    const { source, sink, passthrough = 0 } = options ?? {};
    const { sourcebox = passthrough === 1 ? 'inbox' : 'outbox' } = options ?? {};
    const { sinkbox = passthrough === 2 ? 'outbox' : 'inbox' } = options ?? {};
    for (const [name, end] of Object.entries({ source, sink })) {
      if (end instanceof Component) continue;
      throw new TypeError(`linkage: Expected a component for ${name} but received ${shown(end)}`);
    }
    if (passthrough !== 0 && passthrough !== 1 && passthrough !== 2) {
      throw new RangeError(`linkage: Expected 0, 1 or 2 for passthrough but received ${String(passthrough)}`);
    }
    this.#from = source;
    this.#to = sink;
    this.sourcebox = sourcebox;
    this.sinkbox = sinkbox;
    this.passthrough = passthrough;
    this.source = passthrough === 1 ? inboxNamed(source, sourcebox) : outboxNamed(source, sourcebox);
    this.sink = passthrough === 2 ? outboxNamed(sink, sinkbox) : inboxNamed(sink, sinkbox);
  }

  /** Where it comes from: component and name of the box. */
  sourcePair(): readonly [component: Component, box: string] {
    return [this.#from, this.sourcebox];
  }

  /** Where it goes: component and name of the box. */
  sinkPair(): readonly [component: Component, box: string] {
    return [this.#to, this.sinkbox];
  }

  /** The box it comes from. */
  getSourcebox(): Inbox | Outbox {
    return this.source;
  }

  /** The box it goes to. */
  getSinkbox(): Inbox | Outbox {
    return this.sink;
  }

  /** Limits the inbox it goes to, as `setInboxSize` does; no limit when undefined or null. Returns the limit. */
  setSynchronous(pipewidth?: number | null): number | undefined {
    setBoxSize(inboxNamed(this.#to, this.sinkbox), pipewidth);
    return pipewidth ?? undefined;
  }

  toString(): string {
    return `Link( source:[${this.#from.name},${this.sourcebox}], sink:[${this.#to.name},${this.sinkbox}] )`;
  }
}

/** A class instead of a component is the usual slip. */
function shown(value: unknown): string {
  return typeof value === 'function' ? `the class or function ${value.name}` : String(value);
}

/** The inbox of that name; an UnknownBoxError names those there are. */
export function inboxNamed(component: Component, name: string): Inbox {
  const { ins, refusable } = component[TASK];
  // Components of the runtime may have boxes that come into being as they are named.
  if (!refusable) return inboxOf(component, name);
  for (let i = 0; i < ins.length; i++) if (ins[i]?.name === name) return ins[i] as Inbox;
  throw new UnknownBoxError(component.path, 'inbox', name, namesOf(ins));
}

/** The outbox of that name; an UnknownBoxError names those there are. */
export function outboxNamed(component: Component, name: string): Outbox {
  const { outs, refusable } = component[TASK];
  if (!refusable) return outboxOf(component, name);
  for (let i = 0; i < outs.length; i++) if (outs[i]?.name === name) return outs[i] as Outbox;
  throw new UnknownBoxError(component.path, 'outbox', name, namesOf(outs));
}

function namesOf(boxes: readonly { readonly name: string }[]): string[] {
  return boxes.map(({ name }) => name);
}
