// SPDX-License-Identifier: Apache-2.0
// What a pipeline of plain functions costs, which the runtime runs as one: an iterable, 5 functions and a callback, against
// Node's object-mode Transform streams of the same functions, and against calling them without any runtime.
import { Pipeline } from '@kamaelia/axon';
import {
  nodeTransforms,
  parseNumbers,
  reportThroughput,
  throughput,
  verdict,
  writeReport,
} from './rivals-in-rounds.mjs';

const { messages, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/fused-maps.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through Pipeline(iterable, 5 functions, callback), beside Node's object-mode Transform streams of the
same functions (highWaterMark 64), and beside calling the functions in a loop over the same iterable; one process,
interleaved. Prints the median of the rounds (at least 5) for CPU and wall time, and the ratios.`,
  { messages: 3_000_000, rounds: 7 },
);

function* numbered(count) {
  for (let n = 0; n < count; n++) yield { n };
}

// Each keeps the parity of n, by which the sums are checked, and makes a message of its own where a real step would.
const functions = [
  (message) => ({ n: message.n + 2 }),
  (message) => (message.n < 0 ? null : message),
  (message) => ({ n: message.n, twice: message.n * 2 }),
  (message) => ({ n: message.twice - message.n }),
  (message) => message,
];

async function pipeline(count) {
  let sum = 0;
  await Pipeline(numbered(count), ...functions, (message) => {
    sum += message.n & 1;
  }).run();
  return sum;
}

// Of its own text, so that the engine sees these calls from one place too.
async function bareCalls(count) {
  const [first, second, third, fourth, fifth] = functions;
  let sum = 0;
  for (const message of numbered(count)) {
    const result = fifth(fourth(third(second(first(message)))));
    if (result !== null && result !== undefined) sum += result.n & 1;
  }
  return sum;
}

const results = await throughput(
  [
    { name: 'Pipeline of functions', run: pipeline, count: messages },
    { name: 'node Transform', run: (count) => nodeTransforms(count, functions), count: Math.floor(messages / 20) },
    { name: 'bare calls', run: bareCalls, count: messages },
  ],
  rounds,
);
const ratios = reportThroughput(results);
const verdicts = [
  verdict({ what: 'to node Transform, CPU time', value: ratios[0].cpu, must: 7 }),
  verdict({ what: 'to bare calls, CPU time', value: ratios[1].cpu, aim: 0.5 }),
];
writeReport(json, 'runtime/fused-maps', { rounds, messages, results, ratios, verdicts });
