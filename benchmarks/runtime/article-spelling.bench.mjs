// SPDX-License-Identifier: Apache-2.0
// What the article's spelling costs: boxes by name, looked up for each message, in 5 components of 5 classes, against Node's object-mode Transform streams with the same number of stages and the same bound.
import { Component } from '@kamaelia/axon';
import { component, producerFinished, shutdownMicroprocess } from '@kamaelia/axon/compat';
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
  `Usage: node benchmarks/runtime/article-spelling.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through source -> 5 components written as in the article (this.recv('inbox'),
this.send(message, 'outbox'), yield 1) -> sink, beside Node's object-mode Transform (highWaterMark 64) and beside
@kamaelia/axon/compat with the original's whole loop, interleaved in one process. Prints the median of the rounds (at least 5) for CPU and wall time, and the ratios.`,
  { messages: 600_000, rounds: 7 },
);

// Written out, as five people would: of classes from one maker the engine takes their methods for one, called for five shapes.
class First extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) {
        const message = this.recv('inbox');
        this.send(message, 'outbox');
      }
      yield 1;
    }
  }
}
class Second extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) {
        const message = this.recv('inbox');
        this.send(message, 'outbox');
      }
      yield 1;
    }
  }
}
class Third extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) {
        const message = this.recv('inbox');
        this.send(message, 'outbox');
      }
      yield 1;
    }
  }
}
class Fourth extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) {
        const message = this.recv('inbox');
        this.send(message, 'outbox');
      }
      yield 1;
    }
  }
}
class Fifth extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) {
        const message = this.recv('inbox');
        this.send(message, 'outbox');
      }
      yield 1;
    }
  }
}
const byName = [First, Second, Third, Fourth, Fifth];

const original = fiveClasses(
  () =>
    class extends component {
      *main() {
        for (;;) {
          while (this.dataReady('inbox')) this.send(this.recv('inbox'), 'outbox');
          while (this.dataReady('control')) {
            const message = this.recv('control');
            if (message instanceof producerFinished || message instanceof shutdownMicroprocess) {
              this.send(message, 'signal');
              return;
            }
          }
          if (!this.anyReady()) this.pause();
          yield 1;
        }
      }
    },
);

const results = await throughput(
  [
    { name: "the article's spelling", run: row(byName), count: messages },
    { name: 'node Transform', run: nodeTransforms, count: Math.max(1, Math.floor(messages / 3)) },
    { name: 'compat, with control', run: row(original), count: messages },
  ],
  rounds,
);
const ratios = reportThroughput(results);
console.log(
  `(compat: five components with the original's whole loop, control and pause(); ${ratios[1].cpu} is to that)`,
);
const verdicts = [verdict({ what: 'to node Transform, CPU time', value: ratios[0].cpu, must: 1.7, aim: 4 })];
writeReport(json, 'runtime/article-spelling', { rounds, messages, results, ratios, verdicts });
