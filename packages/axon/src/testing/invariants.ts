// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox, bytesOf } from '../bounded-inbox.js';
import { type Component, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { finalInbox } from '../link.js';
import { Outbox } from '../outbox.js';
import type { Scheduler } from '../scheduler.js';
import { DONE, type Task, walkTasks } from '../task.js';

/**
 * Recomputes what the runtime keeps incrementally (producers, full marks, blocked counts, capacities, bytes, where boxes
 * lead, parts that have not ended) and throws an Error that names the first difference. For use after any slice.
 */
export function checkInvariants(scheduler: Scheduler): void {
  for (const graph of scheduler.graphs) {
    for (const task of graph.tasks) {
      checkTask(task);
      checkParts(task);
      for (const box of [...task.ins, ...task.outs]) checkWay(box);
      for (const inbox of task.ins) if (inbox instanceof BoundedInbox) checkBytes(inbox);
    }
  }
}

function checkParts(task: Task): void {
  const live = [...task.children].filter((child) => child.state !== DONE).length;
  expect(task.liveChildren === live, `${task.path()}: counts ${task.liveChildren} parts, has ${live}`);
  expect(task.state !== DONE || live === 0, `${task.path()}: has ended before its parts`);
}

/** A box is listed where it leads to, and one that nothing feeds delivers to the end of its chain. */
function checkWay(box: Inbox | Outbox): void {
  const { to } = box;
  expect(to === undefined || (to.from as unknown[]).includes(box), `${box.path()}: ${to?.path()} does not list it`);
  if (!(box instanceof Outbox) || !box.linked || box.from.length > 0) return;
  const end = finalInbox(box);
  expect(box.sink === end, `${box.path()}: delivers to ${box.sink.path()}, is linked to ${end?.path() ?? 'nothing'}`);
}

function checkBytes(inbox: BoundedInbox): void {
  let bytes = 0;
  for (const message of inbox.buf) bytes += bytesOf(message);
  expect(inbox.bytes === bytes, `${inbox.path()}: counts ${inbox.bytes} bytes, holds ${bytes}`);
}

function checkTask(task: Task): void {
  const where = task.path();
  let blocked = 0;
  for (const outbox of task.outs) {
    if (!outbox.linked) continue;
    const { sink } = outbox;
    expect(sink.producers.includes(outbox), `${outbox.path()}: its inbox does not list it`);
    expect(!outbox.closed && task.state !== DONE, `${outbox.path()}: is linked but closed`);
    if (sink.full && !(sink.strict && task.refusable)) blocked++;
  }
  expect(task.blocked === blocked, `${where}: blocked is ${task.blocked}, by its links ${blocked}`);
  for (const inbox of task.ins) {
    for (const producer of inbox.producers) {
      expect(producer.sink === inbox, `${inbox.path()}: lists ${producer.path()}, which delivers elsewhere`);
    }
    const waiting = inbox.buf.filter((message) => message !== undefined).length;
    expect(waiting <= inbox.count, `${inbox.path()}: keeps ${waiting} messages, counts ${inbox.count}`);
    const lossy = inbox instanceof BoundedInbox && inbox.lossy;
    const kept = lossy ? inbox.count <= inbox.capacity : inbox.full || inbox.count < inbox.capacity;
    expect(kept || inbox.closed, `${inbox.path()}: holds ${inbox.count}, not full`);
    expect(
      !inbox.full || inbox.count > inbox.low || inbox.strict,
      `${inbox.path()}: full with ${inbox.count} of ${inbox.capacity}`,
    );
    expect(task.state !== DONE || inbox.count === 0, `${inbox.path()}: ended with ${inbox.count} messages`);
    expect(!inbox.eos || inbox.producers.length === 0, `${inbox.path()}: has ended but is linked`);
  }
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`Invariant: ${otherwise}`);
}

/** True when the component and everything in it has ended and holds no message. */
export function isFinished(component: Component): boolean {
  let finished = true;
  walkTasks(component[TASK], (task) => {
    if (task.state !== DONE || task.ins.some((inbox) => inbox.count > 0 || inbox.fullIndex >= 0)) finished = false;
  });
  return finished;
}

/** Slices each component of a graph has had, by path. */
export function slicesOf(component: Component): Record<string, number> {
  const slices: Record<string, number> = {};
  walkTasks(component[TASK], (task) => {
    slices[task.path()] = task.slices;
  });
  return slices;
}
