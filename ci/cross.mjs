#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The native libraries built for AArch64, their tests and the reference streams in emulation: with NEON and without.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { canInstall, install, installCommand, missing } from './debian.mjs';
import { has, root, run, say, shared } from './process.mjs';
import { manifest, streamPath } from './reference-streams.mjs';

const help = `Usage: node ci/cross.mjs [--full] [tests|streams ...]

Builds native/dirac for AArch64 into build/aarch64 and runs under qemu-aarch64, with KAMAELIA_CPU=neon and scalar:

tests    the native tests, those among them that compare NEON's kernels with the scalar ones
streams  dirac-decode on one reference stream of each kind, with --full on all of them: MD5 as in the manifest

Without names both. Says right or wrong, not fast or slow: emulation has no speed of its own.

Needs the Debian packages g++-aarch64-linux-gnu qemu-user doctest-dev. With CI=true they are installed where they are
missing, and it is a failure if that cannot be done, or if there are no reference streams; elsewhere what lacks them is
skipped with a reason.

Last line: N passed, N failed(, N skipped). Exit codes: 0 none failed, 1 some failed, 2 wrong use.`;

const emulator = 'qemu-aarch64';
const sysroot = '/usr/aarch64-linux-gnu';
const doctest = '/usr/include/doctest';
const tools = [
  ['g++-aarch64-linux-gnu', () => has('aarch64-linux-gnu-g++')],
  ['qemu-user', () => has(emulator)],
  ['doctest-dev', () => existsSync(join(doctest, 'doctest.h'))],
];

/** A small stream of each kind. */
const kinds = [
  ['core, inter, eighth pel', 'schro_mvprec3_biref.drc'],
  ['core, inter, 4:4:4', 'dr_444.drc'],
  ['core, inter, odd sizes', 'schro_size173x141_444.drc'],
  ['core, fields', 'dr_field.drc'],
  ['core, intra', 'schro_intra_w0_d4.drc'],
  ['core, intra, Fidelity filter', 'schro_intra_w5_d1.drc'],
  ['core, intra, VLC, 10 bits', 'schro_intra_422_10bit_lossless.drc'],
  ['low delay', 'bbc_ld_fidelity.vc2'],
  ['low delay, 10 bits', 'schro_ld_422_10bit.drc'],
  ['high quality', 'bbc_hq_custom_matrix_d5.vc2'],
  ['high quality, 10 bits', 'vr_hq_cbr_422_10.vc2'],
  ['high quality, 12 bits, Daubechies filter', 'bbc_hq_daub97_444_12b.vc2'],
  ['fragments', 'bbc_hq_fragments.vc2'],
  ['asymmetric transform', 'bbc_hq_asym_w1_w3_ho2.vc2'],
];

const parts = { tests, streams };
const given = process.argv.slice(2);
if (given.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const full = given.includes('--full');
const args = given.filter((a) => a !== '--full');
const wrong = args.find((a) => !Object.hasOwn(parts, a));
if (wrong !== undefined) {
  console.error(`cross: Expected one of --full, ${Object.keys(parts).join(', ')} but received ${wrong}`);
  process.exit(2);
}
const inCi = process.env.CI === 'true';
const total = { passed: 0, failed: 0, skipped: 0 };
const dir = join(root, 'build', 'aarch64');

function expect(name, ok, detail = '') {
  total[ok ? 'passed' : 'failed'] += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${detail && `: ${detail}`}`);
}

function skip(name, reason) {
  if (inCi) return expect(name, false, reason);
  total.skipped += 1;
  console.log(`skip ${name}: ${reason}`);
}

/** Whether compiler and emulator are there, installed if need be. */
function haveTools() {
  const absent = missing(tools);
  if (absent.length === 0) {
    say('compiler, emulator and doctest were there');
    return true;
  }
  if (!inCi || !canInstall()) {
    skip('tools', `${absent.join(', ')} missing. Run: sudo sh -c '${installCommand(absent)}'`);
    return false;
  }
  say(`installing ${absent.join(' ')}`);
  if (install(absent) && missing(tools).length === 0) {
    say(`installed ${absent.join(' ')} with apt-get`);
    return true;
  }
  expect('tools', false, `apt-get could not install ${absent.join(' ')}`);
  return false;
}

function build() {
  // /usr/include as a whole holds the headers of this machine's C library.
  const headers = join(dir, 'headers');
  mkdirSync(headers, { recursive: true });
  rmSync(join(headers, 'doctest'), { force: true });
  symlinkSync(doctest, join(headers, 'doctest'));
  const toolchain = join(root, 'native', 'cmake', 'aarch64-linux-gnu.cmake');
  const options = ['-DCMAKE_BUILD_TYPE=Release', '-DKAMAELIA_TESTS=ON', '-DKAMAELIA_TOOLS=ON'];
  say('building native/dirac for AArch64');
  return (
    run(
      'cmake',
      [
        ...['--toolchain', toolchain, '-S', join(root, 'native', 'dirac'), '-B', dir, '-G', 'Ninja'],
        ...options,
        `-DDOCTEST_INCLUDE=${headers}`,
      ],
      { quiet: true },
    ).ok && run('cmake', ['--build', dir, '-j2'], { quiet: true }).ok
  );
}

/** Runs a program that was built, for at most two minutes. */
function emulate(program, programArgs, cpu) {
  return run(emulator, ['-L', sysroot, join(dir, program), ...programArgs], {
    capture: true,
    timeout: 120_000,
    // Tests that decode reference streams themselves leave that to `streams`.
    env: { KAMAELIA_CPU: cpu, KAMAELIA_SHARED: '' },
  });
}

function tests() {
  for (const [program, cpu] of [
    ['common/common_test', ''],
    ['dirac_test', 'neon'],
    ['dirac_test', 'scalar'],
  ]) {
    const { ok, stdout, stderr } = emulate(program, [], cpu);
    const cases = /test cases:\s*(\d+)\s*\|\s*(\d+) passed/.exec(stdout);
    if (!ok) process.stderr.write((stdout + stderr).slice(-8000));
    const counted = cases ? `${cases[2]} of ${cases[1]} cases` : 'no summary';
    expect([program, cpu].filter(Boolean).join(' '), ok && Number(cases?.[1] ?? 0) > 0, counted);
  }
}

function decode(row, cpu, kind) {
  const { stdout, stderr, status } = emulate('dirac-decode', ['--threads', '2', '--md5', streamPath(row)], cpu);
  const received = stdout.trim();
  const ok = status === 0 && received === row.md5;
  if (!ok) process.stderr.write(stderr.slice(-2000));
  const detail = ok ? kind : `Expected ${row.md5} but received ${received || `exit code ${status}`}`;
  expect(`${cpu} ${row.file}`, ok, detail);
}

function streams() {
  if (!shared) return skip('streams', 'no reference streams beside the checkout or at KAMAELIA_SHARED');
  const rows = manifest('dirac');
  const wanted = full ? rows.map(({ file, features }) => [features, file]) : kinds;
  for (const [kind, file] of wanted) {
    const row = rows.find((candidate) => candidate.file === file);
    if (row) for (const cpu of ['neon', 'scalar']) decode(row, cpu, kind);
    else expect(file, false, 'Expected a row of the manifest but there is none');
  }
}

if (haveTools()) {
  const built = build();
  expect('build for AArch64', built);
  if (built) for (const part of args.length ? args : Object.keys(parts)) parts[part]();
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed ? 1 : 0);
