#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs the programs that the documentation shows: every fenced block marked `js run` or `ts run` in a tracked Markdown
// file, and every `@example` of a doc comment that imports something.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, run } from './process.mjs';

const help = `Usage: node ci/check-docs.mjs [--installed FOLDER] [FILE ...]

Runs each fenced \`\`\`js run block of the tracked Markdown files and each @example that imports something, as a program of
its own with examples/media as its folder; a program that fails or runs over 60 s fails the check, and one that prints
something else than the block \`\`\`text prints right behind it, or a package's README whose programs import what its npm
install lines do not name.

  --installed FOLDER  runs them in FOLDER, with the packages that are installed there

Exit codes: 0 all ran, 1 some failed.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const { values, positionals: only } = parseArgs({
  options: { installed: { type: 'string' } },
  allowPositionals: true,
});
const files = run('git', ['ls-files', '-z', '--', '*.md', 'packages/*/src/*.ts', 'bindings/*/src/*.ts'], {
  capture: true,
})
  .stdout.split('\0')
  .filter((file) => file && !/\.test(-d)?\.ts$/.test(file) && (only.length === 0 || only.includes(file)));

function programs(file) {
  const text = readFileSync(join(root, file), 'utf8');
  if (file.endsWith('.md')) {
    const blocks = text.matchAll(/```js run\n([\s\S]*?)```(?:\n+```text prints\n([\s\S]*?)```)?/g);
    return [...blocks].map(([, code, prints]) => ({ code, prints }));
  }
  return [...text.matchAll(/@example([\s\S]*?)(?=\n\s*\* @|\*\/)/g)]
    .map((m) => m[1].replace(/^\s*\* ?/gm, '').replace(/^\s*```\w*\s*$/gm, ''))
    .filter((code) => /\bimport\b/.test(code))
    .map((code) => ({ code }));
}

/** Sentences: what the programs of a package's README import, and its `npm install` lines do not name. */
function notInstalled(file) {
  if (!/^(packages|bindings)\/[^/]+\/README\.md$/.test(file)) return [];
  const text = readFileSync(join(root, file), 'utf8');
  const installed = new Set([...text.matchAll(/^npm install (.*)$/gm)].flatMap((m) => m[1].split(' ')));
  const imported = programs(file).flatMap(({ code }) =>
    [...code.matchAll(/from '((?:@[^/']+\/)?[^/':]+)[^':]*'/g)].map((m) => m[1]),
  );
  return [...new Set(imported)]
    .filter((name) => !installed.has(name))
    .map((name) => `${file}: a program imports ${name}, which no npm install line names`);
}

/** Where the programs of a file find what they import: a binding's only itself, all others what the examples have. */
function scratchOf(file) {
  if (values.installed !== undefined) return values.installed;
  const [top, room] = file.split('/');
  return top === 'bindings' ? join(root, top, room, 'build', 'docs') : join(root, 'examples', 'build');
}

let count = 0;
let failed = 0;
for (const file of files) {
  for (const sentence of notInstalled(file)) {
    failed += 1;
    console.log(sentence);
  }
  programs(file).forEach(({ code, prints }, at) => {
    count += 1;
    const scratch = scratchOf(file);
    mkdirSync(scratch, { recursive: true });
    const path = join(scratch, `example-${count}.mjs`);
    writeFileSync(path, code);
    const { ok, stdout, stderr } = run(process.execPath, [path], {
      capture: true,
      cwd: join(root, 'examples', 'media'),
      timeout: 60_000,
    });
    rmSync(path);
    const asShown = prints === undefined || stdout === prints;
    if (ok && asShown) return;
    failed += 1;
    console.log(
      `${file}: example ${at + 1} ${asShown ? 'failed' : 'prints something else'}:\n${code}\n${stdout}${stderr}`,
    );
  });
}
console.log(`documentation: ${count} programs, ${failed} faults`);
process.exit(failed ? 1 : 0);
