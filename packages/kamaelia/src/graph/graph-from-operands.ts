// SPDX-License-Identifier: Apache-2.0
import { openCatalogue } from '../catalogue/catalogue.js';
import { UsageError } from '../failure.js';
import type { Graph } from './graph.js';
import { graphFromModule, isModule } from './graph-from-module.js';
import { graphFromText } from './graph-from-text.js';

/**
 * The graph that the operands of a command stand for: a text, or a module with its arguments. `from` are packages with
 * more components. Rejects with the signal's reason while a module is still waited for.
 */
export function graphFromOperands(
  operands: readonly string[],
  from: readonly string[],
  signal: AbortSignal,
): Promise<Graph> {
  return unlessAborted(graphOf(operands, from), signal);
}

async function graphOf(operands: readonly string[], from: readonly string[]): Promise<Graph> {
  const [graph = '', ...rest] = operands;
  if (isModule(graph)) return graphFromModule(graph, rest);
  if (rest.length === 0) return graphFromText(graph, openCatalogue(from));
  throw new UsageError(`Expected one text for GRAPH but received ${operands.length}; put it in quotes`);
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
