#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Decodes streams that were damaged at random, all in one process. Each must end, in time, with nothing held.
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ComponentError, Pipeline } from '@kamaelia/axon';
import { seededRandom } from '@kamaelia/axon/testing';
import { DiracDecoder, DiracError } from '@kamaelia/dirac';

const help = `Usage: node mutations.mjs FOLDER FIRST COUNT FILE ...

Draws COUNT damaged streams from the FILEs of FOLDER, one for each seed from FIRST on, and decodes each through a
pipeline. Prints a line "begin SEED" before each and at the end one line of JSON: \`ends\`, how many ended in which way,
and \`sizes\`, the resident bytes at 40 points on the way (exact with node --expose-gc).

Exit codes: 0 each ended as it must, 1 one did not.`;

/** More than the streams have, and less. */
const MAX_PIXELS = [400_000, 20_000];
/** Of CPU: how long it takes depends on what else the machine does. */
const MOST_MS = 10_000;
const HANG_MS = 200_000;
const CODES = new Set(['NO_SEQUENCE_HEADER', 'UNSUPPORTED', 'LIMIT']);

/** Ways to damage a stream; `below(n)` draws a whole number under n, `another()` one of the other streams. */
const kinds = {
  'bits flipped': (bytes, { below }) => {
    const damaged = Buffer.from(bytes);
    for (let left = 1 + below(32); left > 0; left--) damaged[below(damaged.length)] ^= 1 << below(8);
    return damaged;
  },
  'headers flipped': (bytes, { below }) => {
    // A sequence header, or what else follows a parse info.
    const damaged = Buffer.from(bytes);
    const units = [...damaged.toString('latin1').matchAll(below(2) > 0 ? /BBCD\0/g : /BBCD/g)].map(
      ({ index }) => index,
    );
    const at = units[below(units.length)] ?? 0;
    for (let left = 1 + below(4); left > 0; left--) {
      damaged[Math.min(damaged.length - 1, at + below(40))] ^= 1 << below(8);
    }
    return damaged;
  },
  'a range overwritten': (bytes, { below, range }) => {
    const damaged = Buffer.from(bytes);
    const [begin, end] = range(damaged.length);
    const value = [0, 255, -1][below(3)];
    for (let i = begin; i < end; i++) damaged[i] = value < 0 ? below(256) : value;
    return damaged;
  },
  'cut off': (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  'begun late': (bytes, { below }) => bytes.subarray(below(bytes.length)),
  'a range removed': (bytes, { range }) => {
    const [begin, end] = range(bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)]);
  },
  'a range inserted': (bytes, { below }) => {
    const at = below(bytes.length);
    const noise = Buffer.from(Array.from({ length: 1 + below(5000) }, () => below(256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  'a range repeated': (bytes, { range }) => {
    const [begin, end] = range(bytes.length);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(begin)]);
  },
  'two streams spliced': (bytes, { below, another }) => {
    const other = another();
    return Buffer.concat([bytes.subarray(0, below(bytes.length)), other.subarray(below(other.length))]);
  },
  'a stream within another': (bytes, { below, another }) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), another(), bytes.subarray(at)]);
  },
};

/** The damaged stream of a seed, and how it is decoded. */
function draw(seed, streams) {
  const random = seededRandom(seed);
  const below = (n) => Math.floor(random() * n);
  const another = () => streams[below(streams.length)].bytes;
  const range = (length) => {
    const begin = below(length);
    // Short ones as often as long ones.
    return [begin, Math.min(length, begin + 1 + below(2 ** below(14)))];
  };
  const { file, bytes } = streams[below(streams.length)];
  const names = Object.keys(kinds);
  const damage = Array.from({ length: 1 + below(2) }, () => names[below(names.length)]);
  const damaged = damage.reduce(
    (now, name) => (now.length > 0 ? kinds[name](now, { below, another, range }) : now),
    bytes,
  );
  const size = below(4) > 0 ? Math.max(1, damaged.length) : 1 + below(3000);
  const pieces = [];
  for (let at = 0; at < damaged.length; at += size) pieces.push(new Uint8Array(damaged.subarray(at, at + size)));
  const maxPixels = MAX_PIXELS[below(16) > 0 ? 0 : 1];
  return { file, damage, pieces, maxPixels, threads: 1 + below(2) };
}

function expect(condition, what) {
  if (!condition) throw new Error(`Expected ${what}`);
}

/** How it ended: `whole`, `damaged` or the code of an error. */
async function decode({ pieces, maxPixels, threads }) {
  const decoder = new DiracDecoder({ threads, maxPixels });
  let frames = 0;
  let damaged = 0;
  const close = (frame) => {
    expect(frame.pts === frames, `pts ${frames} but received ${frame.pts}`);
    expect(frame.codedWidth * frame.codedHeight <= maxPixels, `at most ${maxPixels} pixels`);
    frames++;
    if (frame.damaged) damaged++;
    frame.close();
  };
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const begun = process.cpuUsage();
  const error = await Pipeline(pieces, decoder, close)
    .run({ onLog: () => {}, signal: AbortSignal.timeout(HANG_MS) })
    .then(
      () => undefined,
      (reason) => reason,
    );
  const { user, system } = process.cpuUsage(begun);
  const ms = (user + system) / 1000;
  expect(ms < MOST_MS, `an end within ${MOST_MS} ms of CPU but it took ${Math.round(ms)}`);
  const { stats } = decoder;
  expect(stats.framesHeld === 0, `no frame held but ${stats.framesHeld} are`);
  expect(stats.pool.leaked === 0, `no frame lost but ${stats.pool.leaked} were`);
  if (error !== undefined) {
    const known = error instanceof ComponentError && error.cause instanceof DiracError && CODES.has(error.cause.code);
    if (!known) throw error;
    expect(error.cause.position >= 0 && error.cause.position <= bytes, `a position within ${bytes} bytes`);
    return error.cause.code;
  }
  expect(stats.bytes === bytes, `${bytes} bytes taken but ${stats.bytes} were`);
  expect(stats.delivered === frames, `${stats.delivered} frames but received ${frames}`);
  expect(damaged <= stats.damaged, `at most ${stats.damaged} damaged frames but received ${damaged}`);
  return stats.damaged + stats.skippedPictures + stats.lostSync + stats.bytesSkipped > 0 ? 'damaged' : 'whole';
}

const [folder, first, count, ...files] = process.argv.slice(2);
if (folder === undefined || folder === '--help') {
  console.log(help);
  process.exit(0);
}
const streams = files.map((file) => ({ file, bytes: readFileSync(join(folder, file)) }));
const ends = {};
const sizes = [];
const every = Math.max(1, Math.floor(Number(count) / 40));
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  // Written at once, so that it is there even if this process is not any more.
  writeSync(1, `begin ${seed}\n`);
  const drawn = draw(seed, streams);
  try {
    const end = await decode(drawn);
    ends[end] = (ends[end] ?? 0) + 1;
    if ((seed - Number(first)) % every === every - 1) {
      globalThis.gc?.();
      globalThis.gc?.();
      sizes.push(process.memoryUsage.rss());
    }
  } catch (error) {
    const { file, damage, maxPixels, threads } = drawn;
    console.error(`${file}, ${damage.join(', ')}, maxPixels ${maxPixels}, threads ${threads}:`, error);
    process.exit(1);
  }
}
console.log(JSON.stringify({ ends, sizes }));
