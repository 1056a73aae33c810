// SPDX-License-Identifier: Apache-2.0
import { type Component, TASK } from '../component.js';
import { adopt as adoptTask } from '../graph.js';

/** Makes `child` a part of `parent`: it is activated, stopped and named with it. */
export function adopt(parent: Component, child: Component, name?: string): void {
  adoptTask(parent[TASK], child[TASK], name);
}
