// SPDX-License-Identifier: Apache-2.0
import { Component, TASK } from '../component.js';
import { disposeMessage, isDisposable } from '../dispose.js';
import type { ComponentError } from '../errors.js';
import type { Inbox } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import { type Duration, type Steps, toMicroseconds } from '../steps.js';
import { DONE, type Task, walkTasks } from '../task.js';
import { MessagesInside } from './messages-inside.js';
import type { ComponentInput, ComponentOutput } from './pipeline.js';
import { Relays } from './relays.js';

/** What happens when something in a group fails. */
export type SupervisionPolicy = 'restart' | 'skip' | 'end' | 'escalate';

/** Options of {@link group}. */
export interface GroupOptions {
  /** Names the group in paths. Default `Group-N`. */
  readonly name?: string;
  /**
   * `'restart'`: the group is made anew. `'skip'`: the same, but only the message that was being worked on is lost: it is
   * disposed of, and what waits between the steps inside goes to those made in their places.
   * `'end'`: it ends, and nothing else does; for connections and other parts that nobody waits for. `'escalate'`, the
   * default: its failure is that of what it is in.
   */
  readonly supervise?: SupervisionPolicy;
  /** Failures within `window` that are answered; one more escalates. Default 5. */
  readonly max?: number;
  /** Default a minute. */
  readonly window?: Duration;
}

/** A {@link group}: its boxes are those of what it holds. */
export type GroupComponent<C extends Component> = Component & {
  readonly inbox: Inbox<ComponentInput<C>>;
  readonly outbox: Outbox<ComponentOutput<C>>;
  /** Times it was made anew. */
  readonly restarts: number;
};

const POLICIES: readonly SupervisionPolicy[] = ['restart', 'skip', 'end', 'escalate'];
const DEFAULT_MAX = 5;
const DEFAULT_WINDOW: Duration = { ms: 60_000 };

/**
 * A part of a graph that fails by itself. `make` builds it, once at first and again after each failure; its boxes
 * become the group's. When a component inside fails, those behind it finish what they have and the others are stopped.
 * Messages that wait in the group's inboxes survive; those under way inside, before the component that failed, are
 * disposed of, but with `'skip'` only those that a component has in hand when it is stopped.
 *
 * Failures are logged as warnings. Above `max` of them within `window` the last one escalates.
 *
 * @example
 * import { group, Pipeline } from '@kamaelia/axon';
 *
 * const fragile = () => Pipeline((text) => JSON.parse(text), (value) => value.n);
 * const parts = ['{"n":1}', 'no JSON', '{"n":3}'];
 * await Pipeline(parts, group(fragile, { supervise: 'skip' }), (n) => console.log(n)).run();
 */
export function group<C extends Component>(make: () => C, options: GroupOptions = {}): GroupComponent<C> {
  return new GroupOf(make, options) as unknown as GroupComponent<C>;
}

const GroupOf = class Group extends Component {
  readonly #make: () => Component;
  readonly #policy: SupervisionPolicy;
  readonly #max: number;
  readonly #windowUs: number;
  readonly #relays: Relays;
  #part: Component;
  #failure: ComponentError | undefined;
  #failedAtUs: number[] = [];
  #restarts = 0;
  #underWork: WorkedOn | undefined;
  readonly #inside = new MessagesInside();

  constructor(make: () => Component, options: GroupOptions) {
    super();
    const { name, supervise = 'escalate', max = DEFAULT_MAX, window = DEFAULT_WINDOW } = options;
    if (typeof make !== 'function') {
      throw new TypeError(`group: Expected a function that makes a component but received ${String(make)}`);
    }
    if (!POLICIES.includes(supervise)) {
      throw new TypeError(`group: Expected ${POLICIES.join(', ')} for supervise but received ${String(supervise)}`);
    }
    if (!(Number.isInteger(max) && max >= 0)) {
      throw new RangeError(`group: Expected a whole number from 0 for max but received ${String(max)}`);
    }
    if (name !== undefined) this.name = name;
    this.#make = make;
    this.#policy = supervise;
    this.#max = max;
    this.#windowUs = toMicroseconds(window, 'group');
    this.#part = this.#made();
    const part = this.#part[TASK];
    const ins = part.ins.filter((box) => box.from.length === 0).map(({ name: box }) => this.in(box));
    const outs = part.outs.filter((box) => box.to === undefined).map(({ name: box }) => this.out(box));
    this.#relays = new Relays({ ins, outs });
    for (const box of [...ins, ...outs]) if (!(box.name in this)) Object.assign(this, { [box.name]: box });
    this[TASK].chassis = this[TASK].renews = true;
    this.#begin();
    if (supervise !== 'escalate') this[TASK].onFailure = (error, failed) => this.#failed(error, failed);
  }

  get restarts(): number {
    return this.#restarts;
  }

  #made(): Component {
    const made: unknown = this.#make();
    if (made instanceof Component) return made;
    throw new TypeError(`group: Expected a component from the function but received ${String(made)}`);
  }

  #begin(): void {
    this.add(this.#part);
    // Also the first one is forgotten when it has ended.
    this.#part[TASK].late = true;
    this.#relays.connectTo(this.#part);
    if (this.#policy === 'skip') this.#underWork = new WorkedOn(this.#part[TASK]);
  }

  /** Called while the failing component still has its boxes. */
  #failed(error: ComponentError, failed: Task): void {
    const task = this[TASK];
    if (this.#failure !== undefined || task.stopRequested) {
      const message = `failed while its group was ending: ${error.message}`;
      task.graph?.log({ level: 'warn', path: error.path, message });
      return;
    }
    this.#failure = error;
    this.#underWork?.dispose(failed);
    this.#relays.takeBack();
    const keptOn = drainable(failed);
    if (this.#policy === 'skip') this.#inside.take(this.#part[TASK], keptOn);
    const inside: Task[] = [];
    walkTasks(this.#part[TASK], (below) => {
      if (!keptOn.has(below)) inside.push(below);
    });
    for (const below of inside.reverse()) task.scheduler.requestStop(below);
  }

  override *main(): Steps {
    try {
      yield* this.#supervised();
    } finally {
      this.#inside.dispose();
    }
  }

  *#supervised(): Steps {
    for (;;) {
      while (this.#part[TASK].state !== DONE) yield;
      const failure = this.#failure;
      if (failure === undefined) return;
      this.#relays.release();
      if (this.#policy === 'end') {
        this.log('warn', `ends: ${failure.message}`);
        return;
      }
      this.#count(failure);
      this.log('warn', `${this.#policy === 'skip' ? 'skips a message' : 'begins again'}: ${failure.message}`, {
        restarts: this.#restarts,
      });
      this.#failure = undefined;
      this.#part = this.#made();
      this.#begin();
      this.#inside.give(this.#part[TASK]);
    }
  }

  #count(failure: ComponentError): void {
    const now = this.clock.now();
    this.#failedAtUs = this.#failedAtUs.filter((at) => now - at <= this.#windowUs);
    this.#failedAtUs.push(now);
    if (this.#failedAtUs.length > this.#max) throw failure;
    this.#restarts++;
  }
};

