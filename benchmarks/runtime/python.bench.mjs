// SPDX-License-Identifier: Apache-2.0
// How much faster the same row of 5 pass-through components is than the original's algorithm (generators and deques) in
// Python, measured in the same run.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Component } from '@kamaelia/axon';
import {
  fiveClasses,
  parseNumbers,
  reportThroughput,
  row,
  throughput,
  verdict,
  writeReport,
} from './rivals-in-rounds.mjs';

const { messages, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/python.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through source -> 5 pass-through components -> sink, ours beside the original's algorithm in
python3 (python_generators.py), round by round in turn: with a source that sends a message a step, as the original's do,
and with one that sends 64. Prints the median of the rounds (at least 5) for CPU and wall time, and the ratios. Without
python3 it says so and measures nothing.`,
  { messages: 1_000_000, rounds: 5 },
);

const found = spawnSync('python3', ['--version'], { encoding: 'utf8' });
if (found.status !== 0) {
  const skipped = `python3 cannot be run (${found.error?.code ?? `exit code ${found.status}`})`;
  console.log(`skipped: ${skipped}`);
  writeReport(json, 'runtime/python', { skipped });
  process.exit(0);
}

const stages = fiveClasses(
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

const python = spawn('python3', [fileURLToPath(new URL('python_generators.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
function inPython(burst) {
  return async (count) => {
    python.stdin.write(`${count} ${burst}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('python3 ended before it had answered');
    return JSON.parse(value);
  };
}

const name = found.stdout.trim();
const share = Math.max(1, Math.floor(messages / 40));
const results = await throughput(
  [
    { name: '@kamaelia/axon', run: row(stages), count: messages },
    { name: `${name}, a message a step`, measure: inPython(1), count: share },
    { name: `${name}, 64 a step`, measure: inPython(64), count: share },
  ],
  rounds,
);
python.stdin.end();
await once(python, 'close');
const ratios = reportThroughput(results);
console.log(`(to Python with 64 messages a step: ${ratios[1].cpu})`);
const verdicts = [verdict({ what: 'to Python, CPU time', value: ratios[0].cpu, must: 100, aim: 500 })];
writeReport(json, 'runtime/python', { rounds, messages, results, ratios, verdicts });
