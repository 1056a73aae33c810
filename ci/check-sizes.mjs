#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Holds the limits on the sizes of files and functions, and on binaries in the tree.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './process.mjs';

const help = `Usage: node ci/check-sizes.mjs

Names every tracked file over its limit: TypeScript and scripts 500 lines and 80 a function, C and C++ 800 and 120, tables
exempt; and every binary except the test card. A function is measured by the indentation of its closing brace.

Exit codes: 0 all within limits, 1 some are not.`;

const limits = [
  [/\.(ts|mts|mjs|js)$/, 500, 80],
  [/\.(c|cc|h)$/, 800, 120],
];
const exempt = /(^|\/)tables\/|pnpm-lock\.yaml$/;
const binaries = new Set(['examples/media/testcard.drc']);
// A test file's `describe` holds many tests and is no function to be read as one.
const notFunctions =
  /^\s*(describe|suite|TEST_SUITE|class|export class|export abstract class|namespace|struct|enum|extern|union|interface|export interface|export type|type|const \w+ = \{|export const|static const|static constexpr|constexpr|inline constexpr)\b/;

function longFunctions(path, lines, limit) {
  const found = [];
  lines.forEach((line, at) => {
    if (
      !/[){]\s*(noexcept|const|override|: [^{]+|=>)?\s*\{\s*$/.test(line) &&
      !/\)\s*(const|noexcept|override)?\s*\{\s*$/.test(line)
    )
      return;
    // Programs in doc comments are examples in comments, not functions.
    if (/^\s*(\*|\/\/)/.test(line)) return;
    if (notFunctions.test(line) || /^\s*(if|for|while|switch|else|do|try|catch|\}|return|case)\b/.test(line)) return;
    const indent = line.search(/\S/);
    for (let end = at + 1; end < lines.length; end += 1) {
      const text = lines[end];
      if (text.trim() && text.search(/\S/) <= indent && text.trim().startsWith('}')) {
        if (end - at + 1 > limit)
          found.push(`${path}:${at + 1}: Expected a function of at most ${limit} lines but received ${end - at + 1}`);
        return;
      }
    }
  });
  return found;
}

/** Sentences, one for each file or function over its limit. */
export function check(files) {
  const wrong = [];
  for (const file of files) {
    if (exempt.test(file)) continue;
    const path = join(root, file);
    const limit = limits.find(([pattern]) => pattern.test(file));
    if (!limit) {
      if (!binaries.has(file) && statSync(path).size > 0 && readFileSync(path).subarray(0, 8000).includes(0)) {
        wrong.push(`${file}: Expected no binary in the repository`);
      }
      continue;
    }
    const lines = readFileSync(path, 'utf8').split('\n');
    if (lines.length - 1 > limit[1])
      wrong.push(`${file}: Expected at most ${limit[1]} lines but received ${lines.length - 1}`);
    wrong.push(...longFunctions(file, lines, limit[2]));
  }
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--help')) {
    console.log(help);
    process.exit(0);
  }
  const files = run('git', ['ls-files', '-z'], { capture: true }).stdout.split('\0').filter(Boolean);
  const wrong = check(files);
  for (const line of wrong) console.log(line);
  process.exit(wrong.length ? 1 : 0);
}
