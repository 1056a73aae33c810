#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Writes dist/components.json of every package from its types and docstrings, and docs/components.md from the same.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { componentsPage, section } from './catalogue/components-page.mjs';
import { root, run, say } from './process.mjs';

const help = `Usage: node ci/describe-components.mjs [--docs | --check] [--force]

Describes the components of every package, as the compiler sees them, in its dist/components.json; does nothing while no
source has changed.

  --docs    also writes docs/components.md, of all components whose source git knows
  --check   names the sections of docs/components.md that are out of date, and what has no words of its own
  --force   does it again

Exit codes: 0 done, 1 out of date or incomplete, 2 wrong use.`;

const known = new Set(['--docs', '--check', '--force', '--help']);
const flags = new Set(process.argv.slice(2));
for (const flag of flags) {
  if (!known.has(flag)) {
    console.error(`describe-components: Expected one of ${[...known].join(', ')} but received ${flag}`);
    process.exit(2);
  }
}
if (flags.has('--help')) {
  console.log(help);
  process.exit(0);
}

const MOST_NAMED = 5;
const page = join(root, 'docs', 'components.md');
const stamp = join(root, 'build', 'components.sha256');
const folders = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name))
  .filter((dir) => existsSync(join(dir, 'package.json')) && existsSync(join(dir, 'tsconfig.json')));

/** A digest of everything that the descriptions are made from. */
function inputs() {
  const hash = createHash('sha256');
  const add = (dir, name) => hash.update(name).update(readFileSync(join(dir, name)));
  const sources = (dir) => readdirSync(join(dir, 'src'), { recursive: true }).filter((name) => /\.ts$/.test(name));
  for (const dir of folders) {
    for (const name of ['package.json', 'tsconfig.json']) add(dir, name);
    for (const name of sources(dir).sort()) if (!/\.test(-d)?\.ts$/.test(name)) add(join(dir, 'src'), name);
  }
  for (const name of readdirSync(join(root, 'ci', 'catalogue')).sort()) {
    if (name.endsWith('.mjs')) add(join(root, 'ci', 'catalogue'), name);
  }
  add(root, 'pnpm-lock.yaml');
  return hash.digest('hex');
}

const files = folders.map((folder) => join(folder, 'dist', 'components.json'));

/** The descriptions, as they were written or, where something has changed, anew. */
async function described() {
  const digest = inputs();
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && files.every((file) => existsSync(file));
  if (fresh && !flags.has('--force')) return files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
  // Loaded late: the compiler's interface is there only once packages are installed.
  const { describePackages, FORMAT } = await import('./catalogue/package-components.mjs');
  const packages = describePackages(folders).map(({ name, components }) => ({
    format: FORMAT,
    package: name,
    components,
  }));
  packages.forEach((description, at) => {
    mkdirSync(join(folders[at], 'dist'), { recursive: true });
    // Renamed into place: programs of this checkout may be reading it.
    const unfinished = `${files[at]}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(description, null, 1)}\n`);
    renameSync(unfinished, files[at]);
  });
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stamp, digest);
  return packages;
}

const sourceOf = ({ source }, folder) => `packages/${folder}/${source}`;

/** Sources that git knows. What is still being written belongs on no page; without git everything does. */
function trackedSources() {
  const { ok, stdout } = run('git', ['ls-files', '-z', '--', 'packages'], { capture: true });
  return ok ? new Set(stdout.split('\0')) : undefined;
}

/** Sentences: a component in the sources that the page does not have so, and the other way round. */
function outOfDate(packages, text) {
  if (text === componentsPage(packages)) return [];
  const changed = packages.flatMap(({ folder, components }) =>
    components
      .filter((component) => !text.includes(section(component, folder)))
      .map((component) => `${component.name} (${sourceOf(component, folder)})`),
  );
  const others = changed.length > MOST_NAMED ? ` and ${changed.length - MOST_NAMED} more` : '';
  const what = changed.slice(0, MOST_NAMED).join(', ') || 'what is there no more, or another order';
  return [`docs/components.md is out of date: ${what}${others}; run node ci/describe-components.mjs --docs`];
}

/** Sentences: what `kamaelia list` cannot find, and what has no docstring. */
function incomplete({ folder, components }) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  const target = './dist/components.json';
  const found = [];
  for (const [field, exported] of [
    ['exports', manifest.exports],
    ['publishConfig.exports', manifest.publishConfig?.exports],
  ]) {
    if (components.length === 0 || exported?.['./components.json'] === target) continue;
    found.push(`packages/${folder}/package.json: Expected "./components.json": "${target}" in ${field}`);
  }
  for (const { name, source, summary, inboxes, outboxes, options, examples, kind } of components) {
    const at = `packages/${folder}/${source}: ${name}`;
    if (summary === '') found.push(`${at} has no docstring`);
    // check-docs.mjs runs those that import something.
    const runs = examples.some((code) => /\bimport\b/.test(code) && new RegExp(`\\b${name}\\b`).test(code));
    if (!runs) found.push(`${at} has no @example that imports and uses it, so that it is run`);
    for (const box of [...inboxes, ...outboxes]) {
      if (box.doc === '' && kind === 'class') found.push(`${at} does not say what ${box.name} carries`);
    }
    for (const option of options)
      if (option.doc === '' && !option.rest) found.push(`${at} does not say what ${option.name} is`);
  }
  return found;
}

const all = (await described()).map((each, at) => ({ ...each, folder: basename(folders[at]) }));
const tracked = trackedSources();
const isTracked = (component, folder) => tracked === undefined || tracked.has(sourceOf(component, folder));
const packages = all.map((each) => ({
  ...each,
  components: each.components.filter((component) => isTracked(component, each.folder)),
}));
if (flags.has('--docs')) {
  const text = componentsPage(packages);
  if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    writeFileSync(page, text);
    say('wrote docs/components.md');
  }
}
if (flags.has('--check')) {
  for (const { folder, components } of all) {
    for (const component of components.filter((each) => !isTracked(each, folder))) {
      console.log(`${sourceOf(component, folder)}: ${component.name} is new: git add it, then run it with --docs`);
    }
  }
  const text = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const wrong = [...outOfDate(packages, text), ...packages.flatMap(incomplete)];
  for (const line of wrong) console.log(line);
  process.exit(wrong.length > 0 ? 1 : 0);
}