/** Those behind the failed one, who may finish what they have; not those in a ring with it, who would not end. */
function drainable(failed: Task): Set<Task> {
  const behind = (first: Task): Set<Task> => {
    const found = new Set<Task>([first]);
    for (const task of found) {
      for (const { sink, linked } of task.outs) if (linked) found.add(sink.task);
    }
    found.delete(first);
    return found;
  };
  const found = behind(failed);
  for (const task of [...found]) if (behind(task).has(failed)) found.delete(task);
  return found;
}

/**
 * The message that each component of a group took last and has neither sent on nor disposed of: nobody else disposes of
 * it.
 */
class WorkedOn {
  readonly #last = new Map<Task, unknown>();

  constructor(root: Task) {
    walkTasks(root, (task) => this.#watch(task));
  }

  #watch(task: Task): void {
    for (const inbox of task.ins) {
      const { recv } = inbox;
      inbox.recv = () => {
        const message = recv.call(inbox);
        this.#letGo(task);
        this.#last.set(task, message);
        onDisposal(message, () => {
          if (this.#last.get(task) === message) this.#last.delete(task);
        });
        return message;
      };
    }
    for (const outbox of task.outs) {
      const { send } = outbox;
      outbox.send = (message) => {
        if (this.#last.get(task) === message) this.#letGo(task);
        send.call(outbox, message);
      };
    }
  }

  #letGo(task: Task): void {
    forgetDisposal(this.#last.get(task));
    this.#last.delete(task);
  }

  dispose(failed: Task): void {
    disposeMessage(this.#last.get(failed));
    for (const message of this.#last.values()) forgetDisposal(message);
    this.#last.clear();
  }
}

interface Watched {
  /** What it had of its own, and not by its class. */
  readonly own: PropertyDescriptor | undefined;
  /** One for each group that the component is in. */
  readonly tells: (() => void)[];
}

const watched = new WeakMap<object, Watched>();

/** Calls `tell` when the message is disposed of: only the message itself knows. */
function onDisposal(message: unknown, tell: () => void): void {
  if (!isDisposable(message)) return;
  const handle = message as Disposable;
  const before = watched.get(handle);
  if (before !== undefined) {
    before.tells.push(tell);
    return;
  }
  const own = Object.getOwnPropertyDescriptor(handle, Symbol.dispose);
  if (own === undefined ? !Object.isExtensible(handle) : own.configurable !== true) return;
  const tells = [tell];
  watched.set(handle, { own, tells });
  const value = () => {
    forgetDisposal(handle);
    for (const each of tells) each();
    handle[Symbol.dispose]();
  };
  Object.defineProperty(handle, Symbol.dispose, { configurable: true, enumerable: own?.enumerable === true, value });
}

function forgetDisposal(message: unknown): void {
  if (typeof message !== 'object' || message === null) return;
  const found = watched.get(message);
  if (found === undefined) return;
  watched.delete(message);
  if (found.own === undefined) Reflect.deleteProperty(message, Symbol.dispose);
  else Object.defineProperty(message, Symbol.dispose, found.own);
}
