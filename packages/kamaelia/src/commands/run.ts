// SPDX-License-Identifier: Apache-2.0
import type { Component } from '@kamaelia/axon';
import { FROM_HELP, openCatalogue } from '../catalogue/catalogue.js';
import { type Command, parse } from '../command.js';
import { EXIT, UsageError } from '../failure.js';
import type { Graph } from '../graph/graph.js';
import { graphFromModule, isModule } from '../graph/graph-from-module.js';
import { graphFromText } from '../graph/graph-from-text.js';
import { TEXT_HELP } from '../graph/graph-text.js';
import { logLine } from '../log-line.js';
import { writeOut } from '../standard-output.js';

/** Nothing can happen any more, and yet the graph has not ended. */
class IdleGraphError extends Error {
  override readonly name = 'IdleGraphError';
  readonly code = 'IDLE_GRAPH';
}

function graphOf(operands: readonly string[], from: readonly string[]): Promise<Graph> {
  const [graph = '', ...rest] = operands;
  if (isModule(graph)) return graphFromModule(graph, rest);
  if (rest.length === 0) return graphFromText(graph, openCatalogue(from));
  throw new UsageError(`Expected one text for GRAPH but received ${operands.length}; put it in quotes`);
}

/** Runs to the end, or until the process would end because everything waits for what can never come. */
async function toTheEnd(root: Component, signal: AbortSignal): Promise<void> {
  const idle = new AbortController();
  const onIdle = () => {
    const why =
      'Expected the graph to end but every component waits, and nothing is under way; is an inbox not linked?';
    idle.abort(new IdleGraphError(why));
  };
  process.once('beforeExit', onIdle);
  try {
    await root.run({ signal: AbortSignal.any([signal, idle.signal]), onLog: logLine, onUnhandled: 'abort-all' });
  } finally {
    process.off('beforeExit', onIdle);
  }
}

/** Rejects with the signal's reason while something else is still waited for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function summary({ components }: Graph, seconds: number): string {
  const rows = components.map((component) => {
    const { name, stats } = component as Component & { readonly stats?: unknown };
    return { name, component: component.constructor.name, ...(stats === undefined ? {} : { stats }) };
  });
  const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  return `${JSON.stringify({ seconds, components: rows }, plain)}\n`;
}

export const run: Command = {
  summary: 'run a graph written as text or as a module',
  help: `Usage: kamaelia run GRAPH [--json] [--from PACKAGE]...
       kamaelia run MODULE.mjs [ARGUMENT]... [--json]

Runs a graph of components to its end. A module exports it as default: a component, or a function that makes one of
ARGUMENTs. 'kamaelia list' and 'kamaelia describe' say what there is.

${TEXT_HELP}

${FROM_HELP}
  --json           print the time and the components' counts as JSON at the end

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.

Examples:
  kamaelia run 'ReadFileAdaptor filename=a.drc ! DiracDecoder ! VideoOverlay'
  kamaelia run 'TCPClient host=127.0.0.1 port=1601 ! ConsoleEchoer'
  kamaelia run graph.mjs a.drc
`,
  async run(args, { signal }) {
    const { values, operands } = parse(
      args,
      { json: 'flag', from: 'list' },
      { least: 1, most: Number.POSITIVE_INFINITY, name: 'GRAPH' },
    );
    const graph = await unlessAborted(graphOf(operands, values.from), signal);
    const beganMs = performance.now();
    await toTheEnd(graph.root, signal);
    const seconds = (performance.now() - beganMs) / 1000;
    if (values.json) await writeOut(summary(graph, seconds));
    process.stderr.write(`kamaelia: ran for ${seconds.toFixed(1)} s\n`);
    // A graph that the module started beside this one has failed, and said so.
    return process.exitCode ? EXIT.failed : EXIT.done;
  },
};
