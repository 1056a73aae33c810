// SPDX-License-Identifier: Apache-2.0
import type { Component } from '@kamaelia/axon';
import { FROM_HELP } from '../catalogue/catalogue.js';
import { type Command, parse } from '../command.js';
import type { Graph } from '../graph/graph.js';
import { graphFromOperands } from '../graph/graph-from-operands.js';
import { TEXT_HELP } from '../graph/graph-text.js';
import { runToTheEnd, sayEnd } from '../graph/run-to-the-end.js';
import { writeOut } from '../standard-output.js';

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
    const graph = await graphFromOperands(operands, values.from, signal);
    const seconds = await runToTheEnd(graph.root, signal);
    if (values.json) await writeOut(summary(graph, seconds));
    return sayEnd(seconds);
  },
};
