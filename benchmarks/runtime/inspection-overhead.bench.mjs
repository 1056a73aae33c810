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
import { median, parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const BUILDS = 'INSPECTION_OVERHEAD_BUILDS';
const STAGES = 5;
const WARM_UP = 150; // Runs of each build before those that count, in which the engine compiles.
const LEAST_MARKED = 6;
const {
  messages,
  runs,
  rounds: pairs,
  json,
} = parseNumbers(
  `Usage: node benchmarks/runtime/inspection-overhead.bench.mjs [--messages N] [--runs N] [--rounds N] [--json FILE]

CPU time of a message through source -> 5 pass-through components -> sink, with and without what is counted for the
inspector alone.

Method: a process loads both builds and lets each run N messages (default 20000, about 2 ms) by turns, ${WARM_UP} times to warm up and
then --runs times (default 400). Two runs that follow each other see the same machine, so the process gives the median of
their ratios. Which build a process loads first is worth some percent to it: a pair is two processes, one each way, and counts
as the geometric mean of the two. Of --rounds pairs (at least 5, default 20), none left out, it prints the mean, the range, and
the upper end of the one-sided 95 % confidence interval by Student's t over the logarithms.

With INSPECTION_OVERHEAD_NULL=1 in the environment both builds are the same: what is printed then is the error of the method.`,
  { messages: 20_000, runs: 400, rounds: 20 },
);

/** The run of the row by one build. */
async function rowOf(folder) {
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
  return async () => {
    const before = process.cpuUsage();
    await Pipeline(new Source(), ...Stages.map((Stage) => new Stage()), new Sink()).run();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / messages;
  };
}

/** Prints the median ratio of the two builds, and the median time of each. */
async function compareHere(folders) {
  const rows = [];
  for (const folder of folders) rows.push(await rowOf(folder));
  const [first, second] = rows;
  const ns = [[], []];
  for (let run = -WARM_UP; run < runs; run++) {
    // Neither always follows the other.
    const [even, times] = [run % 2 === 0, []];
    times[even ? 0 : 1] = await (even ? first : second)();
    times[even ? 1 : 0] = await (even ? second : first)();
    if (run >= 0) for (const side of [0, 1]) ns[side].push(times[side]);
  }
  const ratio = median(ns[0].map((time, run) => time / ns[1][run]));
  process.stdout.write(JSON.stringify({ ratio, ns: ns.map(median) }));
}

function compareInProcess(folders) {
  const args = [fileURLToPath(import.meta.url), '--messages', String(messages), '--runs', String(runs)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, [BUILDS]: JSON.stringify(folders) },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A copy of the build without the marked lines. */
function withoutInspection(build, folder) {
  cpSync(build, folder, { recursive: true });
  let marked = 0;
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    const isMarked = (line) => line.endsWith('// inspection');
    const loose = lines.find((line, at) => isMarked(line) && !/[;{}]$|\/\/ inspection$/.test(lines[at - 1]));
    if (loose !== undefined) throw new Error(`Expected a statement of its own in ${file} but found ${loose.trim()}`);
    const kept = lines.filter((line) => !isMarked(line));
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
    const [withIt, without] = [join(temporary, 'with'), join(temporary, 'without')];
    const logs = [];
    const ns = { with: [], without: [] };
    for (let pair = 0; pair < pairs; pair++) {
      const one = compareInProcess([withIt, without]);
      const other = compareInProcess([without, withIt]);
      logs.push(Math.log(one.ratio / other.ratio) / 2);
      ns.with.push(one.ns[0], other.ns[1]);
      ns.without.push(one.ns[1], other.ns[0]);
    }
    const mean = logs.reduce((sum, log) => sum + log, 0) / pairs;
    const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (pairs - 1));
    const t = T95[Object.keys(T95).findLast((degrees) => Number(degrees) <= pairs - 1) ?? 4];
    const percent = (log) => Number(((Math.exp(log) - 1) * 100).toFixed(2));
    const overhead = percent(mean);
    const upper = percent(mean + (t * deviation) / Math.sqrt(pairs));
    const [least, most] = [percent(Math.min(...logs)), percent(Math.max(...logs))];
    console.log(
      `${marked} lines less; ${pairs} pairs; ns CPU a message: ${median(ns.with).toFixed(1)} with, ${median(ns.without).toFixed(1)} without`,
    );
    console.log(`overhead: ${overhead} % on average, ${least} % to ${most} % in single pairs`);
    const verdicts = [
      verdict({ what: 'upper confidence bound', value: upper, unit: '%', must: 2, aim: 1, better: 'less' }),
    ];
    writeReport(json, 'runtime/inspection-overhead', { pairs, messages, runs, logs, ns, overhead, verdicts });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (process.env[BUILDS] === undefined) compare();
else await compareHere(JSON.parse(process.env[BUILDS]));
