// SPDX-License-Identifier: Apache-2.0
import type { Inbox } from './inbox.js';
import { reasonOf } from './inspect/inspect.js';
import { disconnect, endOfStream } from './link.js';
import { countOf } from './parts.js';
import { DONE, IDLE, NEW, type Task, walkTasks } from './task.js';

/** A component that has not ended so long after it was told to is reported. */
const REPORT_AFTER_US = 5_000_000;

/** Everything in a component, with what is to replace a part of it. */
function inside(task: Task): Set<Task> {
  const found = new Set<Task>();
  walkTasks(task, (below) => {
    found.add(below);
    if (below !== task && below.successor !== undefined) walkTasks(below.successor, (next) => found.add(next));
  });
  return found;
}

/** Its parts are all there is to it: it ends with them. */
function isOnlyParts({ children, mainEnded, chassis }: Task): boolean {
  return countOf(children) > 0 && (mainEnded || chassis);
}

/** Orders come here; it is no stream that is worked off. */
function isForOrders(inbox: Inbox): boolean {
  return inbox.name === 'control';
}

/**
 * @internal Ends a component in order: it gets nothing from outside any more, its sources are stopped at their `yield`, and
 * the others see the end of their streams when they have worked them off. A ring without a source stops at once.
 */
export function stopInOrder(task: Task): void {
  const parts = inside(task);
  let stopped = false;
  let live = false;
  for (const below of parts) {
    below.stopAsked = true;
    if (below.state === DONE || isOnlyParts(below)) continue;
    live = true;
    // Who waits for something outside may have nobody else to wake it, and has a deadline from now on.
    if (below.state === IDLE && below.holds > 0 && below.blocked === 0) below.scheduler.enqueue(below);
    let [feeds, ends] = [false, false];
    for (const inbox of below.ins) {
      const outer = inbox.producers.filter((outbox) => !parts.has(outbox.task));
      const inner = inbox.producers.length - outer.length;
      if (outer.length > 0) {
        disconnect(outer);
        if (inner === 0) endOfStream(inbox);
      }
      if (isForOrders(inbox)) continue;
      feeds ||= inner > 0;
      ends ||= inbox.eos;
    }
    if (feeds) continue;
    stopped = true;
    if (!ends) request(below);
  }
  if (live && !stopped) for (const below of parts) request(below);
  if (task.state !== NEW && task.state !== DONE) task.scheduler.stops.add(task);
}

function request(task: Task): void {
  if (task.state === NEW) task.stopRequested = true;
  else task.scheduler.requestStop(task);
}

/** The components of a scheduler that were told to end and have not yet. */
export class Stops {
  readonly #told = new Set<Task>();

  get any(): boolean {
    return this.#told.size > 0;
  }

  /** `task` was told to end, in order or at once, with everything in it. */
  add(task: Task): void {
    if (this.#told.has(task) || task.state === DONE) return;
    this.#told.add(task);
    const { scheduler } = task;
    scheduler.timers.add(scheduler.clock.now() + REPORT_AFTER_US, task, () => this.#report(task));
    scheduler.lookAtRest();
  }

  forget(task: Task): void {
    this.#told.delete(task);
  }

  /**
   * Nothing is runnable. Stops those that nothing can bring to their end any more: who does not look for the end of its
   * stream, and rings whose source has ended. True if there were any.
   */
  relieve(): boolean {
    for (const task of this.#told) {
      if (!task.stopAsked) continue;
      const parts = inside(task);
      // Parts first: what they are in may wait for their end.
      for (const below of [...parts].reverse()) {
        const stuck = below.state === IDLE && !isOnlyParts(below) ? stuckWith(below, parts) : undefined;
        if (stuck === undefined) continue;
        for (const each of stuck) request(each);
        return true;
      }
    }
    return false;
  }

  #report(task: Task): void {
    for (const below of inside(task)) {
      if (below.state === DONE || isOnlyParts(below)) continue;
      const ins = below.ins.filter((inbox) => !isForOrders(inbox));
      const atEnd = ins.some((inbox) => inbox.eos) && ins.every((inbox) => inbox.count === 0 && !inbox.linked);
      if (!below.stopRequested && !atEnd) continue;
      const waits = reasonOf(below);
      const path = below.path();
      const why = !below.stopRequested
        ? 'it goes on after the end of its stream'
        : below.gen === undefined || !below.returning
          ? 'it was told to stop'
          : 'its finally blocks are at work';
      const message = `has not ended ${REPORT_AFTER_US / 1e6} s after it was told to: ${why}`;
      below.graph?.log({
        level: 'warn',
        path,
        message: waits === null ? message : `${message}, waiting for: ${waits}`,
      });
    }
  }
}

/** What waits only for each other and cannot be woken by anything else; undefined if there is something. */
function stuckWith(first: Task, parts: ReadonlySet<Task>): Set<Task> | undefined {
  const found = new Set<Task>([first]);
  for (const task of found) {
    if (task.state !== IDLE || task.stopRequested || task.countedOutside || task.holds > 0) return undefined;
    if (task.blocked === 0 && (task.externals > 0 || task.alarms > 0)) return undefined;
    if (task.waiters?.some(({ timed }) => timed)) return undefined;
    for (const other of waitedFor(task)) {
      // Who is outside was not told to end.
      if (!parts.has(other)) return undefined;
      found.add(other);
    }
  }
  return found;
}

function waitedFor(task: Task): Task[] {
  if (task.blocked > 0)
    return task.outs.filter((outbox) => outbox.linked && outbox.sink.full).map(({ sink }) => sink.task);
  const live = [...task.children].filter(({ state }) => state !== DONE);
  const senders = task.ins.flatMap((inbox) => {
    const tasks = inbox.producers.map((outbox) => outbox.task);
    // A chassis passes orders on, and waits for its parts.
    return isForOrders(inbox) ? tasks.filter(({ chassis }) => !chassis) : tasks;
  });
  return [...live, ...senders];
}
