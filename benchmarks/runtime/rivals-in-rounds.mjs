// SPDX-License-Identifier: Apache-2.0
// Runs the rivals of a question interleaved in one process, takes medians, and reports the ratio beside what was asked
// for. Holds the source, sink and Node Transform row that the questions about throughput have in common.
import { writeFileSync } from 'node:fs';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Component, Pipeline } from '@kamaelia/axon';

export const STAGES = 5;
const HIGH_WATER_MARK = 64;

/** Parses `--NAME N` for each default, and `--json FILE`; prints the usage and exits for `--help`. */
export function parseNumbers(usage, defaults) {
  const options = { json: { type: 'string' }, help: { type: 'boolean', default: false } };
  for (const [name, value] of Object.entries(defaults)) options[name] = { type: 'string', default: String(value) };
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const numbers = { json: values.json };
  for (const name of Object.keys(defaults)) {
    const number = Number(values[name]);
    if (!Number.isSafeInteger(number) || number < 1) {
      console.error(`Expected a whole number of at least 1 for --${name} but received ${values[name]}; see --help`);
      process.exit(2);
    }
    numbers[name] = name === 'rounds' ? Math.max(5, number) : number;
  }
  return numbers;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

export class Source extends Component {
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

export class Sink extends Component {
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

/** Five classes, as in a real graph: one class five times would flatter every inline cache. */
export function fiveClasses(makeClass) {
  return Array.from({ length: STAGES }, makeClass);
}

/** A rival: source, one component of each class, sink. */
export function row(classes, makeSource = (count) => new Source(count), makeSink = () => new Sink()) {
  return async (count) => {
    const sink = makeSink();
    await Pipeline(makeSource(count), ...classes.map((Stage) => new Stage()), sink).run();
    return sink.sum;
  };
}

const passOn = Array.from({ length: STAGES }, () => (message) => message);

/** A rival: the same row of Node's object-mode streams with the same bound, each of which calls its function. */
export async function nodeTransforms(count, functions = passOn) {
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
  const stages = functions.map(
    (call) => new Transform({ ...options, transform: (message, _encoding, done) => done(null, call(message)) }),
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

async function measureHere(run, count) {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const sum = await run(count);
  const wallS = (performance.now() - wallBefore) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return { sum, cpuS: (cpu.user + cpu.system) / 1e6, wallS };
}

/**
 * Runs `{ name, count, run }` or `{ name, count, measure }` of each rival once to warm up and then in turn, `rounds` times.
 * Gives the median messages per second of each, by CPU and by wall time.
 */
export async function throughput(rivals, rounds) {
  const rates = rivals.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, { name, count, run, measure }] of rivals.entries()) {
      const { sum, cpuS, wallS } = measure === undefined ? await measureHere(run, count) : await measure(count);
      if (sum !== Math.floor(count / 2)) {
        throw new Error(`${name}: expected the sum ${Math.floor(count / 2)} but received ${sum}`);
      }
      if (round >= 0) rates[index].push({ cpu: count / cpuS, wall: count / wallS });
    }
  }
  return rivals.map(({ name }, index) => ({
    name,
    messagesPerSecondCpu: Math.round(median(rates[index].map((rate) => rate.cpu))),
    messagesPerSecondWall: Math.round(median(rates[index].map((rate) => rate.wall))),
  }));
}

/** Prints the rates, the first rival being ours, and the ratios to the others by CPU and wall time. */
export function reportThroughput(results) {
  const [mine, ...others] = results;
  const millions = (n) => (n / 1e6).toFixed(2).padStart(9);
  console.log(`${''.padEnd(24)}      CPU      wall   M messages/s`);
  for (const { name, messagesPerSecondCpu, messagesPerSecondWall } of results) {
    console.log(`${name.padEnd(24)}${millions(messagesPerSecondCpu)} ${millions(messagesPerSecondWall)}`);
  }
  return others.map(({ name, messagesPerSecondCpu, messagesPerSecondWall }) => ({
    rival: name,
    cpu: Number((mine.messagesPerSecondCpu / messagesPerSecondCpu).toFixed(2)),
    wall: Number((mine.messagesPerSecondWall / messagesPerSecondWall).toFixed(2)),
  }));
}

/** Prints one measured number beside what was asked for. `better` says which way is better. */
export function verdict({ what, value, unit = 'x', must, aim, better = 'more' }) {
  const reaches = (limit) => (better === 'more' ? value >= limit : value <= limit);
  const against = (word, limit) =>
    limit === undefined ? '' : `; ${word} ${limit} ${unit}: ${reaches(limit) ? 'reached' : 'NOT reached'}`;
  console.log(`${what}: ${value} ${unit}${against('must', must)}${against('aim', aim)}`);
  return { what, value, unit, must, aim, better };
}

/** Writes the report of a question to the file of `--json`, if there is one. */
export function writeReport(file, benchmark, report) {
  if (file === undefined) return;
  writeFileSync(file, `${JSON.stringify({ benchmark, node: process.version, ...report }, null, 2)}\n`);
}
