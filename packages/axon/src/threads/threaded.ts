// SPDX-License-Identifier: Apache-2.0
import type { ResourceLimits } from 'node:worker_threads';
import { Component, TASK } from '../component.js';
import { ComponentError } from '../errors.js';
import type { Inbox } from '../inbox.js';
import type { LogEntry } from '../log.js';
import type { Outbox } from '../outbox.js';
import { type Duration, PARK, type Steps, toMicroseconds } from '../steps.js';
import { makeBoxes, type ThreadedBox, type ThreadPorts } from './ports.js';
import { Thread, type ThreadOwner } from './thread.js';

/** Settings of {@link threaded}. */
export interface ThreadSettings {
  /** Names the component in paths. Default `Threaded-N`. */
  readonly name?: string;
  /** The boxes, where they are not one `inbox` and one `outbox`. */
  readonly ports?: ThreadPorts;
  /** How long the component may take to end when it is stopped, before its thread is terminated. Default 5 seconds. */
  readonly stopWithin?: Duration;
  /** Limits of the thread's memory, as of `node:worker_threads`; the component then has a worker of its own. */
  readonly resourceLimits?: ResourceLimits;
}

type Maker = (abstract new (...args: never) => unknown) | ((...args: never) => unknown);
type Made<M> = M extends abstract new (
  ...args: never
) => infer C
  ? C
  : M extends (...args: never) => infer C
    ? C
    : never;
/** Options that the module's default export takes. */
export type ThreadedOptions<M> = M extends abstract new (
  options: infer O,
  ...rest: never
) => unknown
  ? O
  : M extends (options: infer O, ...rest: never) => unknown
    ? O
    : unknown;
type BoxesOf<C> = { readonly [K in keyof C as C[K] extends Inbox | Outbox ? K : never]: C[K] };

/** What {@link threaded} returns: a component with the boxes of that of the module. */
export type ThreadedComponent<M = unknown> = Component &
  (M extends Maker ? BoxesOf<Made<M>> : { readonly inbox: Inbox; readonly outbox: Outbox<never> });

const STOP_WITHIN: Duration = { ms: 5000 };
/** What is left to a component of a graph that is ending in disorder. */
const ABORT_WITHIN_MS = 100;

/**
 * A component whose `main()` runs in a worker thread, under a scheduler of its own; in the graph it is like any other.
 *
 * `module` is the address of a module whose default export is a component class, or a function that returns a component.
 * It is imported in the worker only; `options` are cloned to it. Its type gives the boxes their types:
 * `threaded<typeof Gain>(...)` with `import type Gain from './gain.js'`. A box is a field by its name, if no method of
 * `Component` has that name.
 *
 * Messages are cloned, unless they have a codec (`registerMessageCodec`) or buffers to move: `transferables()` of a
 * message returns them, and the sender's are empty afterwards. What cannot be cloned is an error that names the box. At
 * most as many messages are under way and waiting as the inbox at the end of the link holds.
 *
 * In the worker `main()` may also be a plain function that blocks: `inbox.recvBlocking()` waits for a message, and `send`
 * for room. Outside of such a function neither blocks.
 *
 * What the component throws is this one's failure, with the stack of the worker and that of the call below it; a thread
 * that ends by itself (`process.exit()`, out of memory) is a {@link ThreadError}. When the component is stopped it has
 * `stopWithin` to end, then its thread is terminated.
 *
 * @param module Address of the module, as of `new URL('./x.js', import.meta.url)`.
 * @param options What the class or function is made with; anything that can be cloned.
 * @param settings Name, boxes, patience and memory limits; see `ThreadSettings`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { threaded } from '@kamaelia/axon/threads';
 *
 * // The module would be a file of its own: new URL('./doubler.js', import.meta.url).
 * const module = new URL(`data:text/javascript,
 *   import { Component } from '${import.meta.resolve('@kamaelia/axon')}';
 *   export default class Doubler extends Component {
 *     inbox = this.in('inbox');
 *     outbox = this.out('outbox');
 *     main() {
 *       for (let n = this.inbox.recvBlocking(); n !== undefined; n = this.inbox.recvBlocking()) this.outbox.send(n * 2);
 *     }
 *   }`);
 * await Pipeline([1, 2, 3], threaded(module), (n) => console.log(n)).run();
 */
