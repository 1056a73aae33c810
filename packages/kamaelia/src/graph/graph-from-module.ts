// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError } from '../failure.js';
import { type Graph, isComponent } from './graph.js';

/** No file of this name; the message says which. */
export class NoModuleError extends Error {
  override readonly name = 'NoModuleError';
  readonly code = 'ENOENT';
}

/** Whether GRAPH names a module rather than being a graph itself. */
export function isModule(text: string): boolean {
  return /^\S+\.[cm]?[jt]s$/.test(text) || (/\.[cm]?[jt]s$/.test(text) && existsSync(text));
}

/**
 * Imports a module and gives the graph that is its default export, or what that function (or component class) makes of
 * `args`. Anything else there is a {@link UsageError}.
 */
export async function graphFromModule(path: string, args: readonly string[]): Promise<Graph> {
  const file = path.startsWith('file:') ? fileURLToPath(path) : resolve(path);
  if (!existsSync(file)) throw new NoModuleError(`cannot read ${path}: no such file`);
  const { default: exported } = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (typeof exported !== 'function' && args.length > 0) {
    throw new UsageError(`Expected a function as default export of ${path}, to be given ${args.join(' ')}`);
  }
  const root = typeof exported === 'function' ? await made(exported, args) : exported;
  if (isComponent(root)) return { root, components: [root] };
  const what = typeof exported === 'function' ? `from the default export of ${path}` : `as default export of ${path}`;
  throw new UsageError(`Expected a component ${what} but received ${shown(root)}`);
}

// biome-ignore lint/complexity/noBannedTypes: any function at all may be exported.
function made(exported: Function, args: readonly string[]): unknown {
  const isClass = typeof (exported.prototype as { main?: unknown } | undefined)?.main === 'function';
  return isClass ? Reflect.construct(exported, args) : Reflect.apply(exported, undefined, args);
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'object' && value !== null
    ? `an object of ${value.constructor?.name ?? 'no class'}`
    : typeof value;
}
