#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Every test of every kind: TypeScript (vitest), native (doctest), bit-exactness (the pairwise subset).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say, shared } from './process.mjs';

const help = `Usage: npm test [-- PATTERN ...]

Runs every test; with PATTERN only the vitest files whose path contains it. Last line: N passed, N failed(, N skipped).
Tests that need the reference streams are skipped with a reason where there is no folder for them beside the checkout
(or at KAMAELIA_SHARED); with CI=true such a skip is a failure.

Exit codes: 0 all passed, 1 some failed.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const patterns = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

function vitest() {
  const report = join(root, 'build', 'vitest.json');
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(report, { force: true });
  const vitestBin = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { ok } = run(process.execPath, [
    vitestBin,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...patterns,
  ]);
  if (!existsSync(report)) {
    total.failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  const skipped = result.numPendingTests + result.numTodoTests;
  total.skipped += skipped;
  // A file that could not even be loaded, or an error outside any test, counts as one failure of its own.
  if (!ok && result.numFailedTests === 0) total.failed += Math.max(1, result.numFailedTestSuites);
  if (skipped > 0 && process.env.CI === 'true') {
    say(`${skipped} tests were skipped, which CI counts as a failure`);
    total.failed += 1;
  }
}

function* doctests(dir) {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && entry.name !== 'CMakeFiles') yield* doctests(path);
    else if (entry.isFile() && /_tests?$/.test(entry.name)) yield path;
  }
}

function native() {
  let programs = 0;
  for (const program of doctests(join(root, 'build', 'native'))) {
    programs += 1;
    const { ok, stdout, stderr } = run(program, [], { capture: true, env: shared ? { KAMAELIA_SHARED: shared } : {} });
    const line = /test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed(?:\s*\|\s*(\d+) skipped)?/.exec(stdout);
    say(`${program.slice(root.length + 1)}: ${line ? line[0] : 'no summary'}`);
    if (!ok) process.stderr.write(stdout + stderr);
    total.passed += Number(line?.[2] ?? 0);
    total.failed += Math.max(Number(line?.[3] ?? 0), ok ? 0 : 1);
  }
  if (programs === 0) {
    say('no native test program was found: build them with ci/bootstrap --tests');
    total.failed += 1;
  }
}

function conformance() {
  if (!shared) {
    say('bit-exactness skipped: no reference streams beside the checkout');
    if (process.env.CI === 'true') total.failed += 1;
    else total.skipped += 1;
    return;
  }
  const { stdout, status } = run(process.execPath, [join(root, 'ci', 'conformance.mjs')], { capture: true });
  process.stdout.write(stdout);
  const line = /(\d+) passed, (\d+) failed\s*$/.exec(stdout.trim());
  total.passed += Number(line?.[1] ?? 0);
  total.failed += Number(line?.[2] ?? 0);
  if (!line || (status !== 0 && line[2] === '0')) total.failed += 1;
}

vitest();
if (patterns.length === 0) {
  native();
  conformance();
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed ? 1 : 0);
