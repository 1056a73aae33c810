// SPDX-License-Identifier: Apache-2.0
// What takeAll() and sendAll() bring: messages through source -> 5 components that pass on batches -> sink, against Node's
// object-mode Transform streams with the same number of stages and the same bound, which pass on messages.
import { Component } from '@kamaelia/axon';
import {
  fiveClasses,
  nodeTransforms,
  parseNumbers,
  reportThroughput,
  row,
  throughput,
  verdict,
  writeReport,
} from './rivals-in-rounds.mjs';

const { messages, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/batch-lane.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through source -> 5 components -> sink by takeAll() and sendAll(), inboxes of 64, beside Node's
object-mode Transform (highWaterMark 64), interleaved in one process. Prints the median of the rounds (at least 5) for
CPU and wall time, and the ratios.`,
  { messages: 2_000_000, rounds: 7 },
);
const BATCH = 64;

class BatchSource extends Component {
  outbox = this.out('outbox');
  #count;
  constructor(count) {
    super();
    this.#count = count;
  }
  *main() {
    const { outbox } = this;
    const count = this.#count;
    for (let sent = 0; sent < count; ) {
      while (sent < count && outbox.open) {
        const batch = [];
        for (const end = Math.min(count, sent + BATCH); sent < end; sent++) batch.push({ n: sent });
        outbox.sendAll(batch);
      }
      yield;
    }
  }
}

const stages = fiveClasses(
  () =>
    class extends Component {
      inbox = this.in('inbox');
      outbox = this.out('outbox');
      *main() {
        const { inbox, outbox } = this;
        while (!inbox.ended) {
          if (inbox.ready) outbox.sendAll(inbox.takeAll());
          yield;
        }
      }
    },
);

class BatchSink extends Component {
  inbox = this.in('inbox');
  sum = 0;
  *main() {
    const { inbox } = this;
    let sum = 0;
    while (!inbox.ended) {
      for (const message of inbox.takeAll()) sum += message.n & 1;
      yield;
    }
    this.sum = sum;
  }
}

const ours = row(
  stages,
  (count) => new BatchSource(count),
  () => new BatchSink(),
);
const results = await throughput(
  [
    { name: '@kamaelia/axon batches', run: ours, count: messages },
    { name: 'node Transform', run: nodeTransforms, count: Math.max(1, Math.floor(messages / 10)) },
  ],
  rounds,
);
const ratios = reportThroughput(results);
const verdicts = [verdict({ what: 'to node Transform, CPU time', value: ratios[0].cpu, must: 15, aim: 25 })];
writeReport(json, 'runtime/batch-lane', { rounds, messages, results, ratios, verdicts });
