// SPDX-License-Identifier: Apache-2.0
import { Component, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { connect } from '../link.js';
import type { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { DONE } from '../task.js';
import { ownedByMany, sendToAll } from './fan-out.js';
import { Relays } from './relays.js';

type InAndOut = Component & { readonly inbox: Inbox; readonly outbox: Outbox };

/**
 * Runs its parts one after the other, each from its beginning to its end. Whichever runs has the `inbox` and `outbox`;
 * what one has left in its inbox goes to the next. A text among the parts is logged (`info`) when its turn comes; a
 * function makes its part when its turn comes.
 *
 * @example
 * import { Pipeline, Seq } from '@kamaelia/axon';
 *
 * const parts = Seq(Pipeline([1, 2]), 'and then', () => Pipeline([3]));
 * await Pipeline(parts, (n) => console.log(n)).run();
 */
export function Seq(...parts: readonly (Component | string | (() => Component))[]): InAndOut {
  return new SeqOf(parts);
}

const SeqOf = class Seq extends Component {
  readonly inbox = this.in('inbox');
  readonly outbox = this.out('outbox');
  readonly #parts: readonly (Component | string | (() => Component))[];

  constructor(parts: readonly (Component | string | (() => Component))[]) {
    super();
    if (parts.length === 0) throw new TypeError('Seq: Expected at least one part but received none');
    parts.forEach((part, n) => {
      if (part instanceof Component || typeof part === 'string' || typeof part === 'function') return;
      throw new TypeError(`Seq: Expected a component, text or function for part ${n + 1} but received ${String(part)}`);
    });
    this.#parts = parts;
    this[TASK].chassis = this[TASK].renews = true;
  }

  override *main(): Steps {
    const relays = new Relays({ ins: [this.inbox], outs: [this.outbox] });
    for (const given of this.#parts) {
      if (typeof given === 'string') {
        this.log('info', given);
        continue;
      }
      const part = this.add(typeof given === 'function' ? given() : given);
      part[TASK].onEnd = () => relays.takeBack();
      relays.connectTo(part);
      while (part[TASK].state !== DONE) yield;
      relays.release();
      if (this.outbox.cancelled || this.stopping) return;
    }
  }
};

/**
 * Runs its parts beside each other and merges what they send at its `outbox`. What comes to its `control` goes to the
 * `control` of each part that has one. Ends when all parts have.
 *
 * @example
 * import { Par, Pipeline } from '@kamaelia/axon';
 *
 * await Pipeline(Par(Pipeline([1, 2]), Pipeline([10, 20])), (n) => console.log(n)).run();
 */
export function Par(...parts: readonly Component[]): Component & { readonly control: Inbox; readonly outbox: Outbox } {
  return new ParOf(parts);
}

const ParOf = class Par extends Component {
  readonly control = this.in('control');
  readonly outbox = this.out('outbox');
  readonly #controls: Outbox[] = [];

  constructor(parts: readonly Component[]) {
    super();
    this[TASK].chassis = true;
    parts.forEach((part: unknown, n) => {
      if (!(part instanceof Component)) {
        throw new TypeError(`Par: Expected a component for part ${n + 1} but received ${String(part)}`);
      }
      this.add(part);
      const { ins, outs } = part[TASK];
      const sends = outs.find(({ name }) => name === 'outbox');
      if (sends !== undefined) connect(sends, this.outbox);
      const control = ins.find(({ name }) => name === 'control');
      if (control === undefined) return;
      const way = this.out(`control-${n + 1}`, { role: 'control' });
      this.#controls.push(way);
      connect(way, control);
    });
  }

  override *main(): Steps {
    const { control } = this;
    while (this.parts.length > 0 && !(control.ended && control.length === 0)) {
      while (control.ready) {
        const message = control.recv();
        sendToAll(this.#controls, this.#controls.length > 1 ? ownedByMany('Par', message) : message);
      }
      yield;
    }
  }
};
