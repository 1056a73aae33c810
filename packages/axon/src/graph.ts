// SPDX-License-Identifier: Apache-2.0

import { CancelledError, type ComponentError, componentError, NotActivatedError } from './errors.js';
import type { Inbox } from './inbox.js';
import type { LogEntry, LogHook } from './log.js';
import type { Outbox } from './outbox.js';
import { countOf, withoutPart, withPart } from './parts.js';
import type { Scheduler } from './scheduler.js';
import { type Deferred, DONE, NEW, type Task, walkTasks } from './task.js';
import { topologyChanged } from './topology.js';

/** What happens to the other graphs of a scheduler when one fails and nobody took its `done`. */
export type OnUnhandled = 'log' | 'abort-all';

/** One activated tree of components: what fails together and what `run()` waits for. */
export class Graph {
  readonly root: Task;
  readonly scheduler: Scheduler;
  readonly onLog: LogHook;
  readonly onUnhandled: OnUnhandled;
  readonly tasks: Set<Task> = new Set();
  /** Slices that last longer are warned of; undefined where nobody said. */
  readonly slowSliceMs: number | undefined;
  /** The first error; everything else in the graph is stopped because of it. */
  failure: ComponentError | undefined;
  /** Set by `abort()`, with what `done` rejects with. */
  aborted: { readonly reason: unknown } | undefined;
  /** Takes the listener off a `signal` given to `run()`. */
  release: (() => void) | undefined;

  constructor(root: Task, scheduler: Scheduler, onLog: LogHook, onUnhandled: OnUnhandled, slowSliceMs?: number) {
    this.root = root;
    this.scheduler = scheduler;
    this.onLog = onLog;
    this.onUnhandled = onUnhandled;
    this.slowSliceMs = slowSliceMs;
    if (slowSliceMs !== undefined) scheduler.meter.watched++;
    this.include(root);
  }

  /** Names a task and everything below it, and starts them. */
  start(first: Task): void {
    const { scheduler } = this;
    const begun: Task[] = [];
    walkTasks(first, (task) => {
      begun.push(task);
    });
    for (const task of begun) {
      task.label ??= scheduler.nextNumber(task.component.constructor.name);
      task.liveChildren = countOf(task.children);
      scheduler.start(task);
    }
    topologyChanged();
  }

  /**
   * Fails where a box is linked to one of a component that belongs to no graph: nobody would ever take, or send, what
   * comes that way. Graphs that are linked to each other are activated in one turn.
   */
  refuseMissing(): void {
    // Those of the original's vocabulary are activated one by one, and their boxes are used by hand before that.
    const strict = [...this.tasks].filter((task) => !task.refusable);
    const open = strict.flatMap((task) => [...task.ins, ...task.outs].flatMap(linkedToNobody));
    if (open.length === 0) return;
    queueMicrotask(() => {
      for (const { box, other } of open) {
        if (other.task.graph !== undefined || other.task.refusable) continue;
        if (box.to !== other && other.to !== box) continue;
        this.fail(box.task, new NotActivatedError(box.path(), other.task.path(), other.name));
        return;
      }
    });
  }

  /** A component was added to one that is running. In a graph that is ending it does not begin its work. */
  addLate(task: Task): void {
    const parent = task.parent as Task;
    task.late = true;
    parent.liveChildren++;
    this.include(task);
    if (parent.stopRequested || this.failure !== undefined || this.aborted !== undefined) {
      walkTasks(task, (below) => {
        below.stopRequested = true;
      });
    }
    this.start(task);
  }

  private include(first: Task): void {
    walkTasks(first, (task) => {
      task.graph = this;
      this.tasks.add(task);
    });
  }

  /** A task has ended. */
  ended(task: Task): void {
    topologyChanged();
    if (!task.late) return;
    walkTasks(task, (below) => {
      this.tasks.delete(below);
    });
    const { parent } = task;
    if (parent !== undefined) parent.children = withoutPart(parent.children, task);
  }

  log(entry: LogEntry): void {
    try {
      this.onLog(entry);
    } catch (error) {
      console.error('[error] the onLog hook threw:', error);
    }
  }

