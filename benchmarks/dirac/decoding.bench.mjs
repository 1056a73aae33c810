// SPDX-License-Identifier: Apache-2.0
// How fast is the decoder beside ffmpeg's on each kind of stream, how much do two threads bring, and what do Node and the
// components around it cost?
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, parseNumbers, verdict, writeReport } from '../runtime/rivals-in-rounds.mjs';
import { firstPictures, repeated } from './repeated-stream.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const shared = process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared');
const { rounds, seconds, json } = parseNumbers(
  `Usage: node benchmarks/dirac/decoding.bench.mjs [--rounds N] [--seconds N] [--json FILE]

Decodes each stream of the bench set, repeated end to end until our native tool takes at least N seconds (default 2) with
one thread, N rounds (at least 5, default 5) of: native tool with 1 and with 2 threads, ffmpeg -threads 1, a pipeline in
Node with 1 thread. Medians of the figures, and of the rounds' ratios, as a machine's speed drifts from round to round.
Whole processes, start-up included and stated, but for the pipeline in Node, which is measured within its process, and
compared with the tool less what either takes for two pictures. Pictures are counted on both sides. peers: the quickest other decoder on such a stream, by
its ratio to ffmpeg as measured elsewhere; it is not run here.`,
  { rounds: 5, seconds: 2 },
);

/**
 * What is asked for: `user` against ffmpeg's user CPU with one thread each, `wall2` our two threads against ffmpeg's one,
 * `scaling` two of our threads against one by wall time. `peer`: the quickest known, as ratio to ffmpeg.
 */
const questions = [
  { name: 'sd-inter.drc', user: { must: 1.5, aim: 3 }, peer: 'schroedinger 0.75x', scalar: false },
  {
    name: 'hd-inter.drc',
    user: { must: 1.5, aim: 3 },
    wall2: { must: 2.5, aim: 5 },
    peer: 'schroedinger 0.69x, with 2 threads 1.26x by wall time',
    scalar: true,
  },
  { name: 'hd-intra-ac.drc', user: { must: 1.5, aim: 3 }, peer: 'schroedinger 0.76x', scalar: false },
  { name: 'hd-ld.drc', user: { must: 3.4, aim: 6.8 }, peer: 'schroedinger 2.27x', scalar: false },
  { name: 'hd-hq8.vc2', user: { must: 2, aim: 4 }, peer: 'vc2-reference 0.02x', scalar: false },
  { name: 'hd-hq10.vc2', user: { must: 2, aim: 4 }, peer: 'vc2hqdecode 0.81x', scalar: false },
];

/** CPU and wall-clock seconds that a program took. */
function time(command, args, env = {}) {
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', `TIMEFORMAT='@ %U %S %R'; time "$@" >/dev/null`, 'bash', command, ...args],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  const figures = /@ ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
  if (status !== 0 || !figures) throw new Error(`Expected ${command} to succeed but received ${stderr}`);
  const [user, system, wall] = figures.slice(1).map(Number);
  return { user, cpu: user + system, wall };
}

const tool = join(root, 'build/native/dirac-decode');
if (!existsSync(tool)) throw new Error(`Expected the native tool ${tool}: run node ci/bootstrap.mjs --tests`);
const ours = (threads) => (file) => time(tool, ['--null', '--threads', threads, file]);
const oursScalar = (file) => time(tool, ['--null', '--threads', '1', file], { KAMAELIA_CPU: 'scalar' });
const ffmpeg =
  (...options) =>
  (file) =>
    time('ffmpeg', [
      ...['-nostdin', '-v', 'error', ...options, '-threads', '1', '-i', file],
      ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
    ]);
const inNode = (file) => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(here, 'decode-in-node.mjs'), file, '1'], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(`Expected the pipeline in Node to succeed but received ${stderr}`);
  return JSON.parse(stdout);
};

/** Pictures that ffmpeg and our tool make of a stream. */
function countPictures(file) {
  const lines = (command, args) =>
    spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
      .stdout.trim()
      .split('\n');
  const rival = lines('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-i', file],
    ...['-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
  ]);
  return { ours: lines(tool, ['--frame-md5', file]).length, ffmpeg: rival.filter((line) => /^0,/.test(line)).length };
}

/** Medians of every rival's figures over the rounds, in which they take turns. */
function inTurns(rivals, file) {
  const samples = Object.fromEntries(Object.keys(rivals).map((key) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [key, run] of Object.entries(rivals)) samples[key].push(run(file));
  }
  const medians = Object.fromEntries(
    Object.entries(samples).map(([key, runs]) => [
      key,
      Object.fromEntries(Object.keys(runs[0]).map((figure) => [figure, median(runs.map((run) => run[figure]))])),
    ]),
  );
  /** Median of the rounds' ratios of one rival's figure to another's, less `without` of each. */
  const ratioOf = (figure, over, under, without = { over: 0, under: 0 }) =>
    median(
      samples[over].map((run, round) => (run[figure] - without.over) / (samples[under][round][figure] - without.under)),
    );
  return { medians, ratioOf };
}

