// SPDX-License-Identifier: Apache-2.0

import { Component, TASK } from '../component.js';
import { disposeMessage } from '../dispose.js';
import { withOne } from '../few.js';
import type { Inbox } from '../inbox.js';
import { finalInbox } from '../link.js';
import { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { topologyChanged } from '../topology.js';
import { PostBox, refuseIfFull, setBoxSize } from './box-size.js';
import { producerFinished, shutdownMicroprocess } from './ipc.js';
import { inboxNamed, type linkage, outboxNamed, type Passthrough } from './linkage.js';
import { microprocess, THREAD } from './microprocess.js';
import { type BoxPair, isToldByItsSender, type LinkOptions, postoffice, type Unlinked } from './postoffice.js';

/** Names of boxes, with what each is for or without. */
export type BoxNames = Readonly<Record<string, string>> | readonly string[];

/** Values by name, which become attributes of the instance. */
export type Attributes = Readonly<Record<string, unknown>>;

/**
 * A microprocess with boxes: those that its class names in `Inboxes` and `Outboxes`. On a plain `yield` it sleeps until a
 * message comes, one of its own is taken, a child ends, or somebody wakes it; `pause()` also lets it sleep with messages
 * waiting. Its inboxes are bounded: while one that it sends to is full, `dataReady` is 0 and it does not run.
 *
 * What the constructor is given become attributes, over those of the class's `defaults`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { component, producerFinished } from '@kamaelia/axon/compat';
 *
 * class IncrementByN extends component {
 *   static defaults = { N: 1 };
 *   *main() {
 *     for (;;) {
 *       while (this.dataReady('inbox')) this.send(this.recv('inbox') + this.N, 'outbox');
 *       if (this.canStop()) {
 *         this.send(this.shutdownMsg, 'signal');
 *         return;
 *       }
 *       this.pause();
 *       yield 1;
 *     }
 *   }
 * }
 * await Pipeline([1, 2, 3], new IncrementByN({ N: 10 }), (n) => console.log(n)).run();
 *
 * @base
 */
export class component extends microprocess {
  static Inboxes: BoxNames = {
    inbox: 'Data to work on',
    control: 'Messages that ask for an end: producerFinished, shutdownMicroprocess',
  };
  static Outboxes: BoxNames = {
    outbox: 'Results',
    signal: 'Passes on what came to control',
  };
  static Usescomponents: readonly unknown[] = [];
  /** Attributes of every instance, unless the constructor is given others; those of superclasses are inherited. */
  static defaults: Attributes = {};

  /** The inboxes by name. */
  readonly inboxes: Record<string, PostBox> = {};
  /** The outboxes by name. */
  readonly outboxes: Record<string, Outbox> = {};
  readonly postoffice: postoffice;
  /** Those given to {@link addChildren} and not removed. */
  readonly children: Component[] = [];
  /** The strongest of `producerFinished` and `shutdownMicroprocess` that {@link handleControl} has seen. */
  shutdownMsg: producerFinished | shutdownMicroprocess | undefined;
  readonly #parents = new Set<component>();
  /** Was told on `control` that its senders have finished. */
  #told = false;
  #warned = false;

  /** @param attributes values that become attributes of the instance, over those of `defaults` */
  constructor(attributes: Attributes = {}) {
    super();
    this[TASK].refusable = true;
    Object.assign(this, defaultsOf(new.target), attributes);
    this.postoffice = new postoffice(`component :${this.name}`, this);
    for (const name of namesIn(new.target.Inboxes)) this._newInbox(name);
    for (const name of namesIn(new.target.Outboxes)) this._newOutbox(name);
  }

  /** Names of the inboxes that the class declares. */
  get Inboxes(): BoxNames {
    return (this.constructor as typeof component).Inboxes;
  }

  /** Names of the outboxes that the class declares. */
  get Outboxes(): BoxNames {
    return (this.constructor as typeof component).Outboxes;
  }

  /** @internal */
  protected _newInbox(name: string): void {
    const inbox = new PostBox(this[TASK], name);
    this[TASK].ins = withOne(this[TASK].ins, inbox);
    this.inboxes[name] = inbox;
    topologyChanged();
  }

  /** @internal */
  protected _newOutbox(name: string): void {
    this.outboxes[name] = this.out(name);
    topologyChanged();
  }

  // ---- the body ----

  /** Calls `initialiseComponent` once, `mainBody` until it gives something falsy, and `closeDownComponent`. */
  override *main(): Steps {
    this[THREAD].goOn();
    yield this.initialiseComponent() || 1;
    for (let result = this.mainBody(); result; result = this.mainBody()) yield result;
    this[THREAD].goOn();
    yield this.closeDownComponent();
  }

  initialiseComponent(): unknown {
    return 1;
  }

  mainBody(): unknown {
    return undefined;
  }

  closeDownComponent(): unknown {
    return 1;
  }

  protected override _spins(): boolean {
    return false;
  }

  // ---- boxes ----

  /** Messages that may be taken from the inbox itself (not from one it is passed on to); 0 while an outbox is blocked. */
  override dataReady(boxname = 'inbox'): number {
    return this.#ready(inboxNamed(this, boxname));
  }

  /** The name of an inbox with a message that may be taken, else false. */
  override anyReady(): string | false {
    for (const inbox of this[TASK].ins) if (this.#ready(inbox) > 0) return inbox.name;
    return false;
  }

  #ready(inbox: Inbox): number {
    if (!inbox.ready || (inbox.control && this.#isHeldBack(inbox))) return 0;
    return inbox.count;
  }

  /**
   * A component that looks at `control` when `dataReady` is 0 for its data would take a full outbox for the end of the
   * data, and lose the rest. So it does not see a producerFinished while that is why.
   */
  #isHeldBack(control: Inbox): boolean {
    const { blocked, ins } = this[TASK];
    if (blocked === 0 || !ins.some((inbox) => !inbox.control && inbox.count > 0)) return false;
    return control.peekAll().every((message) => message instanceof producerFinished);
  }

  /** Takes the oldest message, also where the inbox is passed on. An empty one is a RangeError. Wakes the senders. */
  override recv(boxname = 'inbox'): unknown {
    const own = inboxNamed(this, boxname);
    const inbox = finalInbox(own) ?? own;
    const message = inbox.recv();
    if (own.control && isEnd(message)) this.#told = true;
    wakeSenders(inbox);
    return message;
  }

  /** Takes messages while there are some: `for (const message of this.Inbox('inbox'))`. */
  *Inbox(boxname = 'inbox'): Generator<unknown, void, undefined> {
    while (this.dataReady(boxname) > 0) yield this.recv(boxname);
  }

  /** Sends. Throws `noSpaceInBox` where the inbox at the other end has a size and is full; the message stays ours then. */
  override send(message: unknown, boxname = 'outbox'): void {
    const outbox = outboxNamed(this, boxname);
    if (outbox.from.length === 0) {
      refuseIfFull(outbox.sink);
      outbox.send(message);
      return;
    }
    // A child's outbox is passed on by this one, which may send too.
    const target = finalInbox(outbox);
    outbox.sent++;
    if (target === undefined) disposeMessage(message);
    else {
      refuseIfFull(target);
      target.push(message);
    }
  }

  /** Limits an inbox: `send` into it throws `noSpaceInBox` above `size`. No limit when undefined or null. */
  setInboxSize(boxname: string, size: number | null | undefined): void {
    setBoxSize(inboxNamed(this, boxname), size);
  }

  /** For tests: puts a message into an inbox. */
  _deliver(message: unknown, boxname = 'inbox'): void {
    inboxNamed(this, boxname).push(message);
  }

  // ---- links and children ----

  /** Links two boxes, given as `[component, name]`; see {@link postoffice.link}. The link goes when this component ends. */
  override link(source: BoxPair, sink: BoxPair, options: Passthrough | LinkOptions = {}): linkage {
    return this.postoffice.link(source, sink, options);
  }

  /** Takes a link away that this component has made, or all of those to and from a component. */
  unlink(what: Unlinked): void {
    this.postoffice.unlink(what);
  }

  /** Registers children, which are not activated by that. This component is woken when one ends. */
  addChildren(...children: Component[]): void {
    for (const child of children) {
      if (!(child instanceof Component)) {
        const received = typeof child === 'function' ? `the class ${(child as { name: string }).name}` : String(child);
        throw new TypeError(`${this.name}: Expected a component for addChildren but received ${received}`);
      }
      this.children.push(child);
      child[TASK].keeper = this[TASK];
      if (child instanceof component) child.#parents.add(this);
    }
  }

  /** Forgets a child, and takes the links away that this component has made to and from it. */
  removeChild(child: Component): void {
    for (let at = this.children.indexOf(child); at >= 0; at = this.children.indexOf(child)) this.children.splice(at, 1);
    if (child[TASK].keeper === this[TASK]) child[TASK].keeper = undefined;
    if (child instanceof component) child.#parents.delete(this);
    this.unlink(child);
  }

  /** The children. */
  childComponents(): Component[] {
    return [...this.children];
  }

  override _closeDownMicroprocess(): unknown {
    for (const parent of this.#parents) parent.unpause();
    // Those it was linked to learn of its end, which a link that was only taken away would not tell.
    if (this[THREAD].ended) for (const outbox of this[TASK].outs) outbox.close();
    this.postoffice.unlinkAll();
    return undefined;
  }

  // ---- the usual way to end ----

  /** Takes what waits on `control` and keeps the strongest request to end in {@link shutdownMsg}. */
  handleControl(): void {
    while (this.dataReady('control') > 0) {
      const message = this.recv('control');
      if (message instanceof shutdownMicroprocess) this.shutdownMsg = message;
      else if (message instanceof producerFinished) this.shutdownMsg ??= message;
    }
  }

  /** It may end when it has done what is queued; it then passes {@link shutdownMsg} on. */
  canStop(): boolean {
    this.handleControl();
    return this.shutdownMsg !== undefined;
  }

  /** It is to end at once, also while blocked by a full box. */
  mustStop(): boolean {
    this.handleControl();
    return this.shutdownMsg instanceof shutdownMicroprocess;
  }

  /**
   * Senders that only end (those of the runtime, and chassis) tell of it by closing their boxes. What looks at `control`
   * is told there, once everything that was sent has been taken.
   */
  protected override _beforeSlice(): void {
    const { control } = this.inboxes;
    if (this.#told || control === undefined || control.to !== undefined || control.closed || control.count > 0) return;
    let finished = false;
    for (const inbox of this[TASK].ins) {
      if (inbox.control) continue;
      const { eos, count, producers } = finalInbox(inbox) ?? inbox;
      if (producers.length > 0 || (eos && count > 0)) return;
      if (eos && !isToldByItsSender(inbox)) finished = true;
    }
    if (!finished) return;
    this.#told = true;
    control.push(new producerFinished());
  }

  /** The original would step it again and again, so it may count on that. */
  protected override _parks(): void {
    if (this.#warned || this.#canBeWoken()) return;
    this.#warned = true;
    this.log(
      'warn',
      'yielded with nothing that could wake it: no linked inbox, no child, no timer. It sleeps until somebody calls ' +
        'unpause(); pause() says that this is meant, `yield* this.sleep({ ms })` waits, `yield Step.again` polls',
    );
  }

  #canBeWoken(): boolean {
    const { ins, liveChildren, alarms, externals } = this[TASK];
    if (liveChildren > 0 || alarms > 0 || externals > 0) return true;
    if (ins.some((inbox) => inbox.producers.length > 0 || inbox.to !== undefined)) return true;
    return this.children.length > 0 || this.tracker.offersServiceOf(this);
  }

  override toString(): string {
    const ins = Object.entries(this.inboxes).map(([name, box]) => `'${name}': ${box.count}`);
    const outs = Object.keys(this.outboxes).map((name) => `'${name}'`);
    return `Component ${this.name} [ inboxes : {${ins.join(', ')}} outboxes : {${outs.join(', ')}} ]`;
  }
}

function namesIn(boxes: BoxNames): readonly string[] {
  return Array.isArray(boxes) ? boxes : Object.keys(boxes);
}

/** Those of the class over those of its superclasses. */
function defaultsOf(from: typeof component): Attributes {
  const own = Object.hasOwn(from, 'defaults') ? from.defaults : {};
  return from === component ? own : { ...defaultsOf(Object.getPrototypeOf(from) as typeof component), ...own };
}

function isEnd(message: unknown): boolean {
  return message instanceof producerFinished || message instanceof shutdownMicroprocess;
}

/** Wakes the owner of every outbox in the chains that end in the inbox; not those of inboxes that only pass on. */
function wakeSenders(box: Inbox | Outbox): void {
  for (const feeder of box.from) {
    const sender = feeder.task.component;
    if (feeder instanceof Outbox && sender instanceof microprocess) sender[THREAD].wake();
    wakeSenders(feeder);
  }
}
