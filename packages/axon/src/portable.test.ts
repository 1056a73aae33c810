// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  // Threads are of Node, and an entry of their own; the registry of message codecs is in the main one.
  (file) => file.endsWith('.ts') && !file.includes('.test') && !/^threads\W(?!message-codecs)/.test(file),
);

it.each(sources)('%s runs in a page: no import from outside, no Buffer', (file) => {
  // Examples in docstrings import the package itself.
  const text = readFileSync(join(folder, file), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
  const imports = [...text.matchAll(/from '([^']+)'|import\(\s*'([^']+)'/g)].map((m) => m[1] ?? m[2]);
  expect(imports.filter((name) => !name?.startsWith('.'))).toEqual([]);
  expect(text).not.toMatch(/\bBuffer\b|\brequire\(/);
});

it('finds the sources', () => {
  expect(sources.length).toBeGreaterThan(15);
});
