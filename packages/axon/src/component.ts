// SPDX-License-Identifier: Apache-2.0

import { delayInMain, waitInMain } from './async-main.js';
import { newInbox } from './bounded-inbox.js';
import { spellApart, spellByName } from './by-name.js';
import type { ComponentOutput } from './chassis/pipeline.js';
import { type Clock, WallClock } from './clock.js';
import { schedulerFor } from './default-scheduler.js';
import { CancelledError, UnknownBoxError } from './errors.js';
import { External } from './external.js';
import { withOne } from './few.js';
import { adopt, deferredOf, Graph, type OnUnhandled } from './graph.js';
import type { Inbox, InboxOptions } from './inbox.js';
import { connect, type Link } from './link.js';
import { type LogHook, type LogLevel, logToStderr } from './log.js';
import { Outbox, type OutboxOptions } from './outbox.js';
import { type ReadableOfNode, readableOf, refuseOutward, valuesOf, webStreamOf } from './outward.js';
import { countOf } from './parts.js';
import type { Scheduler } from './scheduler.js';
import { type Duration, SleepStep, type Steps, toInstant, toMicroseconds } from './steps.js';
import { stopInOrder } from './stopping.js';
import { DONE, NEW, Task, walkTasks } from './task.js';

/** Options of `run()` and `activate()`. */
export interface RunOptions {
  /** Aborting it aborts the graph; `run()` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Default: real time. Graphs on one clock share a scheduler. */
  readonly clock?: Clock;
  /** Default: the scheduler of `clock`. */
  readonly scheduler?: Scheduler;
  /** Receives every log entry of the graph. Default: warnings and errors to stderr. */
  readonly onLog?: LogHook;
  /**
   * What a failure does that nobody sees because `done` was never taken: it is always logged and sets the exit code
   * to 1; `'abort-all'` also aborts every other graph of the scheduler. Default `'log'`.
   */
  readonly onUnhandled?: OnUnhandled;
  /**
   * The watchdog: a slice that lasts longer, in which nothing else can run, is warned of with the component's path, when it
   * is that component's longest so far. Every slice is timed then, which costs some percent where they are short. Default:
   * told of from a second on, as `info`, with short slices timed by samples.
   */
  readonly slowSlice?: Duration;
}

/** @internal Key of a component's {@link Task}. */
export const TASK: unique symbol = Symbol('kamaelia.task');

/** @internal Method of a component that was given something to close: called when it is stopped, also before it began. */
export const UNBEGUN: unique symbol = Symbol('kamaelia.unbegun');

const DEFAULT_NAMES = ['inbox', 'outbox', 'control', 'signal'];

/**
 * Something with inboxes and outboxes that runs beside others. Subclasses declare their boxes as fields and write
 * `*main()` (or `async main()` for control code). A component owns what it received and gives up what it sent; it
 * writes neither flow control nor shutdown.
 *
 * @example
 * import { Component, Pipeline } from '@kamaelia/axon';
 *
 * class Doubler extends Component {
 *   inbox = this.in('inbox');
 *   outbox = this.out('outbox');
 *   *main() {
 *     const { inbox, outbox } = this;
 *     while (!inbox.ended) {
 *       while (inbox.ready) outbox.send(inbox.recv() * 2);
 *       yield;
 *     }
 *   }
 * }
 * await Pipeline([1, 2, 3], new Doubler(), (n) => console.log(n)).run();
 */
export class Component {
  /** @internal */
  readonly [TASK]: Task = new Task(this);

  /** Given to the component, or `ClassName-N` from its activation on (before that, the class's name). */
  get name(): string {
    return this[TASK].name ?? this.constructor.name;
  }

  set name(name: string) {
    if (typeof name !== 'string') {
      throw new TypeError(`${this.constructor.name}: Expected a string for name but received ${String(name)}`);
    }
    this[TASK].name = name;
  }

  /** Names from the root of the graph, such as `Pipeline-1/DiracDecoder-3`. */
  get path(): string {
    return this[TASK].path();
  }

  /**
   * The component's work, written by the subclass. Ends by returning: its outboxes then close and its consumers see
   * the end of the stream. A throw ends the whole graph. When the component is stopped the generator returns at its
   * `yield`, so `try`/`finally` and `using` clean up.
   */
  main(): Steps | Promise<void> | undefined {
    return undefined;
  }

  // ---- declaring boxes ----

