// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
function describeComponents(...args: string[]) {
  const script = join(import.meta.dirname, 'describe-components.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('describe-components', () => {
  it('writes a file into each package, and says nothing', () => {
    expect(describeComponents('--force')).toMatchObject({ status: 0, stdout: '' });
    const file = join(root, 'packages', 'media', 'dist', 'components.json');
    const { format, package: name, components } = JSON.parse(readFileSync(file, 'utf8'));
    expect({ format, name }).toEqual({ format: 1, name: '@kamaelia/media' });
    expect(components.map((component: { name: string }) => component.name)).toContain('FramePacer');
  });

  it('describes itself, and refuses what it does not know', () => {
    expect(describeComponents('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: node ci\//),
    });
    const { status, stderr } = describeComponents('--dosc');
    expect(status).toBe(2);
    expect(stderr).toContain('Expected one of --docs, --check, --force, --help but received --dosc');
  });
});