export function threaded<M = unknown>(
  module: URL | string,
  options?: ThreadedOptions<M>,
  settings: ThreadSettings = {},
): ThreadedComponent<M> {
  return new ThreadedOf(module, options, settings) as unknown as ThreadedComponent<M>;
}

const ThreadedOf = class Threaded extends Component {
  readonly #module: string;
  readonly #options: unknown;
  readonly #stopWithinMs: number;
  readonly #resourceLimits: ResourceLimits | undefined;
  readonly #ins: readonly ThreadedBox<Inbox>[];
  readonly #outs: readonly ThreadedBox<Outbox>[];
  readonly #madeAt: string;

  constructor(module: URL | string, options: unknown, settings: ThreadSettings) {
    super();
    if (typeof settings !== 'object' || settings === null) {
      throw new TypeError(`threaded: Expected an object of settings but received ${String(settings)}`);
    }
    const { name, ports = {}, stopWithin = STOP_WITHIN, resourceLimits } = settings;
    this.#module = address(module);
    try {
      // At once: what the caller does with them later is of no concern here.
      this.#options = structuredClone(options);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TypeError(`threaded: Expected options that can be cloned to another thread but received: ${why}`);
    }
    this.#stopWithinMs = toMicroseconds(stopWithin, 'threaded') / 1000;
    this.#resourceLimits = resourceLimits;
    this.#ins = makeBoxes('in', ports, (box, boxOptions) => this.in(box, boxOptions));
    this.#outs = makeBoxes('out', ports, (box, boxOptions) => this.out(box, boxOptions));
    for (const { box } of [...this.#ins, ...this.#outs]) {
      if (!(box.name in this)) Object.assign(this, { [box.name]: box });
    }
    if (name !== undefined) this.name = name;
    this.#madeAt = callers();
  }

  override *main(): Steps {
    const thread = new Thread(this.#owner());
    let orderly = true;
    try {
      while (!thread.over) {
        thread.forward();
        if (this.stopping && this.#ins.every(({ box }) => box.eos)) thread.endWithin(this.#stopWithinMs);
        yield PARK;
      }
    } catch (error) {
      orderly = false;
      throw error;
    } finally {
      if (!thread.over) yield* this.until(thread.stop(orderly ? this.#patienceMs() : ABORT_WITHIN_MS));
      this.#rethrow(thread);
    }
  }

  #owner(): ThreadOwner {
    const task = this[TASK];
    const external = this.external();
    // Whether it can be woken from outside is told by hold() alone. A worker that waits for this graph must not keep the
    // graph from seeing that its components wait for each other.
    task.externals--;
    return {
      module: this.#module,
      options: this.#options,
      path: this.path,
      madeAt: this.#madeAt,
      ins: this.#ins,
      outs: this.#outs,
      resourceLimits: this.#resourceLimits,
      onRoom: () => external.wake(),
      onOver: () => {
        // A failure does not wait until a full inbox behind this component has room.
        if (task.blocked > 0) task.scheduler.requestStop(task);
        else external.wake();
      },
      onBusy: (busy) => {
        if (busy) external.hold();
        else external.release();
      },
      onLog: (entry: LogEntry) => task.graph?.log(entry),
    };
  }

  #patienceMs(): number {
    const { graph, failed } = this[TASK];
    const aborted = failed || graph?.aborted !== undefined || graph?.failure !== undefined;
    return aborted ? Math.min(ABORT_WITHIN_MS, this.#stopWithinMs) : this.#stopWithinMs;
  }

  #rethrow({ failure }: Thread): void {
    if (failure === undefined) return;
    if (failure.path === this.path) throw failure.error;
    throw new ComponentError(failure.path, this, failure.error);
  }
};

function address(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module === 'string' && URL.canParse(module)) return new URL(module).href;
  const received = typeof module === 'string' ? JSON.stringify(module) : String(module);
  throw new TypeError(
    `threaded: Expected a URL for module, as of new URL('./x.js', import.meta.url), but received ${received}`,
  );
}

/** The stack of whoever called `threaded()`. */
function callers(): string {
  const { stack = '' } = new Error();
  // Without the message, this function, the constructor and threaded().
  return stack.split('\n').slice(4).join('\n');
}
