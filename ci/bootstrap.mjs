#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Brings a checkout to the point where everything runs: packages, TypeScript, native addon, and for --tests the native
// tests with what they need from Debian. Uses nothing but Node and npm to begin with; quiet when there is nothing to do.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canInstall, install, installCommand, missing } from './debian.mjs';
import { has, need, root, run, say } from './process.mjs';

const help = `Usage: node ci/bootstrap.mjs [--tests] [--force]

Installs the npm packages, compiles TypeScript, describes the components and builds the native addon; does only what is
missing or out of date.

  --tests   also builds the native tests and tools and installs the Debian packages that the tests use
            (doctest-dev chromium ffmpeg clang libclang-rt-14-dev clang-format pkg-config)
  --force   does every step again

Exit codes: 0 done, 1 failed, 2 wrong use.`;

const known = new Set(['--tests', '--force', '--help']);
const flags = process.argv.slice(2);
for (const flag of flags) {
  if (!known.has(flag)) {
    console.error(`bootstrap: Expected one of ${[...known].join(', ')} but received ${flag}`);
    process.exit(2);
  }
}
if (flags.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const forTests = flags.includes('--tests');
const force = flags.includes('--force');

const pnpm = `pnpm@${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1]}`;
const stampFile = join(root, 'build', 'bootstrap.json');
const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};

function remember(key, value) {
  stamp[key] = value;
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamp, null, 2));
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`bootstrap: Expected Node 20.19 or newer but received ${process.version}`);
    process.exit(1);
  }
}

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (!force && stamp.lock === lock && existsSync(join(root, 'node_modules', '.modules.yaml'))) return;
  say('installing npm packages');
  need('npx', ['-y', pnpm, 'install', '--frozen-lockfile', '--silent'], { env: { CI: 'true' } });
  remember('lock', lock);
}

// A Debian package and the program or file that shows it is there.
const buildTools = [
  ['g++', () => has('c++') || has('g++') || has('clang++')],
  ['cmake', () => has('cmake')],
  ['ninja-build', () => has('ninja')],
];
const testTools = [
  ['doctest-dev', () => existsSync('/usr/include/doctest/doctest.h')],
  ['chromium', () => has('chromium')],
  ['ffmpeg', () => has('ffmpeg')],
  ['clang', () => has('clang++')],
  ['libclang-rt-14-dev', () => existsSync('/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a')],
  ['clang-format', () => has('clang-format')],
  ['pkg-config', () => has('pkg-config')],
];

function installTools() {
  const wanted = [...buildTools, ...(forTests ? testTools : [])];
  const absent = missing(wanted);
  if (absent.length === 0) return;
  if (!canInstall()) {
    const essential = missing(buildTools).length > 0;
    console.error(
      `bootstrap: ${absent.join(', ')} ${essential ? 'needed' : 'missing; some tests will be skipped'}. Run:`,
    );
    console.error(`  sudo sh -c '${installCommand(absent)}'`);
    if (essential) process.exit(1);
    return;
  }
  say(`installing ${absent.join(' ')}`);
  if (install(absent)) return;
  console.error(`bootstrap: Expected apt-get to install ${absent.join(' ')} but it failed`);
  process.exit(1);
}

function compileTypeScript() {
  need(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...(force ? ['--force'] : [])]);
}

function describeComponents() {
  need(process.execPath, [join(root, 'ci', 'describe-components.mjs'), ...(force ? ['--force'] : [])]);
}

function cmakeBuild(source, build, options) {
  const dir = join(root, build);
  if (force || !existsSync(join(dir, 'build.ninja'))) {
    say(`configuring ${source}`);
    need('cmake', ['-S', join(root, source), '-B', dir, '-G', 'Ninja', ...options], { quiet: true });
  }
  // `ninja -n` costs milliseconds and keeps a build with nothing to do silent.
  if (run('ninja', ['-C', dir, '-n'], { capture: true }).stdout.includes('no work to do')) return;
  say(`building ${source}`);
  need('cmake', ['--build', dir, '-j2'], { quiet: true });
}

checkNode();
installPackages();
installTools();
compileTypeScript();
describeComponents();
cmakeBuild('bindings/dirac', 'bindings/dirac/build', [
  '-DCMAKE_BUILD_TYPE=Release',
  `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(root, 'bindings/dirac/build/Release')}`,
]);
if (forTests) {
  cmakeBuild('native/dirac', 'build/native', [
    '-DCMAKE_BUILD_TYPE=Release',
    '-DKAMAELIA_TESTS=ON',
    '-DKAMAELIA_TOOLS=ON',
  ]);
}
