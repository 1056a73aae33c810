#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Bit-exactness: what `kamaelia decode --md5` computes against the manifests of the reference streams.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, shared } from './process.mjs';
import { manifest, streamPath } from './reference-streams.mjs';

const help = `Usage: npm run conformance [-- --full] [--json] [STREAM ...]

Decodes every reference stream through DiracDecoder and compares the md5 of its frames with the manifest.
Default: a pairwise subset (each stream once, each thread count and chunk size at least 10 times). --full: the whole
product of streams, thread counts (1, 2, 5) and chunk sizes (1, 7, 188, 4096). With STREAM only those whose name contains it.

Last line: N passed, N failed. Exit codes: 0 all equal, 1 some differ, 2 wrong use.`;

const threadCounts = [1, 2, 5];
const chunkSizes = [1, 7, 188, 4096];

function cases(rows, full) {
  const options = threadCounts.flatMap((threads) => chunkSizes.map((chunk) => ({ threads, chunk })));
  if (full) return rows.flatMap((row) => options.map((option) => ({ row, ...option })));
  return rows.map((row, at) => {
    const option = options[at % options.length];
    // One byte at a time through the big benchmark streams belongs to the full run.
    return { row, ...option, chunk: row.folder === 'bench' && option.chunk < 188 ? 188 : option.chunk };
  });
}

function* pieces(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function digest(file, threads, chunk) {
  const [{ Pipeline }, { DiracDecoder }, { FrameHash }] = await Promise.all([
    import(new URL('../packages/axon/dist/index.js', import.meta.url)),
    import(new URL('../packages/dirac/dist/index.js', import.meta.url)),
    import(new URL('../packages/media/dist/index.js', import.meta.url)),
  ]);
  const hash = new FrameHash();
  await Pipeline(pieces(readFileSync(file), chunk), new DiracDecoder({ threads }), (frame) => {
    hash.add(frame);
    frame.close();
  }).run();
  return hash.digest();
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const unknown = args.find((a) => a.startsWith('--') && a !== '--full' && a !== '--json');
if (unknown) {
  console.error(`conformance: Expected --full or --json but received ${unknown}`);
  process.exit(2);
}
if (!shared) {
  console.error(
    `conformance: Expected reference streams at KAMAELIA_SHARED or ${join(root, '..', 'shared')}; there are none`,
  );
  process.exit(1);
}
const names = args.filter((a) => !a.startsWith('--'));
const rows = [...manifest('dirac'), ...manifest('bench')].filter(
  (row) => names.length === 0 || names.some((name) => row.file.includes(name)),
);
const results = [];
for (const { row, threads, chunk } of cases(rows, args.includes('--full'))) {
  let got;
  try {
    got = await digest(streamPath(row), threads, chunk);
  } catch (error) {
    got = String(error);
  }
  const ok = got === row.md5;
  results.push({ stream: row.file, threads, chunk, ok, expected: row.md5, received: got });
  if (!ok) console.error(`${row.file} threads ${threads} chunk ${chunk}: Expected ${row.md5} but received ${got}`);
}
const failed = results.filter((r) => !r.ok).length;
if (args.includes('--json')) console.log(JSON.stringify(results, null, 2));
else console.log(`conformance: ${rows.length} streams, ${results.length} cases`);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed || results.length === 0 ? 1 : 0);
