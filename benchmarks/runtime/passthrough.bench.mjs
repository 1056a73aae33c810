// SPDX-License-Identifier: Apache-2.0
// How many small messages pass through source -> 5 pass-through components of 5 classes -> sink, against Node's
// object-mode Transform streams with the same number of stages and the same bound.
import { writeFileSync } from 'node:fs';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Component, Pipeline } from '@kamaelia/axon';

const USAGE = `Usage: node benchmarks/runtime/passthrough.bench.mjs [--messages N] [--rounds N] [--json FILE]

Messages per second through source -> 5 pass-through components -> sink, ours beside Node's object-mode Transform
(highWaterMark 64), interleaved in one process. Prints the median of the rounds for CPU and wall time, and the ratio.`;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const messages = Number(values.messages);
const rounds = Math.max(5, Number(values.rounds));
const NODE_SHARE = 5; // Node gets a fifth of the messages, so that both take about the same time.
const HIGH_WATER_MARK = 64;
const STAGES = 5;

class Source extends Component {
  outbox = this.out('outbox');
  #count;
  constructor(count) {
    super();
    this.#count = count;
  }
  *main() {
    const { outbox } = this;
    const count = this.#count;
    for (let i = 0; i < count; ) {
      while (i < count && outbox.open) outbox.send({ n: i++ });
      yield;
    }
  }
}

// Five classes, as in a real graph: one class five times would flatter every inline cache.
function stageClass() {
  return class extends Component {
    inbox = this.in('inbox');
    outbox = this.out('outbox');
    *main() {
      const { inbox, outbox } = this;
      while (!inbox.ended) {
        while (inbox.ready) outbox.send(inbox.recv());
        yield;
      }
    }
  };
}
const stageClasses = Array.from({ length: STAGES }, stageClass);

class Sink extends Component {
  inbox = this.in('inbox');
  sum = 0;
  *main() {
    const { inbox } = this;
    let sum = 0;
    while (!inbox.ended) {
      while (inbox.ready) sum += inbox.recv().n & 1;
      yield;
    }
    this.sum = sum;
  }
}

async function ours(count) {
  const sink = new Sink();
  await Pipeline(new Source(count), ...stageClasses.map((Stage) => new Stage()), sink).run();
  return sink.sum;
}

async function nodeStreams(count) {
  let i = 0;
  let sum = 0;
  const options = { objectMode: true, highWaterMark: HIGH_WATER_MARK };
  const source = new Readable({
    ...options,
    read() {
      while (i < count && this.push({ n: i++ }));
      if (i >= count) this.push(null);
    },
  });
  const stages = Array.from(
    { length: STAGES },
    () => new Transform({ ...options, transform: (message, _encoding, done) => done(null, message) }),
  );
  const sink = new Writable({
    ...options,
    write(message, _encoding, done) {
      sum += message.n & 1;
      done();
    },
  });
  await pipeline(source, ...stages, sink);
  return sum;
}

async function measure(run, count) {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const sum = await run(count);
  const wallS = (performance.now() - wallBefore) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  if (sum !== Math.floor(count / 2)) throw new Error(`expected the sum ${Math.floor(count / 2)} but got ${sum}`);
  return { cpu: count / ((cpu.user + cpu.system) / 1e6), wall: count / wallS };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

const rivals = [
  { name: '@kamaelia/axon', run: ours, count: messages, rates: [] },
  { name: 'node Transform', run: nodeStreams, count: Math.max(1, Math.floor(messages / NODE_SHARE)), rates: [] },
];
for (const rival of rivals) await measure(rival.run, rival.count);
for (let round = 0; round < rounds; round++) {
  for (const rival of rivals) rival.rates.push(await measure(rival.run, rival.count));
}

const results = rivals.map(({ name, rates }) => ({
  name,
  messagesPerSecondCpu: Math.round(median(rates.map((r) => r.cpu))),
  messagesPerSecondWall: Math.round(median(rates.map((r) => r.wall))),
}));
const [mine, theirs] = results;
const ratio = {
  cpu: Number((mine.messagesPerSecondCpu / theirs.messagesPerSecondCpu).toFixed(2)),
  wall: Number((mine.messagesPerSecondWall / theirs.messagesPerSecondWall).toFixed(2)),
};
const millions = (n) => (n / 1e6).toFixed(2).padStart(8);
console.log(`source -> ${STAGES} stages -> sink, median of ${rounds} rounds, M messages/s`);
console.log(`${''.padEnd(16)}     CPU     wall`);
for (const r of results) {
  console.log(`${r.name.padEnd(16)}${millions(r.messagesPerSecondCpu)} ${millions(r.messagesPerSecondWall)}`);
}
console.log(`ratio: ${ratio.cpu} (CPU time), ${ratio.wall} (wall time)`);
if (values.json !== undefined) {
  const report = { benchmark: 'runtime/passthrough', node: process.version, rounds, messages, results, ratio };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
