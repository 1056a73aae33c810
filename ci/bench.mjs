#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs one benchmark with its rivals: benchmarks/NAME/*.bench.mjs.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';

const folder = join(root, 'benchmarks');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .filter((entry) => readdirSync(join(folder, entry.name)).some((file) => file.endsWith('.bench.mjs')))
  .map((entry) => entry.name);

const help = `Usage: npm run bench -- NAME [QUESTION] [--json FILE]

Runs the benchmarks of NAME (${names.join(', ')}), all or the one whose file name begins with QUESTION.
Each prints what it measured beside its rival in the same run, interleaved, and the ratio.

Exit codes: 0 measured, 1 a benchmark failed, 2 wrong use.`;

const [name, ...rest] = process.argv.slice(2);
if (name === '--help') {
  console.log(help);
  process.exit(0);
}
if (!name || !existsSync(join(folder, name)) || !names.includes(name)) {
  console.error(`bench: Expected NAME of ${names.join(', ')} but received ${name ?? 'nothing'}; see --help`);
  process.exit(2);
}
const question = rest[0]?.startsWith('--') ? undefined : rest.shift();
let failed = false;
for (const file of readdirSync(join(folder, name)).filter(
  (f) => f.endsWith('.bench.mjs') && (!question || f.startsWith(question)),
)) {
  const json =
    rest[0] === '--json' && rest[1]
      ? ['--json', question ? rest[1] : rest[1].replace(/(\.json)?$/, `-${file.replace('.bench.mjs', '')}.json`)]
      : [];
  failed = !run(process.execPath, ['--expose-gc', join(folder, name, file), ...json]).ok || failed;
}
process.exit(failed ? 1 : 0);
