#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The native tests, the decoding tool over every reference stream, and the addon inside Node, under ASan and UBSan; the
// threaded tests under TSan.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say, shared } from './process.mjs';

const help = `Usage: node ci/sanitize.mjs [address|thread|addon ...]

address  native tests, and the decoding tool over the reference streams whole and cut short, under ASan and UBSan
thread   native tests under TSan
addon    the tests of the binding and of DiracDecoder with the addon under ASan and UBSan

Without names all three. Last line: N passed, N failed. Exit codes: 0 all clean, 1 a finding, 2 wrong use.`;

const parts = ['address', 'thread', 'addon'];
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
const wanted = args.length ? args : parts;
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

function nativeTests(dir, label, env) {
  for (const program of find(dir, /_tests?$/)) {
    expect(`${label} ${program.split('/').pop()}`, run(program, [], { quiet: true, env }).ok);
  }
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
  for (const file of readdirSync(streams).filter((f) => f.endsWith('.drc') || f.endsWith('.vc2'))) {
    const { status, stderr } = run(tool, ['--null', '--threads', '2', join(streams, file)], {
      capture: true,
      env: strict,
    });
    // What cannot be decoded is refused with exit code 1; a finding aborts.
    const ok = (status === 0 || status === 1) && !/Sanitizer|runtime error/.test(stderr);
    if (!ok) process.stderr.write(stderr);
    expect(`address ${file}`, ok);
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
  const { ok, stdout, stderr } = run(
    process.execPath,
    [vitest, 'run', '--project', 'node', 'bindings/dirac', 'packages/dirac'],
    {
      capture: true,
      // V8 keeps memory of its own at exit, so leaks are left to the native tests.
      env: {
        LD_PRELOAD: library,
        ASAN_OPTIONS: 'detect_leaks=0',
        UBSAN_OPTIONS: 'halt_on_error=1',
        KAMAELIA_NATIVE_DIRAC: built,
        KAMAELIA_SANITIZED: '1',
      },
    },
  );
  const clean = ok && !/Sanitizer|runtime error/.test(stdout + stderr);
  if (!clean) process.stderr.write((stdout + stderr).slice(-8000));
  expect('addon in Node', clean);
}

const runners = { address, thread, addon };
for (const part of wanted) runners[part]();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