  /** Tells the group that the task is in; without one, records the first error and stops everything else. */
  fail(task: Task, cause: unknown): void {
    const error = componentError(task.path(), task.component, cause);
    task.failed = true;
    task.error = error;
    if (this.failure === undefined && this.aborted === undefined) {
      for (let above = task.parent; above !== undefined; above = above.parent) {
        if (above.onFailure === undefined) continue;
        above.onFailure(error, task);
        return;
      }
      this.failure = error;
      this.stopAll();
    } else {
      this.log({ level: 'warn', path: error.path, message: `failed while the graph was ending: ${error.message}` });
    }
  }

  abort(reason: unknown): void {
    if (this.aborted !== undefined || this.failure !== undefined || this.root.state === DONE) return;
    this.aborted = { reason: reason ?? new CancelledError(this.root.path(), 'was aborted') };
    this.stopAll();
  }

  private stopAll(): void {
    // Downstream first.
    for (const task of [...this.tasks].reverse()) this.scheduler.requestStop(task);
    this.scheduler.stops.add(this.root);
  }

  /** The root's task has ended: settles `done`. */
  finish(): void {
    this.release?.();
    if (this.slowSliceMs !== undefined) this.scheduler.meter.watched--;
    topologyChanged();
    const { root } = this;
    if (this.failure !== undefined) {
      root.failed = true;
      root.error = this.failure;
    } else if (this.aborted !== undefined) {
      root.failed = true;
      root.error = this.aborted.reason;
    }
    const { deferred } = root;
    if (deferred !== undefined) {
      if (root.failed) deferred.reject(root.error);
      else deferred.resolve();
    } else if (this.failure !== undefined) {
      // Whoever activated the graph may take `done` in this very turn.
      this.scheduler.schedule(() => this.reportUnlessTaken());
    }
  }

  private reportUnlessTaken(): void {
    if (this.root.deferred !== undefined || this.failure === undefined) return;
    const { path, message, cause } = this.failure;
    const text = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
    this.log({
      level: 'error',
      path,
      message: text,
      fields: { stack: cause instanceof Error ? cause.stack : undefined },
    });
    const { process } = globalThis as { process?: { exitCode?: number | string | null | undefined } };
    if (process !== undefined) process.exitCode = 1;
    if (this.onUnhandled === 'abort-all') this.scheduler.abortAll(this.failure);
  }
}

function linkedToNobody(box: Inbox | Outbox): { box: Inbox | Outbox; other: Inbox | Outbox }[] {
  const others: (Inbox | Outbox)[] = box.to === undefined ? [...box.from] : [box.to, ...box.from];
  return others.filter(({ task }) => task.graph === undefined && !task.refusable).map((other) => ({ box, other }));
}

/** The promise of `component.done`, made when it is first asked for. */
export function deferredOf(task: Task): Deferred {
  if (task.deferred !== undefined) return task.deferred;
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  task.deferred = { promise, resolve, reject };
  if (task.state === DONE) {
    if (task.failed) reject(task.error);
    else resolve();
  }
  return task.deferred;
}

/** Makes `child` a part of `parent`: it is activated, stopped and named with it. */
export function adopt(parent: Task, child: Task, name?: string): void {
  if (child.parent !== undefined) {
    throw new Error(`${parent.path()}: Expected a new component but ${child.path()} belongs to another graph already`);
  }
  if (child.state !== NEW) {
    throw new Error(`${parent.path()}: Expected a new component but ${child.path()} is activated already`);
  }
  for (let above: Task | undefined = parent; above !== undefined; above = above.parent) {
    if (above === child) throw new Error(`${parent.path()}: Expected another component but received itself`);
  }
  if (parent.state === DONE) {
    throw new Error(`${parent.path()}: Expected a component that has not ended for a new part but it has`);
  }
  child.parent = parent;
  parent.children = withPart(parent.children, child);
  if (name !== undefined) child.name ??= name;
  parent.graph?.addLate(child);
}

/** Paths of the components that wait for a promise or hold outside work. */
export function outsideWork(graphs: Iterable<Graph>): string[] {
  const tasks = [...graphs].flatMap((graph) => [...graph.tasks]);
  return tasks.filter((task) => task.countedOutside || task.holds > 0).map((task) => task.path());
}
