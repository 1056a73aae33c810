// SPDX-License-Identifier: Apache-2.0
import type { Component } from '../component.js';
import { type Task, walkTasks } from '../task.js';
import { fullOutbox, reasonOf, stateOf, taskOf } from './inspect.js';

/**
 * Why a component does not run, in one line: the chain of those it waits for, down to the one that everything waits for.
 *
 * `Camera-1 waits for room in Encoder-1.inbox (64 of 64); Encoder-1 waits for room in Disk-1.inbox (16 of 16); Disk-1 waits
 * for a promise`. With `path`, of {@link inspect}, it is about that part of the component.
 */
export function why(component: Component, path?: string): string {
  const seen = new Set<Task>();
  const links: string[] = [];
  let task: Task | undefined = taskOf('why', component);
  if (path !== undefined) task = partAt(task, path);
  while (task !== undefined && !seen.has(task)) {
    seen.add(task);
    const [text, next] = explain(task);
    links.push(text);
    task = next;
  }
  if (task !== undefined) links.push(`and so round to ${task.path()}: components wait for each other`);
  return links.join('; ');
}

function partAt(root: Task, path: string): Task {
  const found: Task[] = [];
  walkTasks(root, (task) => {
    if (task.path() === path) found.push(task);
  });
  if (found[0] !== undefined) return found[0];
  throw new RangeError(`why: Expected the path of a part of ${root.path()} for path but received ${path}`);
}

function explain(task: Task): [text: string, next: Task | undefined] {
  const path = task.path();
  const state = stateOf(task);
  if (state === 'new') return [`${path} is not activated`, undefined];
  if (state === 'ended') return [`${path} has ended`, undefined];
  if (state === 'runnable') return [`${path} is runnable`, undefined];
  const full = fullOutbox(task);
  if (full !== undefined) {
    const { sink } = full;
    return [`${path} waits for room in ${sink.path()} (${sink.count} of ${sink.capacity})`, sink.task];
  }
  const reason = reasonOf(task) ?? '';
  if (reason === 'its parts') {
    const part = [...task.children].find((child) => stateOf(child) !== 'ended');
    return [`${path} waits for its parts`, part];
  }
  if (!reason.startsWith('empty')) return [`${path} waits for ${withArticle(reason)}`, undefined];
  const inbox = task.ins.find((box) => box.to === undefined && box.count === 0 && box.producers.length > 0);
  if (inbox === undefined) return [`${path} waits for something that its inboxes do not have`, undefined];
  return [`${path} waits for a message in ${inbox.name}`, inbox.producers[0]?.task];
}

function withArticle(reason: string): string {
  if (reason === 'timer' || reason === 'promise') return `a ${reason}`;
  return reason === 'outside' ? 'the world outside' : reason;
}
