#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// One fuzzer under ASan and UBSan, from seeds cut out of the reference streams.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { targets } from './fuzz-targets.mjs';
import { need, root, run, say, shared } from './process.mjs';

const help = `Usage: npm run fuzz -- TARGET SECONDS

Builds the fuzz targets with clang (libFuzzer, ASan, UBSan) and runs TARGET for SECONDS. The corpus lies in
build/fuzz/corpus/TARGET and grows from run to run; a finding is left in build/fuzz/findings.
Targets are the files of native/*/fuzz; \`list\` prints them.

Exit codes: 0 clean, 1 a finding, 2 wrong use.`;

function build(library) {
  const dir = join(root, 'build', 'fuzz', library);
  if (!existsSync(join(dir, 'build.ninja'))) {
    const options = ['-DCMAKE_CXX_COMPILER=clang++', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DKAMAELIA_FUZZ=ON'];
    need('cmake', ['-S', `native/${library}`, '-B', dir, '-G', 'Ninja', ...options], { quiet: true });
  }
  need('cmake', ['--build', dir, '-j2'], { quiet: true });
  return dir;
}

/** Seeds: each reference stream's first 24 KiB, so that one run of the fuzzer stays short. */
function seed(corpus) {
  mkdirSync(corpus, { recursive: true });
  const testcard = join(root, 'examples', 'media', 'testcard.drc');
  writeFileSync(join(corpus, 'testcard.drc'), readFileSync(testcard).subarray(0, 24_576));
  if (!shared) return;
  const streams = join(shared, 'streams', 'dirac');
  for (const file of readdirSync(streams).filter((f) => /\.(drc|vc2)$/.test(f))) {
    writeFileSync(join(corpus, file), readFileSync(join(streams, file)).subarray(0, 24_576));
  }
}

const [target, seconds, ...rest] = process.argv.slice(2);
if (target === '--help') {
  console.log(help);
  process.exit(0);
}
if (target === 'list') {
  console.log(Object.keys(targets).join('\n'));
  process.exit(0);
}
if (!(target in targets) || !(Number(seconds) > 0) || rest.length) {
  console.error(`fuzz: Expected TARGET of ${Object.keys(targets).join(', ')} and SECONDS above 0; see --help`);
  process.exit(2);
}
const dir = build(targets[target]);
const program = readdirSync(dir, { recursive: true, withFileTypes: true }).find(
  (entry) => entry.isFile() && entry.name === `${target.split('/')[1]}_fuzz`,
);
const corpus = join(root, 'build', 'fuzz', 'corpus', target);
const findings = join(root, 'build', 'fuzz', 'findings');
mkdirSync(findings, { recursive: true });
seed(corpus);
say(`fuzzing ${target} for ${seconds} s`);
const { ok, stderr } = run(
  join(program.parentPath, program.name),
  [
    `-max_total_time=${seconds}`,
    '-max_len=32768',
    '-timeout=20',
    '-rss_limit_mb=2048',
    '-print_final_stats=1',
    `-artifact_prefix=${findings}/`,
    corpus,
  ],
  { capture: true, env: { UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1' } },
);
const stats = [...stderr.matchAll(/stat::(\w+):\s+(\d+)/g)].map((m) => `${m[1]} ${m[2]}`).join(', ');
if (!ok) process.stderr.write(stderr.slice(-6000));
console.log(`${target}: ${ok ? 'clean' : `a finding in ${findings}`}; ${stats}`);
process.exit(ok ? 0 : 1);
