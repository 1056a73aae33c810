// SPDX-License-Identifier: Apache-2.0
import { type Component, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { connect, endOfStream, finalInbox, keepOpen, type Link, unlink } from '../link.js';
import type { Outbox } from '../outbox.js';

/**
 * The boxes of a chassis whose messages go to, and come from, a part that may be replaced by another: what waits in
 * the part's inboxes is taken back when the part is let go, and goes to the next one.
 */
export class Relays {
  readonly #ins: readonly Inbox[];
  readonly #outs: readonly Outbox[];
  #links: Link[] = [];

  /** Boxes of the chassis. */
  constructor({ ins, outs }: { readonly ins: readonly Inbox[]; readonly outs: readonly Outbox[] }) {
    this.#ins = ins;
    this.#outs = outs;
  }

  /** Links the chassis' boxes to those of `part` by name; a box that the part lacks stays unlinked. */
  connectTo(part: Component): void {
    const { ins, outs } = part[TASK];
    for (const own of this.#ins) {
      const box = ins.find(({ name }) => name === own.name);
      if (box !== undefined) this.#links.push(connect(own, box));
    }
    for (const own of this.#outs) {
      const box = outs.find(({ name }) => name === own.name);
      if (box !== undefined) this.#links.push(connect(box, own));
    }
  }

  /**
   * The part is about to end, or has failed: takes the messages back that it has not taken, in order. What it still sends is passed on, and
   * its end is not the end of what the chassis sends.
   */
  takeBack(): void {
    for (const own of this.#ins) {
      const at = this.#links.findIndex(({ source }) => source === own);
      const [made] = at < 0 ? [] : this.#links.splice(at, 1);
      const waitedIn = finalInbox(own);
      if (made === undefined || waitedIn === undefined) continue;
      const { eos } = waitedIn;
      const waiting = waitedIn.takeAll();
      unlink(made);
      for (const message of waiting) own.push(message);
      if (eos && own.producers.length === 0) endOfStream(own);
    }
    for (const own of this.#outs) keepOpen(own);
  }

  /** Takes the links away that are left. */
  release(): void {
    for (const made of this.#links) unlink(made);
    this.#links = [];
  }
}
