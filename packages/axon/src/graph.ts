// SPDX-License-Identifier: Apache-2.0
import { CancelledError, ComponentError } from './errors.js';
import type { LogEntry, LogHook } from './log.js';
import type { Scheduler } from './scheduler.js';
import { type Deferred, DONE, type Task, walkTasks } from './task.js';

/** What happens to the other graphs of a scheduler when one fails and nobody took its `done`. */
export type OnUnhandled = 'log' | 'abort-all';

/** One activated tree of components: what fails together and what `run()` waits for. */
export class Graph {
  readonly root: Task;
  readonly scheduler: Scheduler;
  readonly onLog: LogHook;
  readonly onUnhandled: OnUnhandled;
  readonly tasks: Task[] = [];
  /** The first error; everything else in the graph is stopped because of it. */
  failure: ComponentError | undefined;
  /** Set by `abort()`, with what `done` rejects with. */
  aborted: { readonly reason: unknown } | undefined;
  /** Takes the listener off a `signal` given to `run()`. */
  release: (() => void) | undefined;

  constructor(root: Task, scheduler: Scheduler, onLog: LogHook, onUnhandled: OnUnhandled) {
    this.root = root;
    this.scheduler = scheduler;
    this.onLog = onLog;
    this.onUnhandled = onUnhandled;
    walkTasks(root, (task) => {
      task.graph = this;
      this.tasks.push(task);
    });
  }

  log(entry: LogEntry): void {
    try {
      this.onLog(entry);
    } catch (error) {
      console.error('[error] the onLog hook threw:', error);
    }
  }

  /** Records the first error and stops everything else, downstream first. */
  fail(task: Task, cause: unknown): void {
    const error = cause instanceof ComponentError ? cause : new ComponentError(task.path(), task.component, cause);
    task.failed = true;
    task.error = error;
    if (this.failure === undefined && this.aborted === undefined) {
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
    for (let i = this.tasks.length - 1; i >= 0; i--) this.scheduler.requestStop(this.tasks[i] as Task);
  }

  /** The root's task has ended: settles `done`. */
  finish(): void {
    this.release?.();
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
