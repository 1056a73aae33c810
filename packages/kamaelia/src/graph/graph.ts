// SPDX-License-Identifier: Apache-2.0
import type { Component } from '@kamaelia/axon';

/** A graph that can be run, and the components of it that are known. */
export interface Graph {
  readonly root: Component;
  readonly components: readonly Component[];
}

/** Whether a value is a component, also one of another copy of the runtime, such as a project's own. */
export function isComponent(value: unknown): value is Component {
  const { main, run } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return typeof main === 'function' && typeof run === 'function';
}
