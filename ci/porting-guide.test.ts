// SPDX-License-Identifier: Apache-2.0
// The guide for those who port says which test covers what; this holds it to that.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const guide = readFileSync(join(root, 'docs/porting-from-kamaelia.md'), 'utf8');
const listed = spawnSync('git', ['ls-files', '--', 'packages/*.test.ts'], { cwd: root, encoding: 'utf8' });
const tests = listed.stdout.split('\n').filter(Boolean);

/** Numbers of the checklist with which the titles of tests begin. */
function coveredItems(files: readonly string[]): Set<number> {
  const covered = new Set<number>();
  for (const file of files) {
    const titles = readFileSync(join(root, file), 'utf8').matchAll(/\(\s*['"`](\d+)(?:[.,:]| )/g);
    for (const [, number] of titles) covered.add(Number(number));
  }
  return covered;
}

/** What the cells of one column of the guide's table say. */
function column(heading: string, at: number): string[] {
  const [, section = ''] = guide.split(`## ${heading}\n`);
  const lines = (section.split('\n## ')[0] as string).split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.split(/(?<!\\)\|/)[at]?.trim() ?? '');
}

const items = (cell: string) =>
  [...cell.matchAll(/\b(\d+)(?:–(\d+))?\b/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, n) => Number(first) + n),
  );

describe('the porting guide', () => {
  const missing = column('Items that are matched with a difference', 1).flatMap((cell, at) =>
    column('Items that are matched with a difference', 2)[at] === 'not here yet' ? items(cell) : [],
  );

  it('leaves no item of the checklist out: each has a test in axon whose title begins with its number, or is named', () => {
    const covered = coveredItems(tests.filter((file) => file.startsWith('packages/axon/')));
    const without = Array.from({ length: 145 }, (_, n) => n + 1).filter((n) => !covered.has(n));
    expect(without).toEqual(missing);
  });

  it('names tests that there are for what it says is better here', () => {
    const covered = coveredItems(tests);
    const files = new Set(tests.map((file) => basename(file)));
    for (const cell of column('Mistakes of the original that are not repeated', 3)) {
      const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string);
      const numbers = items(cell.replaceAll(/`[^`]+`/g, ''));
      expect(named.length + numbers.length, cell).toBeGreaterThan(0);
      expect(named.filter((file) => !files.has(file))).toEqual([]);
      expect(numbers.filter((number) => !covered.has(number))).toEqual([]);
    }
  });
});
