// SPDX-License-Identifier: Apache-2.0
// How fast is the native decoder beside ffmpeg's, on the streams of the reference set that it decodes so far?
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const shared = process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared');
const rounds = 7;
/** Streams are repeated end to end, so that a run is long against its start-up. */
const repeats = 4;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Seconds of user CPU and of wall clock that a program took. */
function time(command) {
  const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='@ %U %R'; time ${command} >/dev/null`], {
    encoding: 'utf8',
  });
  const figures = /@ ([\d.]+) ([\d.]+)/.exec(stderr);
  if (status !== 0 || !figures) throw new Error(`Expected ${command} to succeed but received ${stderr}`);
  return { user: Number(figures[1]), wall: Number(figures[2]) };
}

const END_OF_SEQUENCE = 0x10;
const HEADER_BYTES = 13;

/** Offset, parse code and size of each data unit. */
function* units(bytes) {
  for (let at = 0, size = 0; at + HEADER_BYTES <= bytes.length; at += size) {
    size = bytes.readUInt32BE(at + 5) || HEADER_BYTES;
    const code = bytes[at + 4];
    yield { at, code, size, picture: (code & 8) !== 0 };
  }
}

const end = Buffer.from([0x42, 0x42, 0x43, 0x44, END_OF_SEQUENCE, 0, 0, 0, 0, 0, 0, 0, 0]);

/** The sequence header and the first two pictures of a stream: what it takes to start and stop. ffmpeg wants two. */
function firstPictures(bytes) {
  const second = [...units(bytes)].filter(({ picture }) => picture)[1];
  return Buffer.concat([bytes.subarray(0, second.at + second.size), end]);
}

/** The stream several times over as one sequence, its pictures numbered on: ffmpeg drops numbers that come again. */
function repeated(bytes, times) {
  const all = [...units(bytes)].filter(({ code }) => code !== END_OF_SEQUENCE);
  const pictures = all.filter(({ picture }) => picture).length;
  const parts = [];
  for (let n = 0; n < times; n += 1) {
    for (const { at, size, picture } of all) {
      const unit = Buffer.from(bytes.subarray(at, at + size));
      if (picture) unit.writeUInt32BE((unit.readUInt32BE(HEADER_BYTES) + n * pictures) >>> 0, HEADER_BYTES);
      parts.push(unit);
    }
  }
  return { bytes: Buffer.concat([...parts, end]), pictures: pictures * times };
}

/** Pictures that ffmpeg makes of a stream. */
function countOfFfmpeg(file) {
  const { stdout } = spawnSync(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-i', file, '-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  return stdout.split('\n').filter((line) => /^0,/.test(line)).length;
}

/** Pictures that our tool makes of a stream. */
function countOfOurs(tool, file) {
  const { stdout } = spawnSync(tool, ['--frame-md5', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return stdout.trim().split('\n').length;
}

function measure(stream, ours, start) {
  const quote = (path) => `'${path}'`;
  const programs = {
    ours: (file, threads) => `${ours} --null --threads ${threads} ${quote(file)}`,
    ffmpeg: (file, threads) =>
      `ffmpeg -nostdin -v error -threads ${threads} -i ${quote(file)} -fps_mode passthrough -f null -`,
  };
  const cases = [
    ['ours', 1],
    ['ours', 2],
    ['ffmpeg', 1],
    ['ffmpeg', 2],
  ];
  const samples = new Map(
    cases.map(([name, threads]) => [`${name} ${threads}`, { user: [], wall: [], startUser: [], startWall: [] }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, threads] of cases) {
      const sample = samples.get(`${name} ${threads}`);
      const begun = time(programs[name](start, threads));
      const whole = time(programs[name](stream, threads));
      sample.startUser.push(begun.user);
      sample.startWall.push(begun.wall);
      sample.user.push(whole.user);
      sample.wall.push(whole.wall);
    }
  }
  const rows = {};
  for (const [key, s] of samples) {
    rows[key] = {
      user: Math.max(0.001, median(s.user) - median(s.startUser)),
      wall: Math.max(0.001, median(s.wall) - median(s.startWall)),
      startUser: median(s.startUser),
      startWall: median(s.startWall),
    };
  }
  return rows;
}

const tool = ['build/native/dirac-decode', 'build/native/tools/dirac-decode']
  .map((p) => join(root, p))
  .find(existsSync);
if (!tool) throw new Error('Expected the native tool dirac-decode below build/native: run npm run build with --tests');
const streams = ['bench/sd-inter.drc', 'bench/hd-inter.drc', 'samples/testcard.drc']
  .map((name) => join(shared, 'streams', name))
  .filter(existsSync);
if (streams.length === 0) throw new Error(`Expected reference streams below ${shared} but found none`);

const scratch = mkdtempSync(join(tmpdir(), 'bench-dirac-'));
const results = {};
console.log(
  `dirac: native tool against ffmpeg, ${rounds} interleaved rounds, medians of ${repeats} times each stream, less start-up`,
);
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, KAMAELIA_CPU=${process.env.KAMAELIA_CPU || 'automatic'}`);
console.log('stream            program    threads   user s   wall s   start-up user s   ffmpeg / ours (user)   (wall)');
for (const stream of streams) {
  const name = stream.split('/').pop();
  const bytes = readFileSync(stream);
  const start = join(scratch, `start-${name}`);
  const whole = join(scratch, name);
  writeFileSync(start, firstPictures(bytes));
  const many = repeated(bytes, repeats);
  writeFileSync(whole, many.bytes);
  const counts = { ours: countOfOurs(tool, whole), ffmpeg: countOfFfmpeg(whole) };
  // Where a sequence is joined to itself ffmpeg may drop a picture; times are compared for each picture.
  if (counts.ours !== many.pictures || counts.ffmpeg < many.pictures * 0.97) {
    throw new Error(`Expected ${many.pictures} pictures of ${name} but received ${JSON.stringify(counts)}`);
  }
  const rows = measure(whole, tool, start);
  results[name] = { counts, rows };
  const each = counts.ours / counts.ffmpeg;
  for (const [key, row] of Object.entries(rows)) {
    const [program, threads] = key.split(' ');
    const rival = rows[`ffmpeg ${threads}`];
    const ratio =
      program === 'ours'
        ? `${((each * rival.user) / row.user).toFixed(2)}x                 ${((each * rival.wall) / row.wall).toFixed(2)}x`
        : '';
    console.log(
      `${name.padEnd(18)}${program.padEnd(11)}${threads.padEnd(10)}${row.user.toFixed(3)}    ${row.wall.toFixed(3)}    ${row.startUser.toFixed(3)}             ${ratio}`,
    );
  }
}
rmSync(scratch, { recursive: true, force: true });
const json = process.argv.indexOf('--json');
if (json > 0) writeFileSync(process.argv[json + 1], JSON.stringify(results, null, 2));
