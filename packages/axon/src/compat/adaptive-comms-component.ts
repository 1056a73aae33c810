// SPDX-License-Identifier: Apache-2.0

import { TASK } from '../component.js';
import { withoutOne } from '../few.js';
import type { Inbox } from '../inbox.js';
import { unlink } from '../link.js';
import type { Outbox } from '../outbox.js';
import { topologyChanged } from '../topology.js';
import { component } from './component.js';
import { numId } from './id-gen.js';
import { inboxNamed, outboxNamed } from './linkage.js';

/** Boxes and anything else that belong to a resource. */
export type ResourceInformation = readonly [
  inboxes: readonly string[],
  outboxes: readonly string[],
  information: unknown,
];

/**
 * A component that gets and loses boxes while it runs, and remembers what they are for: a server with boxes for each of
 * its clients, for example.
 *
 * @example
 * import { AdaptiveCommsComponent } from '@kamaelia/axon/compat';
 *
 * const server = new AdaptiveCommsComponent();
 * const names = [server.addInbox('client'), server.addInbox('client')];
 * server.trackResource('the first client', names[0]);
 * console.log(names[0] !== names[1], server.retrieveTrackedResource(names[0]));
 *
 * @base
 */
export class AdaptiveCommsComponent extends component {
  readonly #resources = new Map<string, unknown>();
  readonly #information = new Map<unknown, ResourceInformation>();

  // ---- boxes ----

  /** Adds an inbox, and returns its name: the one given, or where there is one of that name, with a number behind it. */
  addInbox(name = 'inbox'): string {
    const free = freeName(name, this.inboxes);
    this._newInbox(free);
    return free;
  }

  /** Adds an outbox, named as by {@link addInbox}. */
  addOutbox(name = 'outbox'): string {
    const free = freeName(name, this.outboxes);
    this._newOutbox(free);
    return free;
  }

  /**
   * Takes an inbox away, with the messages in it, which are disposed of, and the links to and from it. A name that it does
   * not have is a RangeError.
   */
  deleteInbox(name: string): void {
    const box = inboxNamed(this, name);
    detach(box);
    box.discard();
    this[TASK].ins = withoutOne(this[TASK].ins, box);
    delete this.inboxes[name];
    topologyChanged();
    this.#resources.delete(name);
  }

  /** Takes an outbox away, with the links to and from it. A name that it does not have is a RangeError. */
  deleteOutbox(name: string): void {
    const box = outboxNamed(this, name);
    detach(box);
    box.close();
    this[TASK].outs = withoutOne(this[TASK].outs, box);
    delete this.outboxes[name];
    topologyChanged();
  }

  // ---- what they are for ----

  /** Remembers what an inbox is for. */
  trackResource(resource: unknown, inbox: string): void {
    inboxNamed(this, inbox);
    this.#resources.set(inbox, resource);
  }

  /** What an inbox is for. One for which nothing was remembered is a RangeError. */
  retrieveTrackedResource(inbox: string): unknown {
    if (this.#resources.has(inbox)) return this.#resources.get(inbox);
    throw new RangeError(`${this.name}: Expected an inbox with a resource but received ${inbox}`);
  }

  /** Remembers the boxes of a resource, which have to exist, and anything else. */
  trackResourceInformation(
    resource: unknown,
    inboxes: readonly string[],
    outboxes: readonly string[],
    information: unknown,
  ): void {
    for (const name of inboxes) inboxNamed(this, name);
    for (const name of outboxes) outboxNamed(this, name);
    this.#information.set(resource, [inboxes, outboxes, information]);
  }

  /** What was remembered of a resource. One of which nothing was is a RangeError. */
  retrieveTrackedResourceInformation(resource: unknown): ResourceInformation {
    const known = this.#information.get(resource);
    if (known !== undefined) return known;
    throw new RangeError(`${this.name}: Expected a tracked resource but received ${String(resource)}`);
  }

  /** Forgets a resource. One that is not tracked is a RangeError. */
  ceaseTrackingResource(resource: unknown): void {
    if (this.#information.delete(resource)) return;
    throw new RangeError(`${this.name}: Expected a tracked resource but received ${String(resource)}`);
  }
}

function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  let free = name;
  while (free in taken) free = `${name}${numId()}`;
  return free;
}

/** Takes the links to and from a box away. Those at the other end are not told that it has ended: they may get others. */
function detach(box: Inbox | Outbox): void {
  for (const source of [...box.from]) unlink({ source, sink: box });
  if (box.to !== undefined) unlink({ source: box, sink: box.to });
}
