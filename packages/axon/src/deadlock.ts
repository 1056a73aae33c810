// SPDX-License-Identifier: Apache-2.0
import { DeadlockError } from './errors.js';
import type { Inbox } from './inbox.js';
import { DONE, IDLE, NEW, type Task } from './task.js';

/** Components that wait for each other, and the full inbox among them that is cheapest to grow. */
export interface Deadlock {
  readonly smallest: Inbox;
  readonly tasks: readonly Task[];
}

/**
 * Finds a set of parked components that only each other could wake, with a full inbox among them. Bounds of inboxes
 * can cause such a set in a graph that would run through with larger ones: a joiner waits for a message of one branch
 * while the source is blocked by the full inbox of the other. Called only when nothing is runnable.
 *
 * Ordinary back-pressure from the outside is no deadlock: a set in which a component waits for a timer, a promise or
 * its `external()` is left alone.
 */
export function findDeadlock(full: readonly Inbox[]): Deadlock | undefined {
  for (const inbox of full) {
    // A limit that refuses is what the user asked for.
    const tasks = inbox.strict ? undefined : closedWaiters(inbox.task);
    if (tasks === undefined) continue;
    const candidates = full.filter((candidate) => tasks.has(candidate.task) && !candidate.strict);
    // Room helps most where the owner could run but waits for another message; else (a ring of full inboxes) anywhere.
    const useful = candidates.filter((candidate) => candidate.task.blocked === 0);
    const smallest = (useful.length > 0 ? useful : candidates).reduce<Inbox | undefined>(
      (least, box) => (least === undefined || box.capacity < least.capacity ? box : least),
      undefined,
    );
    if (smallest !== undefined) return { smallest, tasks: [...tasks] };
  }
  return undefined;
}

/** Everything `first` waits for, directly and indirectly; undefined when something outside could wake one of them. */
function closedWaiters(first: Task): Set<Task> | undefined {
  const found = new Set<Task>([first]);
  for (const task of found) {
    if (canBeWokenFromOutside(task)) return undefined;
    for (const other of waitedFor(task)) found.add(other);
  }
  return found;
}

function canBeWokenFromOutside(task: Task): boolean {
  if (task.state === NEW && predecessorOf(task) !== undefined) return false;
  if (task.state !== IDLE || task.countedOutside || task.holds > 0) return true;
  // A blocked component does not run whatever the world outside does.
  if (task.blocked > 0) return false;
  return task.externals > 0 || task.alarms > 0 || (task.waiters?.some((w) => w.timed) ?? false);
}

/** It begins when the one that it is to replace has ended. */
function predecessorOf(task: Task): Task | undefined {
  return [...(task.parent?.children ?? [])].find(({ successor }) => successor === task);
}

function waitedFor(task: Task): Task[] {
  const predecessor = task.state === NEW ? predecessorOf(task) : undefined;
  if (predecessor !== undefined) return [predecessor];
  if (task.blocked > 0) return task.outs.filter((o) => o.sink.full && o.linked).map((o) => o.sink.task);
  return task.ins.flatMap((inbox) => inbox.producers.map((outbox) => outbox.task));
}

/** Doubles the inbox; false if that would exceed the limit, which fails the graphs that are in the deadlock. */
export function relieve({ smallest, tasks }: Deadlock, maxCapacity: number): boolean {
  const ring = tasks.map((task) => task.path());
  if (smallest.capacity * 2 > maxCapacity) {
    const graphs = new Set(tasks.map((task) => task.graph));
    for (const graph of graphs) graph?.fail(smallest.task, new DeadlockError(maxCapacity, ring));
    return false;
  }
  smallest.enlarge();
  if (smallest.reliefs++ === 0) {
    smallest.task.graph?.log({
      level: 'warn',
      path: smallest.task.path(),
      message: `inbox ${smallest.name} was grown to ${smallest.bounds}: components wait for each other`,
      fields: { ring },
    });
  }
  return true;
}

/** Components that wait for something that those downstream of them hold. */
export class Starving {
  readonly #tasks = new Set<Task>();

  get any(): boolean {
    return this.#tasks.size > 0;
  }

  add(task: Task, onStuck: () => void): void {
    task.onStuck = onStuck;
    this.#tasks.add(task);
  }

  forget(task: Task): void {
    task.onStuck = undefined;
    this.#tasks.delete(task);
  }

  /** Nothing is runnable: tells the first component whose wait can have no end. True if there was one. */
  relieve(): boolean {
    for (const task of this.#tasks) {
      const { onStuck } = task;
      if (onStuck === undefined || !isStuck(task)) continue;
      this.forget(task);
      try {
        onStuck();
      } catch (error) {
        task.graph?.fail(task, error);
      }
      return true;
    }
    return false;
  }
}

/**
 * Whether nobody can give back what `starving` waits for: see `External.starved()`.
 */
function isStuck(starving: Task): boolean {
  if (starving.state !== IDLE || starving.blocked > 0) return false;
  const found = new Set<Task>([starving]);
  for (const task of found) {
    for (const outbox of task.outs) if (outbox.linked) found.add(outbox.sink.task);
    if (task === starving || task.state === DONE) continue;
    const timed = task.alarms > 0 || task.waiters?.some((waiter) => waiter.timed);
    if (task.state !== IDLE || task.countedOutside || task.holds > 0 || timed) return false;
    // A slow viewer or client, not a lost one.
    if (task.externals > 0 && task.ins.some((inbox) => inbox.count > 0)) return false;
  }
  return true;
}
