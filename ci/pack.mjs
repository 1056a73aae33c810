#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Packs every package as it would be published, installs the tarballs into an empty folder with npm alone, and decodes
// the test card there, by a command and by a graph of components. Runs the programs of the READMEs there too.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need, root, run, say } from './process.mjs';

const help = `Usage: node ci/pack.mjs [--keep]

Packs all public packages with this machine's prebuilt addon, installs them elsewhere with npm, checks that no package
runs an install script or publishes a source condition, decodes examples/media/testcard.drc with the installed program, and
runs the programs of the READMEs and guides with the installed packages.

  --keep  leaves the folder and prints its path

Exit codes: 0 works, 1 does not.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), 'kamaelia-pack-'));
const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;

function prebuild() {
  const dir = join(root, 'bindings', 'dirac', 'prebuilds', `${process.platform}-${process.arch}`);
  rmSync(join(root, 'bindings', 'dirac', 'prebuilds'), { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  copyFileSync(join(root, 'bindings/dirac/build/Release/dirac_native.node'), join(dir, 'dirac_native.glibc.node'));
}

function checkManifest(tarball) {
  const manifest = JSON.parse(need('tar', ['-xzOf', tarball, 'package/package.json'], { capture: true }).stdout);
  const scripts = Object.keys(manifest.scripts ?? {}).filter((name) => /install|prepare/.test(name));
  if (scripts.length) throw new Error(`${manifest.name}: Expected no install script but received ${scripts}`);
  if (JSON.stringify(manifest.exports ?? {}).includes('@kamaelia/source')) {
    throw new Error(`${manifest.name}: Expected published exports without the source condition`);
  }
  const files = need('tar', ['-tzf', tarball], { capture: true }).stdout;
  if (/\.test\.|\/src\//.test(files)) throw new Error(`${manifest.name}: Expected no tests or sources in the tarball`);
  return `${manifest.name}@${manifest.version}`;
}

prebuild();
say('packing');
const folders = ['packages', 'bindings'].flatMap((top) => readdirSync(join(root, top)).map((name) => `${top}/${name}`));
for (const folder of folders) {
  need('npx', ['-y', pnpm, 'pack', '--pack-destination', scratch], { cwd: join(root, folder), quiet: true });
}
const tarballs = readdirSync(scratch)
  .filter((f) => f.endsWith('.tgz'))
  .map((f) => join(scratch, f));
for (const tarball of tarballs) say(checkManifest(tarball));
const home = join(scratch, 'home');
mkdirSync(home);
writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
need('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { cwd: home, quiet: true });
const card = join(root, 'examples', 'media', 'testcard.drc');
const kamaelia = (...args) => run(join(home, 'node_modules', '.bin', 'kamaelia'), args, { cwd: home, capture: true });
const { ok, stdout, stderr } = kamaelia('decode', card, '--md5');
const graph = `ReadFileAdaptor ${card} ! DiracDecoder ! FrameToYUV4MPEG ! SimpleFileWriter out.y4m`;
const ran = kamaelia('run', graph, '--json');
const pages = [
  'README.md',
  'docs/writing-a-component.md',
  'docs/porting-from-kamaelia.md',
  ...folders.map((folder) => `${folder}/README.md`),
];
const documented = run(process.execPath, ['ci/check-docs.mjs', '--installed', home, ...pages], { capture: true });
const expected = '133c0f7c48baa6e68e9998a43058f04c';
if (process.argv.includes('--keep')) say(scratch);
else rmSync(scratch, { recursive: true, force: true });
rmSync(join(root, 'bindings', 'dirac', 'prebuilds'), { recursive: true, force: true });
if (!ok || stdout.trim() !== expected) {
  console.error(`pack: Expected ${expected} from the installed program but received ${stdout}${stderr}`);
  process.exit(1);
}
if (!ran.ok || !ran.stdout.includes('"pictures":300')) {
  console.error(
    `pack: Expected 300 pictures from a graph of installed components but received ${ran.stdout}${ran.stderr}`,
  );
  process.exit(1);
}
if (!documented.ok) {
  console.error(
    `pack: Expected the programs of the documentation to run as installed but received ${documented.stdout}`,
  );
  process.exit(1);
}
console.log(`pack: ${tarballs.length} packages installed and the test card decoded to ${expected}`);
