// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox } from '../bounded-inbox.js';
import { type Component, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import { Scheduler } from '../scheduler.js';
import { DONE, NEW, QUEUED, RUNNING, type Task, WAITING, walkTasks } from '../task.js';

/** What a component is doing. */
export type ActivityState = 'new' | 'runnable' | 'parked' | 'waiting' | 'ended';

/** One component as {@link inspect} saw it. */
export interface ComponentReport {
  /** Unique in the report, such as `Pipeline-1/DiracDecoder-3`. */
  readonly path: string;
  /** Name of its class. */
  readonly kind: string;
  /** Path of what it is a part of. */
  readonly parent: string | null;
  readonly state: ActivityState;
  /** Why it does not run, in a few words: `empty: inbox`, `full: outbox -> Mux-1.video`, `timer`, `promise`, `outside`. */
  readonly reason: string | null;
  /** Times it was run. */
  readonly slices: number;
  /** Milliseconds that its slices took together; extrapolated from every 32nd where slices are short. */
  readonly runMs: number;
  /** The longest of those that were timed. */
  readonly longestMs: number;
  /** Slices of more than 20 ms among those. */
  readonly slowSlices: number;
  readonly inboxes: readonly InboxReport[];
  readonly outboxes: readonly OutboxReport[];
}

/** An inbox as {@link inspect} saw it. */
export interface InboxReport {
  readonly name: string;
  /** Messages taken. */
  readonly taken: number;
  /** Messages waiting. */
  readonly waiting: number;
  readonly capacity: number;
  /** Bytes waiting, for an inbox that is bounded in bytes. */
  readonly bytes: number | null;
  /** Most messages that waited at once; below the capacity to a power of two. */
  readonly highWater: number;
  /** It holds its producers back. */
  readonly full: boolean;
  /** Times it has. */
  readonly fullTimes: number;
  /** Milliseconds it has, to within a few slices. */
  readonly fullMs: number;
  /** Messages that a lossy inbox dropped. */
  readonly lost: number;
  /** Times it was grown because components waited for each other. */
  readonly grown: number;
  readonly ended: boolean;
  /** Inbox of a part that its messages go to, as `path.box`. */
  readonly passedTo: string | null;
}

/** An outbox as {@link inspect} saw it. */
export interface OutboxReport {
  readonly name: string;
  /** Messages sent. */
  readonly sent: number;
  /** Where they wait, as `path.box`; null where nobody listens. */
  readonly to: string | null;
  /** Its consumer has ended. */
  readonly cancelled: boolean;
}

/**
 * Everything that can be known of running graphs, as plain data for JSON. `version` changes when a field is taken away or
 * means something else; fields may be added.
 */
export interface Inspection {
  readonly version: 1;
  /** Microseconds of the runtime's clock. */
  readonly atUs: number;
  readonly components: readonly ComponentReport[];
}

const STATES: Readonly<Record<number, ActivityState>> = {
  [NEW]: 'new',
  [QUEUED]: 'runnable',
  [RUNNING]: 'runnable',
  [WAITING]: 'waiting',
  [DONE]: 'ended',
};

/**
 * Looks at a component with everything in it, or at every graph of a scheduler. Reads counters that are always kept, so
 * it may be called at any time and as often as wanted.
 *
 * @example
 * import { inspect, Pipeline } from '@kamaelia/axon';
 *
 * const line = Pipeline([1, 2, 3], (n) => n * n, () => {});
 * await line.run();
 * for (const { path, slices } of inspect(line).components) console.log(path, slices);
 */
export function inspect(what: Component | Scheduler): Inspection {
  const tasks: Task[] = [];
  const visit = (task: Task) => walkTasks(task, (below) => tasks.push(below));
  if (what instanceof Scheduler) for (const graph of what.graphs) visit(graph.root);
  else visit(taskOf('inspect', what));
  const clock = what instanceof Scheduler ? what.clock : what.clock;
  return { version: 1, atUs: clock.now(), components: tasks.map(report) };
}

/** @internal */
export function taskOf(owner: string, component: Component): Task {
  const task = (component as Component | undefined)?.[TASK];
  if (task !== undefined) return task;
  throw new TypeError(`${owner}: Expected a component or a scheduler but received ${String(component)}`);
}

function report(task: Task): ComponentReport {
  return {
    path: task.path(),
    kind: task.component.constructor.name,
    parent: task.parent?.path() ?? null,
    state: stateOf(task),
    reason: reasonOf(task),
    slices: task.slices,
    runMs: task.timedSlices === 0 ? 0 : (task.timedMs * task.slices) / task.timedSlices,
    longestMs: task.longestMs,
    slowSlices: task.slowSlices,
    inboxes: task.ins.map(inboxReport),
    outboxes: task.outs.map(outboxReport),
  };
}

/** @internal A chassis whose own work is done waits for its parts. */
export function stateOf(task: Task): ActivityState {
  return STATES[task.state] ?? 'parked';
}

/** @internal Why a component does not run; null for one that does, has not begun or has ended. */
export function reasonOf(task: Task): string | null {
  const state = stateOf(task);
  if (state === 'waiting') return task.countedOutside ? 'promise' : 'timer';
  if (state !== 'parked') return null;
  if (task.mainEnded) return 'its parts';
  const full = fullOutbox(task);
  if (full !== undefined) return `full: ${full.name} -> ${full.sink.path()}`;
  if (task.onStuck !== undefined) return 'what those downstream hold';
  if (task.holds > 0) return 'outside';
  const waiters = task.waiters ?? [];
  if (waiters.some(({ timed }) => timed) || task.alarms > 0) return 'timer';
  const inboxes = task.ins.filter(({ to }) => to === undefined);
  const empty = inboxes.filter(({ count }) => count === 0).map(({ name }) => name);
  // Who has messages everywhere and does not take them may wait for what it does with those it took.
  if (inboxes.some(({ producers }) => producers.length > 0) && (empty.length > 0 || task.externals === 0)) {
    return `empty: ${empty.join(', ') || 'what it looks for'}`;
  }
  return task.externals > 0 ? 'outside' : 'nothing: it has no producer, timer or way in';
}

/** @internal The outbox that keeps a component from running. */
export function fullOutbox(task: Task): Outbox | undefined {
  return task.blocked > 0 ? task.outs.find((outbox) => outbox.linked && outbox.sink.full) : undefined;
}

function inboxReport(inbox: Inbox): InboxReport {
  // Not by the meter's clock, which stands still while nothing runs.
  const sinceMs = inbox.fullIndex >= 0 ? Math.max(0, performance.now() - inbox.fullSinceMs) : 0;
  return {
    name: inbox.name,
    taken: inbox.taken,
    waiting: inbox.count,
    capacity: inbox.capacity,
    bytes: inbox instanceof BoundedInbox ? inbox.bytes : null,
    highWater: inbox.mostWaited,
    full: inbox.full,
    fullTimes: inbox.fullTimes,
    fullMs: inbox.fullMs + sinceMs,
    lost: inbox.lost,
    grown: inbox.reliefs,
    ended: inbox.ended,
    passedTo: inbox.to?.path() ?? null,
  };
}

function outboxReport(outbox: Outbox): OutboxReport {
  return {
    name: outbox.name,
    sent: outbox.sent,
    to: outbox.linked ? outbox.sink.path() : (outbox.to?.path() ?? null),
    cancelled: outbox.cancelled,
  };
}
