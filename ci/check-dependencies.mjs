#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Holds the arrows of the house: who may import or include whom. Reads the real imports and includes of a tree and names
// every arrow that the table does not have.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const help = `Usage: node ci/check-dependencies.mjs [DIR] [--json]

Reads every import of packages, bindings, benchmarks and examples and every include of native and bindings below DIR
(default: this checkout) and prints each that the table in this file does not allow.

Exit codes: 0 every arrow is allowed, 1 some are not, 2 wrong use.`;

const any = ['axon', 'components', 'media', 'dirac', 'display', 'kamaelia'].map((name) => `packages/${name}`);

/** Room -> rooms it may use. A room that is not here may use nothing and is itself an error. */
export const arrows = {
  'packages/axon': [],
  'packages/components': ['packages/axon'],
  'packages/media': ['packages/axon'],
  'packages/dirac': ['packages/axon', 'packages/media', 'bindings/dirac', 'bindings/common'],
  'packages/display': ['packages/axon', 'packages/media', 'packages/components'],
  'packages/kamaelia': any,
  'bindings/common': [],
  'bindings/dirac': ['bindings/common', 'native/dirac', 'native/common'],
  'native/common': [],
  'native/dirac': ['native/common'],
  benchmarks: [...any, 'bindings/dirac', 'bindings/common'],
  examples: any,
  ci: [...any, 'bindings/dirac', 'bindings/common'],
};

const npmRooms = {
  '@kamaelia/axon': 'packages/axon',
  '@kamaelia/components': 'packages/components',
  '@kamaelia/media': 'packages/media',
  '@kamaelia/dirac': 'packages/dirac',
  '@kamaelia/display': 'packages/display',
  kamaelia: 'packages/kamaelia',
  '@kamaelia/native': 'bindings/common',
  '@kamaelia/dirac-native': 'bindings/dirac',
  '@kamaelia/examples': 'examples',
  '@kamaelia/benchmarks': 'benchmarks',
};

/** First folder below native/X/include of each library: `#include <dirac/decoder.h>` is native/dirac. */
const includeRooms = { common: 'native/common', dirac: 'native/dirac' };

/** Files that are tests or help them; they may also use the `test` folder of a room that theirs may use. */
const isTest = /\.(test|test-d|bench)\.(ts|mjs)$|^packages\/[^/]+\/test\//;

/** Only a test may lean on these beside its room's own arrows. */
const forTests = ['packages/axon', 'packages/media', 'packages/components', 'packages/dirac'];

function roomOf(path) {
  const parts = path.split(sep);
  return ['packages', 'bindings', 'native'].includes(parts[0]) ? parts.slice(0, 2).join('/') : parts[0];
}

function* sources(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (['node_modules', 'dist', 'build', 'prebuilds'].includes(entry.name) || entry.name.startsWith('.')) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(ts|mts|mjs|js|cc|h)$/.test(entry.name)) yield path;
  }
}

const imports =
  /(?:^|[\s;}])(?:import|export)\s+(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\bimport\.meta\.resolve\(\s*['"]([^'"]+)['"]/g;
const includes = /^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")/gm;

function scriptTargets(text) {
  // Examples in doc comments are no arrows of the file that documents them.
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(imports)].map((m) => m[1] ?? m[2] ?? m[3]);
}

function npmTarget(root, from, specifier) {
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(dirname(join(root, from)), specifier));
    if (target.startsWith('..')) return { room: 'outside' };
    const kit = /^packages\/[^/]+\/test\//.test(target) && isTest.test(from);
    return { room: roomOf(target), inner: !kit };
  }
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0];
  if (!(name in npmRooms)) return undefined;
  const rest = specifier.slice(name.length);
  return { room: npmRooms[name], inner: /^\/(src|dist)\b/.test(rest) };
}

function includeTarget(root, from, match) {
  const path = match[1] ?? match[2];
  if (match[2] !== undefined) {
    const target = resolve(dirname(join(root, from)), path);
    if (existsSync(target)) {
      const inside = relative(root, target);
      return { room: roomOf(inside), inner: !inside.includes(`${sep}include${sep}`) };
    }
  }
  if (/^(node_api|js_native_api|napi|uv|v8|node)\b.*\.h$/.test(path)) return { room: 'node' };
  const room = includeRooms[path.split('/')[0]];
  return room ? { room, inner: false } : undefined;
}

function allowed(from, room, file) {
  if (room === from) return true;
  if (room === 'node') return from.startsWith('bindings/');
  if (arrows[from]?.includes(room)) return true;
  return /\.(test|test-d|bench)\.(ts|mjs)$/.test(file) && from.startsWith('packages/') && forTests.includes(room);
}

/** Every arrow of the tree below `root` that the table does not allow, as sentences. */
export function check(root) {
  const wrong = [];
  for (const top of ['packages', 'bindings', 'native', 'benchmarks', 'examples', 'ci']) {
    const dir = join(root, top);
    if (!existsSync(dir) || !statSync(dir).isDirectory()) continue;
    for (const path of sources(dir)) {
      const file = relative(root, path);
      const from = roomOf(file);
      if (!(from in arrows)) {
        wrong.push(`${file}: Expected a room of the table but received ${from}`);
        continue;
      }
      const text = readFileSync(path, 'utf8');
      const targets = /\.(cc|h)$/.test(path)
        ? [...text.matchAll(includes)].map((m) => ({ name: m[1] ?? m[2], ...includeTarget(root, file, m) }))
        : scriptTargets(text).map((name) => ({ name, ...npmTarget(root, file, name) }));
      for (const { name, room, inner } of targets) {
        if (room === undefined || (room === from && !room.startsWith('outside'))) continue;
        if (!allowed(from, room, file)) wrong.push(`${file}: ${from} may not use ${room} (${name})`);
        else if (inner && from !== 'ci') wrong.push(`${file}: ${name} is an inner file of ${room}`);
      }
    }
  }
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(help);
    process.exit(0);
  }
  const dirs = args.filter((a) => !a.startsWith('--'));
  if (dirs.length > 1 || args.some((a) => a.startsWith('--') && a !== '--json')) {
    console.error('check-dependencies: Expected [DIR] [--json]; see --help');
    process.exit(2);
  }
  const wrong = check(resolve(dirs[0] ?? join(dirname(fileURLToPath(import.meta.url)), '..')));
  if (args.includes('--json')) console.log(JSON.stringify(wrong, null, 2));
  else for (const line of wrong) console.log(line);
  process.exit(wrong.length ? 1 : 0);
}
