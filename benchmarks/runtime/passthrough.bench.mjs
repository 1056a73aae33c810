// SPDX-License-Identifier: Apache-2.0
// How many small messages pass through source -> 5 pass-through components of 5 classes -> sink, against Node's
// object-mode Transform streams with the same number of stages and the same bound, and against RxJS, which has no bound.
import { Component } from '@kamaelia/axon';
import { map, Observable } from 'rxjs';
import {
  fiveClasses,
  nodeTransforms,
  parseNumbers,
  reportThroughput,
  row,
  STAGES,
  throughput,
  verdict,
  writeReport,
} from './rivals-in-rounds.mjs';

const { messages, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/passthrough.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through source -> 5 pass-through components -> sink, ours beside Node's object-mode Transform
(highWaterMark 64) and beside RxJS (5 map() by five functions, synchronous, unbounded), interleaved in one process.
Prints the median of the rounds (at least 5) for CPU and wall time, and the ratios.`,
  { messages: 1_000_000, rounds: 7 },
);

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

async function rxjs(count) {
  let sum = 0;
  const source = new Observable((subscriber) => {
    for (let i = 0; i < count; i++) subscriber.next({ n: i });
    subscriber.complete();
  });
  const maps = Array.from({ length: STAGES }, () => map((message) => message));
  await new Promise((resolve, reject) => {
    source.pipe(...maps).subscribe({
      next: (message) => {
        sum += message.n & 1;
      },
      error: reject,
      complete: resolve,
    });
  });
  return sum;
}

const share = Math.max(1, Math.floor(messages / 5)); // Node gets a fifth, so that both take about the same time.
const results = await throughput(
  [
    { name: '@kamaelia/axon', run: row(stages), count: messages },
    { name: 'node Transform', run: nodeTransforms, count: share },
    { name: 'RxJS map', run: rxjs, count: messages },
  ],
  rounds,
);
const ratios = reportThroughput(results);
const verdicts = [
  verdict({ what: 'to node Transform, CPU time', value: ratios[0].cpu, must: 5, aim: 8 }),
  verdict({ what: 'to RxJS, CPU time', value: ratios[1].cpu, must: 1 }),
];
writeReport(json, 'runtime/passthrough', { rounds, messages, results, ratios, verdicts });