  /** Declares an inbox; called in a field initialiser. */
  protected in<T>(name: string, options: InboxOptions = {}): Inbox<T> {
    const task = this[TASK];
    this.#refuseDeclaration('inbox', name, 'priority', options.priority, ['data', 'control']);
    if (task.ins.some((box) => box.name === name)) throw this.#declaredTwice('inbox', name);
    const inbox = newInbox<T>(task, name, options);
    task.ins = withOne(task.ins, inbox as Inbox);
    return inbox;
  }

  /** Declares an outbox; called in a field initialiser. */
  protected out<T>(name: string, options: OutboxOptions = {}): Outbox<T> {
    const task = this[TASK];
    this.#refuseDeclaration('outbox', name, 'role', options.role, ['data', 'control']);
    if (task.outs.some((box) => box.name === name)) throw this.#declaredTwice('outbox', name);
    const outbox = new Outbox<T>(task, name, options);
    task.outs = withOne(task.outs, outbox as Outbox);
    return outbox;
  }

  #refuseDeclaration(kind: string, name: unknown, option: string, value: unknown, known: readonly unknown[]): void {
    const owner = this.constructor.name;
    if (typeof name !== 'string' || name === '') {
      throw new TypeError(
        `${owner}: Expected a non-empty string for the name of an ${kind} but received ${String(name)}`,
      );
    }
    if (value === undefined || known.includes(value)) return;
    throw new TypeError(`${owner}.${name}: Expected ${known.join(' or ')} for ${option} but received ${String(value)}`);
  }

  #declaredTwice(kind: string, name: string): TypeError {
    return new TypeError(
      `${this.constructor.name}: Expected one ${kind} named ${JSON.stringify(name)} but received two`,
    );
  }

  // ---- running ----

  /**
   * Runs the component (with everything in it) and resolves when it ended. Rejects with the first
   * {@link ComponentError}, after everything else in the graph has stopped.
   */
  run(options: RunOptions = {}): Promise<void> {
    return this.activate(options).done;
  }

  /** Starts the component in the background and returns it; {@link done} tells when it ended. */
  activate(options: RunOptions = {}): this {
    activate(this, options);
    return this;
  }

  /** Settles when the component has ended; rejects when it failed or was aborted. */
  get done(): Promise<void> {
    return deferredOf(this[TASK]).promise;
  }

  /**
   * Ends the component in order, from whatever state, once however often it is called: sources stop at their `yield`, and
   * what is under way is still delivered. It gets nothing more from outside. What cannot come to its end by that is
   * stopped at its `yield`: a ring without a source, and who has worked off its streams but does not look for their end. Who
   * has not ended 5 s after it was told to is logged by name as a warning. Before activation it only prevents work.
   */
  stop(): void {
    stopInOrder(this[TASK]);
  }

  /**
   * Ends the component at its `yield`, also while it ends in order; waiting messages are disposed. `done` rejects with
   * `reason`, of the first call. Who has not ended 5 s later is logged by name as a warning.
   */
  abort(reason?: unknown): void {
    const task = this[TASK];
    const { graph } = task;
    if (graph !== undefined && graph.root === task) {
      graph.abort(reason);
      return;
    }
    walkTasks(task, (below) => {
      if (below.state === DONE) return;
      if (below === task) {
        task.failed = true;
        task.error = reason ?? new CancelledError(task.path(), 'was aborted');
      }
      if (below.state === NEW) below.stopRequested = true;
      else below.scheduler.requestStop(below);
    });
    if (task.state !== NEW) task.scheduler.stops.add(task);
  }

  // ---- for code outside of graphs ----

  /**
   * Runs the component and gives what comes to its `outbox`, as it is asked for: `for await (const frame of line.values())`.
   * A message with `Symbol.dispose` is disposed of when the next one is asked for; `clone()` one to keep it. Leaving the
   * loop stops the component; its failure, or the reason of `signal`, is thrown.
   */
  values<C extends Component>(this: C, options: RunOptions = {}): AsyncIterableIterator<ComponentOutput<C>> {
    return valuesOf(this, this.#collector(), options);
  }

  /** Runs the component and gives what comes to its `outbox` as a web stream, whose reader owns the messages. */
  toWeb<C extends Component>(this: C, options: RunOptions = {}): ReadableStream<ComponentOutput<C>> {
    return webStreamOf(this, this.#collector(), options);
  }

  /**
   * Runs the component and gives what comes to its `outbox` as a Node `Readable` in object mode, whose reader owns the
   * messages. In Node only.
   */
  toReadable(options: RunOptions = {}): ReadableOfNode {
    return readableOf(this, this.#collector(), options);
  }

  #collector(): Component {
    refuseOutward(this);
    if (this[TASK].state !== NEW)
      throw new Error(`${this.path}: Expected a component that is new but it is activated already`);
    return this.add(new Component());
  }

  // ---- parts ----

  /**
   * Makes `child` a part of this component: it is named below it, stopped with it, and its failure is this graph's
   * (see {@link group} for another answer). A running component's child starts at once, and that component is woken
   * when the child has ended; it ends itself only after its children. Returns the child.
   */
  protected add<C extends Component>(child: C, name?: string): C {
    adopt(this[TASK], child[TASK], name);
    return child;
  }

  /** Parts that have not ended, in the order in which they were added. */
  protected get parts(): readonly Component[] {
    return [...this[TASK].children].filter((child) => child.state !== DONE).map((child) => child.component);
  }

  // ---- inside main ----

  /** Time of the runtime: `this.clock.now()` in microseconds. */
  get clock(): Clock {
    return this[TASK].scheduler?.clock ?? wallClock;
  }

  /** Aborted when the component is being stopped; for `fetch` and the like. */
  get signal(): AbortSignal {
    const task = this[TASK];
    if (task.controller === undefined) {
      task.controller = new AbortController();
      if (task.stopRequested || task.state === DONE) task.controller.abort(new CancelledError(task.path()));
    }
    return task.controller.signal;
  }

  /** True from `stop()` on, of this component or of what it is in: for one that would go on after the end of its inbox. */
  protected get stopping(): boolean {
    return this[TASK].stopAsked;
  }

  /** Pauses for a length of time: `yield* this.sleep({ ms: 40 })`. */
  protected *sleep(duration: Duration): Generator<unknown, void, unknown> {
    yield new SleepStep(this.clock.now() + toMicroseconds(duration, this.constructor.name));
  }

  /** Pauses until the clock reaches `atUs` microseconds: `yield* this.sleepUntil(this.clock.now() + 40_000)`. */
  protected *sleepUntil(atUs: number): Generator<unknown, void, unknown> {
    yield new SleepStep(toInstant(atUs, this.constructor.name));
  }

  /** Waits for a promise and gives its result: `const data = yield* this.until(read())`. Its rejection is thrown. */
  protected *until<T>(promise: PromiseLike<T>): Generator<unknown, T, unknown> {
    return (yield promise) as T;
  }

  /** Ends a plain `yield` when the clock reaches `atUs` microseconds, unless something else does before. */
  protected wakeAt(atUs: number): void {
    const task = this[TASK];
    toInstant(atUs, this.constructor.name);
    task.alarms++;
    task.scheduler.timers.add(atUs, task, () => {
      task.alarms--;
      task.scheduler.notify(task);
    });
  }

  /** For `async main()`: pauses for a length of time. Rejects with {@link CancelledError} when stopped. */
  protected delay(duration: Duration): Promise<void> {
    const task = this[TASK];
    if (task.stopRequested) return Promise.reject(new CancelledError(task.path()));
    return delayInMain(task, this.clock.now() + toMicroseconds(duration, this.constructor.name));
  }

  /** For `async main()`: what a plain `yield` is in `*main()`. Rejects with {@link CancelledError} when stopped. */
  protected change(): Promise<void> {
    const task = this[TASK];
    if (task.stopRequested) return Promise.reject(new CancelledError(task.path()));
    return waitInMain<void>(task, undefined, undefined);
  }

  /** A way in for the world outside the graph. */
  protected external(): External {
    return new External(this[TASK]);
  }

  /** Says something to the graph's `onLog` hook, under this component's path. */
  protected log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    const entry =
      fields === undefined ? { level, path: this.path, message } : { level, path: this.path, message, fields };
    const { graph } = this[TASK];
    if (graph === undefined) logToStderr(entry);
    else graph.log(entry);
  }

  // ---- the article's spelling ----

  // Each component has its own of these; see by-name.ts.

  /** Messages that may be taken from the named inbox; 0 while an outbox is blocked. */
  dataReady(name = 'inbox'): number {
    return spellByName(this).dataReady(name);
  }

  /** Takes the oldest message of the named inbox. */
  recv(name = 'inbox'): unknown {
    return spellByName(this).recv(name);
  }

  /** Sends to the named outbox. Never throws for fullness: a full destination blocks this component. */
  send(message: unknown, name = 'outbox'): void {
    spellByName(this).send(message, name);
  }

  /** The name of an inbox with a message that may be taken, else false. */
  anyReady(): string | false {
    for (const inbox of this[TASK].ins) if (inbox.ready) return inbox.name;
    return false;
  }

  /** Links two boxes by component and name, or a box of this component to a child's of the same direction. */
  link(source: readonly [Component, string], sink: readonly [Component, string]): Link {
    return linkByName(this, source, sink);
  }
}

