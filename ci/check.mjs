#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Everything that can be known without running the programs, and the programs in the documentation.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { has, root, run } from './process.mjs';

const help = `Usage: npm run check [-- --json]

Format and lint (Biome, clang-format), types of sources and tests, descriptions of components, dependency arrows, sizes, programs in the documentation.

Last line: N passed, N failed. Exit codes: 0 all passed, 1 some failed.`;

const node = process.execPath;
const bin = (name, path) => join(root, 'node_modules', name, path);
const tracked = (...patterns) =>
  run('git', ['ls-files', '-z', '--', ...patterns], { capture: true })
    .stdout.split('\0')
    .filter(Boolean);

/** Name of a gate -> function that runs it and says whether it passed. */
export const gates = {
  'format and lint': () => run(node, [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.']).ok,
  'C and C++ format': () => {
    const files = tracked(
      'native/*.c',
      'native/*.cc',
      'native/*.h',
      'bindings/*.cc',
      'bindings/*.h',
      'examples/*.c',
    ).filter((f) => !f.includes('/tables/'));
    if (files.length === 0) return true;
    if (!has('clang-format')) return false;
    return run('clang-format', ['--dry-run', '-Werror', ...files]).ok;
  },
  types: () => run(node, [bin('typescript', 'bin/tsc'), '-b']).ok,
  'types of tests': () => run(node, [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.test.json']).ok,
  'components described': () => run(node, ['ci/describe-components.mjs', '--check']).ok,
  'dependency arrows': () => run(node, ['ci/check-dependencies.mjs']).ok,
  sizes: () => run(node, ['ci/check-sizes.mjs']).ok,
  'programs in the documentation': () => run(node, ['ci/check-docs.mjs']).ok,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--help')) {
    console.log(help);
    process.exit(0);
  }
  const results = Object.entries(gates).map(([name, gate]) => ({ name, ok: gate() }));
  const failed = results.filter((r) => !r.ok).length;
  if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
  else for (const { name, ok } of results) console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
