// SPDX-License-Identifier: Apache-2.0
// What 100 000 components cost that have nothing to do: bytes each and slices in a second, against as many web
// TransformStreams in a row. Each rival has processes of its own, so that neither's garbage is counted as the other's.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Component, inspect, Pipeline } from '@kamaelia/axon';
import { median, parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const RIVAL = 'IDLE_COMPONENTS_RIVAL';
const ROW = 1000; // Components a Pipeline: arguments are spread.
const { count, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/idle-components.bench.mjs [--count N] [--rounds N] [--json FILE]

Bytes of heap each of N idle pass-through components in rows of ${ROW}, running and parked, and the slices and CPU time they
take in 1 s, beside as many web TransformStreams joined by pipeThrough(). Processes of each in turn; prints medians of
the rounds (at least 5).`,
  { count: 100_000, rounds: 5 },
);

const settled = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Until the process has been quiet for half a second, as it is when every component has had its first slice. */
async function quiet() {
  for (let tries = 0; tries < 60; tries++) {
    const before = process.cpuUsage();
    await settled(500);
    const { user, system } = process.cpuUsage(before);
    if (user + system < 10_000) return true;
  }
  return false;
}
function bytesInUse() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

class Waiting extends Component {
  outbox = this.out('outbox');
  *main() {
    this.external().hold();
    for (;;) yield;
  }
}

class PassThrough extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv());
      yield;
    }
  }
}

class Sink extends Component {
  inbox = this.in('inbox');
  *main() {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.inbox.recv();
      yield;
    }
  }
}

/** Every row has a source that never sends and a sink besides: their share of the bytes is 2 in 1000. */
function components() {
  const rows = [];
  for (let left = count; left > 0; left -= ROW) {
    const stages = Array.from({ length: Math.min(ROW, left) }, () => new PassThrough());
    const row = Pipeline(new Waiting(), ...stages, new Sink());
    row.activate();
    rows.push(row);
  }
  return rows;
}

function webStreams() {
  const rows = [];
  for (let left = count; left > 0; left -= ROW) {
    let row = new ReadableStream({});
    for (let i = Math.min(ROW, left); i > 0; i--) row = row.pipeThrough(new TransformStream());
    rows.push({ row, ended: row.pipeTo(new WritableStream({})) });
  }
  return rows;
}

function slicesOf(rows) {
  let slices = 0;
  for (const row of rows) for (const part of inspect(row).components) slices += part.slices;
  return slices;
}

async function measureHere(rival) {
  const before = bytesInUse();
  const rows = rival === 'components' ? components() : webStreams();
  const becameQuiet = await quiet();
  const bytesEach = Math.round((bytesInUse() - before) / count);
  await settled(500); // The collector ends its work on threads of its own.
  const cpuBefore = process.cpuUsage();
  await settled(1000);
  const { user, system } = process.cpuUsage(cpuBefore);
  const result = { bytesEach, becameQuiet, cpuMs: (user + system) / 1000 };
  if (rival === 'components') {
    const slicesBefore = slicesOf(rows);
    await settled(1000);
    result.slices = slicesOf(rows) - slicesBefore;
  }
  process.stdout.write(JSON.stringify({ ...result, rows: rows.length }), () => process.exit(0));
}

function measureInProcess(rival) {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), '--count', String(count)];
  const env = { ...process.env, [RIVAL]: rival };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${rival}: exit code ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function compare() {
  const rivals = ['components', 'web TransformStreams'];
  const measured = rivals.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, rival] of rivals.entries()) measured[index].push(measureInProcess(rival));
  }
  const results = rivals.map((name, index) => ({
    name,
    bytesEach: median(measured[index].map(({ bytesEach }) => bytesEach)),
    cpuMs: Number(median(measured[index].map(({ cpuMs }) => cpuMs)).toFixed(1)),
  }));
  for (const { name, bytesEach, cpuMs } of results) {
    console.log(`${name.padEnd(24)}${String(bytesEach).padStart(8)} bytes each, ${cpuMs} ms CPU in 1 s`);
  }
  const slices = Math.max(...measured[0].map((result) => result.slices));
  const verdicts = [
    verdict({ what: 'bytes each', value: results[0].bytesEach, unit: 'B', must: 1100, aim: 600, better: 'less' }),
    verdict({ what: 'slices in 1 s, worst round', value: slices, unit: 'slices', must: 0, better: 'less' }),
  ];
  writeReport(json, 'runtime/idle-components', { rounds, count, results, slices, verdicts });
}

if (process.env[RIVAL] === undefined) compare();
else await measureHere(process.env[RIVAL]);