spellApart(Component.prototype);

const wallClock = new WallClock();

/** Runs a component; the same as `component.run(options)`. */
export function run(component: Component, options: RunOptions = {}): Promise<void> {
  return component.run(options);
}

/** @internal */
export function startMain(component: Component): unknown {
  if (component.main === Component.prototype.main && countOf(component[TASK].children) === 0) {
    throw new TypeError(`${component.constructor.name}: Expected a method main() but the class defines none`);
  }
  return component.main();
}

/** Those of the article: they have what they name. What declares any box for data has declared them all. */
function declaresNoBoxes({ ins, outs, articled }: Task): boolean {
  return articled || [...ins, ...outs].every(({ name }) => name === 'control' || name === 'signal');
}

/** @internal The named inbox; `inbox` and `control` come into being when a component declares no boxes of its own. */
export function inboxOf(component: Component, name: string): Inbox {
  const task = component[TASK];
  const { ins } = task;
  for (let i = 0; i < ins.length; i++) if ((ins[i] as Inbox).name === name) return ins[i] as Inbox;
  if (name === 'control' || (name === 'inbox' && declaresNoBoxes(task))) {
    const inbox = newInbox(task, name, {});
    if (name === 'inbox') task.articled = true;
    task.ins = withOne(ins, inbox);
    return inbox;
  }
  throw new UnknownBoxError(component.path, 'inbox', name, namesOf(task, ins));
}

