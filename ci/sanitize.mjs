#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The native tests, the decoding tool over every reference stream, and the addon inside Node, under ASan and UBSan; the
// threaded tests under TSan.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { inTurns, root, run, say, shared, start } from './process.mjs';

const help = `Usage: node ci/sanitize.mjs [address|thread|addon ...]

address  native tests, and the decoding tool over the reference streams whole and cut short, under ASan and UBSan
thread   native tests under TSan
addon    the tests of the binding and of DiracDecoder with the addon under ASan and UBSan

Without names all three. Last line: N passed, N failed. Exit codes: 0 all clean, 1 a finding, 2 wrong use.`;

// The addon's tests take longest, and come first.
const parts = ['addon', 'address', 'thread'];
const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const wrong = args.find((a) => !parts.includes(a));
if (wrong) {
  console.error(`sanitize: Expected one of ${parts.join(', ')} but received ${wrong}`);
  process.exit(2);
}
const wanted = parts.filter((part) => args.length === 0 || args.includes(part));
let passed = 0;
let failed = 0;

function expect(name, ok) {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
}

function build(name, source, flags, options = []) {
  const dir = join(root, 'build', name);
  say(`building ${source} with ${flags}`);
  const configured = run(
    'cmake',
    [
      '-S',
      source,
      '-B',
      dir,
      '-G',
      'Ninja',
      '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
      `-DCMAKE_C_FLAGS=${flags}`,
      `-DCMAKE_CXX_FLAGS=${flags}`,
      ...options,
    ],
    { quiet: true },
  );
  return configured.ok && run('cmake', ['--build', dir, '-j2'], { quiet: true }).ok ? dir : undefined;
}

function find(dir, pattern) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name) && !entry.parentPath.includes('CMakeFiles'))
    .map((entry) => join(entry.parentPath, entry.name));
}

const checks = [];

/** To be checked when all is built: a program that is to be clean. `ok` says which exit codes are. */
function check(name, program, args, env, ok = (status) => status === 0) {
  checks.push(async () => {
    const began = Date.now();
    const { status, output } = await start(program, args, { env });
    const clean = ok(status) && !/Sanitizer|runtime error/.test(output);
    if (!clean) process.stderr.write(output.slice(-20_000));
    expect(`${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`, clean);
  });
}

function nativeTests(dir, label, env) {
  for (const program of find(dir, /_tests?$/)) check(`${label} ${program.split('/').pop()}`, program, [], env);
}

const strict = { ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=1', UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1' };
const native = ['-DKAMAELIA_TESTS=ON', '-DKAMAELIA_TOOLS=ON'];

function address() {
  const dir = build('asan', 'native/dirac', '-fsanitize=address,undefined -fno-sanitize-recover=undefined', native);
  if (!dir) return expect('address build', false);
  nativeTests(dir, 'address', strict);
  const [tool] = find(dir, /^dirac-decode$/);
  if (!shared || !tool) return;
  const streams = join(shared, 'streams', 'dirac');
  // What cannot be decoded is refused with exit code 1; a finding aborts.
  const refused = (status) => status === 0 || status === 1;
  for (const file of readdirSync(streams).filter((f) => f.endsWith('.drc') || f.endsWith('.vc2'))) {
    check(`address ${file}`, tool, ['--null', '--threads', '2', join(streams, file)], strict, refused);
  }
}

function thread() {
  const dir = build('tsan', 'native/dirac', '-fsanitize=thread', ['-DKAMAELIA_TESTS=ON']);
  if (!dir) return expect('thread build', false);
  nativeTests(dir, 'thread', { TSAN_OPTIONS: 'halt_on_error=1' });
}

function addon() {
  const flags = '-fsanitize=address,undefined -fno-sanitize-recover=undefined';
  const dir = build('asan-addon', 'bindings/dirac', flags, ['-DKAMAELIA_SANITIZE=ON', '-DCMAKE_CXX_COMPILER=g++']);
  if (!dir) return expect('addon build', false);
  const library = run('g++', ['-print-file-name=libasan.so'], { capture: true }).stdout.trim();
  const [built] = find(dir, /^dirac_native\.node$/);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'node', 'bindings/dirac', 'packages/dirac'];
  check('addon in Node', process.execPath, args, {
    LD_PRELOAD: library,
    // V8 keeps memory of its own at exit, so leaks are left to the native tests.
    ASAN_OPTIONS: 'detect_leaks=0',
    UBSAN_OPTIONS: 'halt_on_error=1',
    KAMAELIA_NATIVE_DIRAC: built,
    KAMAELIA_SANITIZED: '1',
  });
}

const runners = { address, thread, addon };
for (const part of wanted) runners[part]();
// One program seldom keeps two cores busy.
await inTurns(Math.min(2, availableParallelism()), checks);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
