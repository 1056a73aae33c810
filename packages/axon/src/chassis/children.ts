// SPDX-License-Identifier: Apache-2.0
import { type Component, TASK } from '../component.js';
import { NEW } from '../task.js';

/** Makes `child` a part of `parent`: it is activated, stopped and named with it. */
export function adopt(parent: Component, child: Component, name?: string): void {
  const task = child[TASK];
  if (task.parent !== undefined) {
    throw new Error(`${parent.path}: Expected a new component but ${child.path} belongs to another graph already`);
  }
  if (task.state !== NEW) {
    throw new Error(`${parent.path}: Expected a new component but ${child.path} is activated already`);
  }
  task.parent = parent[TASK];
  parent[TASK].children.push(task);
  if (name !== undefined) task.name ??= name;
}
