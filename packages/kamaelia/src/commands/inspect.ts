// SPDX-License-Identifier: Apache-2.0
import type { Component, Inspection } from '@kamaelia/axon';
import { FROM_HELP } from '../catalogue/catalogue.js';
import { type Command, parse } from '../command.js';
import { UsageError } from '../failure.js';
import { graphFromOperands } from '../graph/graph-from-operands.js';
import { TEXT_HELP } from '../graph/graph-text.js';
import { durationOf } from '../graph/option-value.js';
import { runToTheEnd, sayEnd } from '../graph/run-to-the-end.js';
import { liveTable } from '../inspection/live-table.js';
import { LiveView } from '../inspection/live-view.js';
import { type Runtime, runtimeOf } from '../inspection/runtime-of.js';
import { writeOut } from '../standard-output.js';

const EVERY_MS = { least: 50, most: 3_600_000 } as const;
const FORMS = ['json', 'dot', 'mermaid'] as const;
type Form = (typeof FORMS)[number] | 'table';

function everyMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const duration = durationOf(text);
  const ms = duration === undefined ? Number.NaN : 'ms' in duration ? duration.ms : duration.us / 1000;
  if (ms >= EVERY_MS.least && ms <= EVERY_MS.most) return ms;
  throw new UsageError(`Expected a duration of 50ms to 1h for --every but received ${text}`);
}

function formOf(values: Readonly<Record<(typeof FORMS)[number], boolean>>): Form {
  const [form = 'table', ...more] = FORMS.filter((name) => values[name]);
  if (more.length === 0) return form;
  throw new UsageError(`Expected one of --json, --dot, --mermaid but received --${[form, ...more].join(', --')}`);
}

/** What is printed when all is over. */
function result(form: Form, view: LiveView, runtime: Runtime, seconds: number): string {
  const { first, end } = view;
  if (form === 'dot') return runtime.toDot(end.inspection);
  if (form === 'mermaid') return runtime.toMermaid(end.inspection);
  if (form === 'json') return `${JSON.stringify({ ...end.inspection, seconds, stall: end.stall ?? null })}\n`;
  const size = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
  return `${liveTable(first, end.inspection, size, end.notes).join('\n')}\n`;
}

export const inspect: Command = {
  summary: 'run a graph and show what each component does',
  help: `Usage: kamaelia inspect GRAPH [OPTIONS]
       kamaelia inspect MODULE.mjs [ARGUMENT]... [OPTIONS]

Runs a graph as 'kamaelia run' does. On a terminal it shows meanwhile, a line a component: why it does not run, messages
taken and sent a second, messages waiting in each inbox and its capacity, the part of the time in which it was blocked by
a full inbox and in which it ran, slices a second, and messages dropped. When nothing moves, it names the component that
the others wait for. At the end it prints the same of the whole run.

${TEXT_HELP}

${FROM_HELP}
  --every DURATION how often to look, 50ms to 1h; default 500ms. Standard error that is no terminal then gets a table
                   each time; otherwise it gets none, and a line when nothing has moved for 5 s because an inbox is full
  --json           print the inspection at the end as JSON (its fields: docs/inspection.md), with the seconds it
                   ran, and the stall: path of the culprit, how many others wait for it, and why; or null
  --dot            print the graph at the end in Graphviz' language
  --mermaid        print the graph at the end as a Mermaid flowchart

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. What was seen is printed in each case but wrong use.

Examples:
  kamaelia inspect 'ReadFileAdaptor filename=a.drc ! DiracDecoder ! FrameToYUV4MPEG ! SimpleFileWriter a.y4m'
  kamaelia inspect graph.mjs a.drc --every 2s
  kamaelia inspect graph.mjs --json
`,
  async run(args, { signal }) {
    const { values, operands } = parse(
      args,
      { json: 'flag', dot: 'flag', mermaid: 'flag', every: 'text', from: 'list' },
      { least: 1, most: Number.POSITIVE_INFINITY, name: 'GRAPH' },
    );
    const form = formOf(values);
    const every = everyMs(values.every);
    const { root } = await graphFromOperands(operands, values.from, signal);
    const runtime = await runtimeOf(root, operands[0] ?? '');
    return watched(root, runtime, { form, every, signal });
  },
};

async function watched(
  root: Component,
  runtime: Runtime,
  { form, every, signal }: { form: Form; every: number | undefined; signal: AbortSignal },
): Promise<number> {
  const beganMs = performance.now();
  const look = (): Inspection => runtime.inspect(root);
  const view = new LiveView(look, (path) => runtime.why(root, path), every, process.stderr, process.stdout);
  // Before those listen who take the graph down: nothing can be seen of it afterwards.
  const onAbort = () => view.freeze();
  signal.addEventListener('abort', onAbort, { once: true });
  const print = () => {
    view.close();
    return writeOut(result(form, view, runtime, (performance.now() - beganMs) / 1000));
  };
  let seconds: number;
  try {
    seconds = await runToTheEnd(root, signal, () => view.freezeForGood());
  } catch (error) {
    // Who reads no more is still told how the graph ended.
    await print().catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  await print();
  return sayEnd(seconds);
}