/** @internal The named outbox; `outbox` and `signal` come into being when a component declares no boxes of its own. */
export function outboxOf(component: Component, name: string): Outbox {
  const task = component[TASK];
  const { outs } = task;
  for (let i = 0; i < outs.length; i++) if ((outs[i] as Outbox).name === name) return outs[i] as Outbox;
  if (name === 'signal' || (name === 'outbox' && declaresNoBoxes(task))) {
    const outbox = new Outbox(task, name);
    if (name === 'outbox') task.articled = true;
    task.outs = withOne(outs, outbox);
    return outbox;
  }
  throw new UnknownBoxError(component.path, 'outbox', name, namesOf(task, outs));
}

function namesOf(task: Task, boxes: readonly { readonly name: string }[]): string[] {
  return boxes.length === 0 && declaresNoBoxes(task) ? [...DEFAULT_NAMES] : boxes.map((box) => box.name);
}

function linkByName(
  owner: Component,
  [from, out]: readonly [Component, string],
  [to, into]: readonly [Component, string],
): Link {
  const source = from === owner && to !== owner && hasInbox(owner, out) ? inboxOf(from, out) : outboxOf(from, out);
  const sink = to === owner && from !== owner && hasOutbox(owner, into) ? outboxOf(to, into) : inboxOf(to, into);
  return connect(source, sink);
}

function hasInbox(component: Component, name: string): boolean {
  return component[TASK].ins.some((box) => box.name === name);
}

function hasOutbox(component: Component, name: string): boolean {
  return component[TASK].outs.some((box) => box.name === name);
}

function activate(component: Component, options: RunOptions): void {
  const root = component[TASK];
  if (root.state !== NEW)
    throw new Error(`${component.path}: Expected a component that is new but it is activated already`);
  refuseOutward(component);
  if (root.parent !== undefined) {
    throw new Error(`${component.path}: Expected a component of its own but it belongs to ${root.parent.path()}`);
  }
  const keeper = root.keeper?.graph === undefined || root.keeper.mainEnded ? undefined : root.keeper;
  const inherited = options.clock === undefined ? keeper?.scheduler : undefined;
  const scheduler = options.scheduler ?? inherited ?? schedulerFor(options.clock);
  if (keeper !== undefined && keeper.scheduler === scheduler) {
    adopt(keeper, root);
    return;
  }
  const { onLog = logToStderr, onUnhandled = 'log', signal, slowSlice } = options;
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') {
    throw new TypeError(`${component.path}: Expected an AbortSignal for signal but received ${String(signal)}`);
  }
  const slowMs = slowSlice === undefined ? undefined : toMicroseconds(slowSlice, `${component.path}: slowSlice`) / 1000;
  const graph = new Graph(root, scheduler, onLog, onUnhandled, slowMs);
  scheduler.graphs.add(graph);
  graph.refuseMissing();
  graph.start(root);
  if (signal === undefined) return;
  const onAbort = () => graph.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  graph.release = () => signal.removeEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
}