/** The stream repeated to the length that was asked for, written below `folder`. */
function lengthen(bytes, folder, name) {
  const file = join(folder, name);
  const short = repeated(bytes, 4);
  writeFileSync(file, short.bytes);
  const times = Math.max(4, Math.ceil((4 * seconds * 1.1) / ours(1)(file).wall));
  const long = repeated(bytes, times);
  writeFileSync(file, long.bytes);
  const counts = countPictures(file);
  // Where a sequence is joined to itself ffmpeg may drop a picture; times are compared for each picture.
  if (counts.ours !== long.pictures || counts.ffmpeg < long.pictures - times) {
    throw new Error(`Expected ${long.pictures} pictures of ${name} but received ${JSON.stringify(counts)}`);
  }
  return { file, counts, each: counts.ours / counts.ffmpeg };
}

const ratio = (value) => Number(value.toFixed(2));

function measure({ name, user, wall2, peer, scalar }, folder) {
  const bytes = readFileSync(join(shared, 'streams', 'bench', name));
  const { file, counts, each } = lengthen(bytes, folder, name);
  const start = join(folder, `start-${name}`);
  writeFileSync(start, firstPictures(bytes));
  const { medians: rows, ratioOf } = inTurns(
    {
      'ours, 1 thread': ours(1),
      'ours, 2 threads': ours(2),
      'ffmpeg -threads 1': ffmpeg(),
      'in Node, 1 thread': inNode,
      ...(scalar ? { 'ours, scalar': oursScalar, 'ffmpeg -cpuflags 0': ffmpeg('-cpuflags', '0') } : {}),
    },
    file,
  );
  const startUp = inTurns({ ours: ours(1), ffmpeg: ffmpeg(), inNode }, start).medians;
  console.log(`\n${name}: ${counts.ours} pictures, ffmpeg ${counts.ffmpeg}`);
  console.log(
    `  start-up with two pictures: ours ${startUp.ours.user} s user, ffmpeg ${startUp.ffmpeg.user} s user, in Node ${startUp.inNode.cpu} s CPU`,
  );
  for (const [key, row] of Object.entries(rows)) {
    const user = row.user === undefined ? '' : `${row.user.toFixed(2)} s user`;
    console.log(`  ${key.padEnd(20)}${user.padEnd(16)}${row.cpu.toFixed(2)} s CPU  ${row.wall.toFixed(2)} s wall`);
  }
  const [one, two, rival] = ['ours, 1 thread', 'ours, 2 threads', 'ffmpeg -threads 1'];
  const inNodeMore = ratioOf('cpu', 'in Node, 1 thread', one, { over: startUp.inNode.cpu, under: startUp.ours.cpu });
  const verdicts = [
    verdict({ what: '  1 thread, user CPU, ffmpeg / ours', value: ratio(each * ratioOf('user', rival, one)), ...user }),
    verdict({ what: '  1 -> 2 threads, wall', value: ratio(ratioOf('wall', one, two)), must: 1.85, aim: 1.95 }),
    verdict({
      what: '  2 threads against ffmpeg -threads 1, wall',
      value: ratio(each * ratioOf('wall', rival, two)),
      ...wall2,
    }),
    verdict({
      what: '  pipeline in Node against the tool, CPU',
      value: Number((100 * (inNodeMore - 1)).toFixed(1)),
      unit: '% more',
      must: 3,
      aim: 1,
      better: 'less',
    }),
  ];
  if (scalar) {
    const value = ratio(each * ratioOf('user', 'ffmpeg -cpuflags 0', 'ours, scalar'));
    verdicts.push(verdict({ what: '  scalar, user CPU, ffmpeg -cpuflags 0 / ours scalar', value, must: 1, aim: 1.5 }));
  }
  console.log(`  peers, against ffmpeg: ${peer}`);
  return { name, counts, startUp, rows, verdicts, peer };
}

const scratch = mkdtempSync(join(tmpdir(), 'bench-dirac-'));
try {
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, ${rounds} rounds, medians, runs of at least ${seconds} s`);
  console.log(`KAMAELIA_CPU=${process.env.KAMAELIA_CPU || 'automatic'}`);
  const streams = questions.map((question) => measure(question, scratch));
  writeReport(json, 'dirac/decoding', { cpu: cpus()[0]?.model, rounds, streams });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
