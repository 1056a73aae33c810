// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as axon from '@kamaelia/axon';
import { UsageError } from '../failure.js';

/** What is used of the runtime that a graph is of. */
export type Runtime = Pick<typeof axon, 'inspect' | 'why' | 'toDot' | 'toMermaid'>;

/**
 * The copy of the runtime that a component is of: the program's own, or that of the project whose `module` made it. Only
 * that one can look into it.
 */
export async function runtimeOf(component: axon.Component, module: string): Promise<Runtime> {
  const given: unknown = component;
  if (given instanceof axon.Component) return axon;
  const file = module.startsWith('file:') ? fileURLToPath(module) : resolve(module);
  const own = await import(pathToFileURL(entryFor(file)).href).catch(() => undefined);
  if (typeof own?.Component === 'function' && given instanceof own.Component && typeof own.inspect === 'function') {
    return own as Runtime;
  }
  throw new UsageError(
    `Expected a component of the @kamaelia/axon that ${module} imports but received one of another copy`,
  );
}

function entryFor(file: string): string {
  try {
    return createRequire(file).resolve('@kamaelia/axon');
  } catch {
    // Not installed there: then it cannot be that one.
    return '';
  }
}
