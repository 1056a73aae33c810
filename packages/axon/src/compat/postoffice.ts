// SPDX-License-Identifier: Apache-2.0
import { Component, TASK } from '../component.js';
import { Inbox } from '../inbox.js';
import { connect, finalInbox, unlink } from '../link.js';
import { Outbox } from '../outbox.js';
import { refuseIfFull, setBoxSize } from './box-size.js';
import { inboxNamed, linkage, type Passthrough } from './linkage.js';

/** Options of `link()`. */
export interface LinkOptions {
  /** Default 0. */
  readonly passthrough?: Passthrough;
  /** Limits the inbox it goes to: `send` throws `noSpaceInBox` above it. */
  readonly pipewidth?: number;
  /** The same as a pipewidth of 1. */
  readonly synchronous?: boolean;
}

/** Component and name of a box. */
export type BoxPair = readonly [component: Component, box: string];

/** What `unlink()` takes away: a link, or every link to and from a component. */
export type Unlinked = linkage | Component | { readonly thelinkage?: linkage; readonly thecomponent?: Component };

const fedByOldVocabulary = new WeakSet<Inbox>();

/** @internal Whether one that says itself that it has finished was linked to the inbox. */
export function isToldByItsSender(inbox: Inbox): boolean {
  return fedByOldVocabulary.has(inbox);
}

/** The links that one component has made; each component has one, and its links go when it ends. */
export class postoffice {
  readonly debugname: string;
  /** Those that are not unlinked, in the order in which they were made. */
  readonly linkages: linkage[] = [];
  readonly #owner: Component | undefined;
  /** Outboxes of the owner whose consumer may end without that ending the owner. */
  readonly #lent = new Map<linkage, Outbox>();

  constructor(debugname = '', owner?: Component) {
    this.debugname = debugname;
    this.#owner = owner;
  }

  /**
   * Links two boxes, given as `[component, name]`. A source that has a destination is a `BoxAlreadyLinkedToDestination`,
   * a ring of boxes that only pass on a `LinkCycleError`, an inbox with more messages than the new destination admits a
   * `noSpaceInBox`; nothing has moved then.
   */
  link(source: BoxPair, sink: BoxPair, options: Passthrough | LinkOptions = {}): linkage {
    const {
      passthrough = 0,
      pipewidth,
      synchronous = false,
    }: LinkOptions = typeof options === 'object' ? options : { passthrough: options };
    const [from, sourcebox] = pair('source', source);
    const [to, sinkbox] = pair('sink', sink);
    const made = new linkage({ source: from, sourcebox, sink: to, sinkbox, passthrough });
    const target = finalInbox(made.sink);
    if (made.source instanceof Inbox && target !== undefined) refuseIfFull(target, made.source.count);
    connect(made.source, made.sink);
    if (pipewidth !== undefined || synchronous) setBoxSize(inboxNamed(to, sinkbox), pipewidth ?? 1);
    if (passthrough === 0 && from[TASK].refusable) fedByOldVocabulary.add(made.sink as Inbox);
    if (from === this.#owner && made.source instanceof Outbox && !made.source.control) {
      made.source.control = true;
      this.#lent.set(made, made.source);
    }
    this.linkages.push(made);
    return made;
  }

  /** Takes links away; one that was made elsewhere, or is gone, is ignored. */
  unlink(what: Unlinked): void {
    const { thelinkage, thecomponent } = named(what);
    for (const made of [...this.linkages]) {
      const ends = [made.sourcePair()[0], made.sinkPair()[0]];
      if (made !== thelinkage && (thecomponent === undefined || !ends.includes(thecomponent))) continue;
      this.linkages.splice(this.linkages.indexOf(made), 1);
      unlink(made);
      const lent = this.#lent.get(made);
      if (lent === undefined) continue;
      lent.control = false;
      this.#lent.delete(made);
    }
  }

  /** Takes every link away. */
  unlinkAll(): void {
    for (const made of [...this.linkages]) this.unlink(made);
  }

  islinkageregistered(made: linkage): boolean {
    return this.linkages.includes(made);
  }

  toString(): string {
    return `{{ POSTOFFICE: ${this.debugname}links ${this.linkages.join(', ')} }}`;
  }
}

function pair(name: string, given: BoxPair): BoxPair {
  if (Array.isArray(given) && given.length === 2) return given;
  throw new TypeError(`link: Expected [component, box] for ${name} but received ${String(given)}`);
}

function named(what: Unlinked): { readonly thelinkage?: linkage; readonly thecomponent?: Component } {
  if (what instanceof linkage) return { thelinkage: what };
  return what instanceof Component ? { thecomponent: what } : what;
}
