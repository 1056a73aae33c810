// SPDX-License-Identifier: Apache-2.0
// What it costs that everything can be inspected: the pass-through row with the runtime as it is, against a build of it
// without what is kept for the inspector alone.
//
// The build without is the package's own dist, copied, less the lines that its sources mark `// inspection`: slices and
// their time, depths, and the times of full inboxes. Counts of messages taken and sent stay: the runtime needs them itself.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const BUILD = 'INSPECTION_OVERHEAD_BUILD';
const STAGES = 5;
const RUNS = 12; // In each process; the quickest counts, as the least disturbed.
const LEAST_MARKED = 6;
const {
  messages,
  rounds: pairs,
  json,
} = parseNumbers(
  `Usage: node benchmarks/runtime/inspection-overhead.bench.mjs [--messages N] [--rounds N] [--json FILE]

CPU time of a message through source -> 5 pass-through components -> sink, with and without what is counted for the
inspector alone, in a process each, alternating, N pairs (at least 5, default 20). Prints the mean ratio and the upper
end of its one-sided 95 % confidence interval. With identical builds (--rounds as before, environment
INSPECTION_OVERHEAD_NULL=1) it prints what the machine's noise alone would give.`,
  { messages: 400_000, rounds: 20 },
);

async function measureHere(folder) {
  const { Component, Pipeline } = await import(pathToFileURL(join(folder, 'index.js')).href);
  class Source extends Component {
    outbox = this.out('outbox');
    *main() {
      const { outbox } = this;
      for (let n = 0; n < messages; ) {
        while (n < messages && outbox.open) outbox.send({ n: n++ });
        yield;
      }
    }
  }
  const Stages = Array.from(
    { length: STAGES },
    () =>
      class extends Component {
        inbox = this.in('inbox');
        outbox = this.out('outbox');
        *main() {
          const { inbox, outbox } = this;
          while (!inbox.ended) {
            while (inbox.ready) outbox.send(inbox.recv());
            yield;
          }
        }
      },
  );
  class Sink extends Component {
    inbox = this.in('inbox');
    *main() {
      const { inbox } = this;
      while (!inbox.ended) {
        while (inbox.ready) inbox.recv();
        yield;
      }
    }
  }
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    await Pipeline(new Source(), ...Stages.map((Stage) => new Stage()), new Sink()).run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  process.stdout.write(String((least * 1000) / messages));
}

function measure(folder) {
  const args = [fileURLToPath(import.meta.url), '--messages', String(messages)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, [BUILD]: folder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return Number(stdout);
}

/** A copy of the build without the marked lines. */
function withoutInspection(build, folder) {
  cpSync(build, folder, { recursive: true });
  let marked = 0;
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    const kept = lines.filter((line) => !line.endsWith('// inspection'));
    marked += lines.length - kept.length;
    if (kept.length < lines.length && process.env.INSPECTION_OVERHEAD_NULL === undefined) {
      writeFileSync(join(folder, file), kept.join('\n'));
    }
  }
  if (marked < LEAST_MARKED) throw new Error(`Expected at least ${LEAST_MARKED} marked lines but found ${marked}`);
  return marked;
}

// Student's t, one-sided 95 %, for the degrees of freedom of few pairs; above, the normal distribution's.
const T95 = { 4: 2.132, 9: 1.833, 14: 1.761, 19: 1.729, 29: 1.699, 39: 1.685 };

function compare() {
  const build = join(dirname(fileURLToPath(import.meta.resolve('@kamaelia/axon'))));
  const temporary = mkdtempSync(join(tmpdir(), 'kamaelia-inspection-'));
  try {
    const marked = withoutInspection(build, join(temporary, 'without'));
    cpSync(build, join(temporary, 'with'), { recursive: true });
    const logs = [];
    const ns = { with: [], without: [] };
    for (let pair = 0; pair < pairs; pair++) {
      // Neither has the first place.
      const order = pair % 2 === 0 ? ['with', 'without'] : ['without', 'with'];
      const times = {};
      for (const name of order) times[name] = measure(join(temporary, name));
      ns.with.push(times.with);
      ns.without.push(times.without);
      logs.push(Math.log(times.with / times.without));
    }
    const mean = logs.reduce((sum, log) => sum + log, 0) / pairs;
    const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (pairs - 1));
    const t = T95[Object.keys(T95).findLast((degrees) => Number(degrees) <= pairs - 1) ?? 4];
    const percent = (log) => Number(((Math.exp(log) - 1) * 100).toFixed(2));
    const overhead = percent(mean);
    const upper = percent(mean + (t * deviation) / Math.sqrt(pairs));
    const average = (values) => (values.reduce((sum, value) => sum + value, 0) / pairs).toFixed(1);
    console.log(
      `${marked} lines less; ${pairs} pairs; ns CPU a message: ${average(ns.with)} with, ${average(ns.without)} without`,
    );
    console.log(`overhead: ${overhead} % on average`);
    const verdicts = [
      verdict({ what: 'upper confidence bound', value: upper, unit: '%', must: 2, aim: 1, better: 'less' }),
    ];
    writeReport(json, 'runtime/inspection-overhead', { pairs, messages, ns, overhead, verdicts });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (process.env[BUILD] === undefined) compare();
else await measureHere(process.env[BUILD]);
