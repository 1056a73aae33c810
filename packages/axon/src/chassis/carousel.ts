// SPDX-License-Identifier: Apache-2.0
import { producerFinished, shutdownMicroprocess } from '../compat/ipc.js';
import { Component, TASK } from '../component.js';
import { disposeMessage } from '../dispose.js';
import type { Inbox } from '../inbox.js';
import { finalInbox, keepOpen } from '../link.js';
import type { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { DONE, type Task } from '../task.js';
import type { ComponentInput, ComponentOutput } from './pipeline.js';
import { Relays } from './relays.js';

/** Options of {@link Carousel}. */
export interface CarouselOptions {
  /** Ask for the first child by a "NEXT" at `requestNext`. Default false. */
  readonly make1stRequest?: boolean;
}

/** What `Carousel` returns. */
export type CarouselComponent<A, C extends Component> = Component & {
  /** What the child is to take; waits here while there is none. */
  readonly inbox: Inbox<ComponentInput<C>>;
  /** What each child sends. */
  readonly outbox: Outbox<ComponentOutput<C>>;
  /** What to make the next child of. */
  readonly next: Inbox<A>;
  /** "NEXT" when a child has ended by itself and no other is asked for. */
  readonly requestNext: Outbox<'NEXT'>;
  /** `producerFinished` and `shutdownMicroprocess`; anything else is dropped. */
  readonly control: Inbox;
};

/**
 * Holds one child at a time, made by `componentFactory` of a message that came to `next`. The child has the carousel's
 * `inbox` and `outbox`; what it has left in its inbox goes to the one after it.
 *
 * A request that comes while there is a child replaces it: the child is told to end by a `shutdownMicroprocess` at its
 * `control` (one without that box is stopped), and when it has ended the next is made. A `producerFinished` at `control`
 * ends the carousel when the requests that wait are done, a `shutdownMicroprocess` when the present child has ended; both
 * go to the child, and from `signal` on. It also ends when its `inbox` has ended, or when `next` has, and all is done.
 *
 * @example
 * import { Carousel, Component, Graphline, link, Pipeline } from '@kamaelia/axon';
 *
 * class Names extends Component {
 *   inbox = this.in('inbox');
 *   outbox = this.out('outbox');
 *   *main() {
 *     for (const name of ['one', 'two', 'three']) {
 *       while (!this.inbox.ready) yield;
 *       this.inbox.recv();
 *       this.outbox.send(name);
 *     }
 *   }
 * }
 * const parts = {
 *   names: new Names(),
 *   carousel: Carousel((name) => Pipeline([`begin ${name}`, `end ${name}`]), { make1stRequest: true }),
 *   print: Pipeline((text) => console.log(text)),
 * };
 * await Graphline(parts, ({ names, carousel, print }) => [
 *   link(carousel.requestNext, names.inbox),
 *   link(names.outbox, carousel.next),
 *   link(carousel.outbox, print.inbox),
 * ]).run();
 */
export function Carousel<A, C extends Component>(
  componentFactory: (request: A) => C,
  options: CarouselOptions = {},
): CarouselComponent<A, C> {
  return new CarouselOf(componentFactory as (request: unknown) => Component, options) as unknown as CarouselComponent<
    A,
    C
  >;
}

const CarouselOf = class Carousel extends Component {
  readonly inbox = this.in('inbox');
  // Requests and orders are looked at also while a child's messages find no room.
  readonly next = this.in('next', { priority: 'control' });
  readonly control = this.in('control');
  readonly outbox = this.out('outbox');
  readonly requestNext = this.out<'NEXT'>('requestNext', { role: 'control' });
  readonly #signal = this.out('signal');
  readonly #relays = new Relays({ ins: [this.inbox], outs: [this.outbox] });
  readonly #factory: (request: unknown) => Component;
  readonly #make1stRequest: boolean;
  #child: Component | undefined;
  /** What the child was last told. */
  #told: producerFinished | shutdownMicroprocess | undefined;
  #finished: producerFinished | undefined;
  #stopped: shutdownMicroprocess | undefined;

  constructor(factory: (request: unknown) => Component, { make1stRequest = false }: CarouselOptions) {
    super();
    if (typeof factory !== 'function') {
      throw new TypeError(`Carousel: Expected a function for componentFactory but received ${String(factory)}`);
    }
    if (typeof make1stRequest !== 'boolean') {
      throw new TypeError(`Carousel: Expected true or false for make1stRequest but received ${String(make1stRequest)}`);
    }
    this.#factory = factory;
    this[TASK].chassis = this[TASK].renews = true;
    this.#make1stRequest = make1stRequest;
  }

  override *main(): Steps {
    if (this.#make1stRequest) this.requestNext.send('NEXT');
    for (;;) {
      this.#readControl();
      if (this.#child?.[TASK].state === DONE) this.#letGo();
      if (this.#child !== undefined) {
        this.#tellChild();
      } else if (this.#stopped === undefined && this.next.ready) {
        this.#begin(this.next.recv());
        continue;
      } else {
        const last = this.#stopped ?? this.#finished ?? (this.#isOver() ? new producerFinished(this) : undefined);
        if (last !== undefined) {
          this.#signal.send(last);
          return;
        }
      }
      yield;
    }
  }

  /** Nobody will ask for a child, or there is nothing for one to do. */
  #isOver(): boolean {
    return this.next.ended || this.inbox.ended || (this.stopping && !this.next.linked);
  }

  #readControl(): void {
    const { control, next } = this;
    while (control.ready) {
      const message = control.recv();
      if (message instanceof shutdownMicroprocess) this.#stopped ??= message;
      else if (message instanceof producerFinished) this.#finished ??= message;
      else disposeMessage(message);
    }
    if (this.#stopped !== undefined) for (const request of next.takeAll()) disposeMessage(request);
  }

  #begin(request: unknown): void {
    const child: unknown = this.#factory(request);
    if (!(child instanceof Component)) {
      throw new TypeError(`Carousel: Expected a component from componentFactory but received ${String(child)}`);
    }
    this.add(child);
    this.#child = child;
    this.#told = undefined;
    this.#relays.connectTo(child);
    // So that what is behind has not ended with a part of the child.
    keepOpen(this.outbox);
    this.#takeBackAtEndOf(child[TASK]);
    const takes = finalInbox(this.inbox)?.task;
    if (takes !== undefined && takes !== child[TASK]) this.#takeBackAtEndOf(takes);
  }

  /** Those who send to the inbox are not told that nobody listens. */
  #takeBackAtEndOf(task: Task): void {
    const { onEnd } = task;
    task.onEnd = () => {
      onEnd?.();
      if (task === this.#child?.[TASK] || finalInbox(this.inbox)?.task === task) this.#relays.takeBack();
    };
  }

  #tellChild(): void {
    if (this.#stopped !== undefined) this.#tell(this.#stopped);
    else if (this.next.length > 0) this.#tell(new shutdownMicroprocess(this.#child));
    else if (this.#finished !== undefined) this.#tell(this.#finished);
  }

  #tell(message: producerFinished | shutdownMicroprocess): void {
    // Once, and once more if it was only asked to finish.
    if (this.#told !== undefined && (this.#told instanceof shutdownMicroprocess || message === this.#told)) return;
    this.#told = message;
    const control = this.#child?.[TASK].ins.find(({ name }) => name === 'control');
    if (control !== undefined) {
      (finalInbox(control) ?? control).push(message);
      return;
    }
    if (message instanceof shutdownMicroprocess) this.#relays.takeBack();
    this.#child?.stop();
  }

  #letGo(): void {
    this.#relays.release();
    this.#child = undefined;
    const over = this.#stopped !== undefined || this.#finished !== undefined || this.#isOver();
    if (!over && this.next.length === 0) this.requestNext.send('NEXT');
  }
};
