// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const script = join(root, 'benchmarks/runtime/flat-memory.bench.mjs');
const seconds = process.env.KAMAELIA_ENDURANCE_SECONDS ?? '3';
const isBuilt = existsSync(join(root, 'packages/axon/dist/index.js'));

describe.skipIf(!isBuilt)('a fast source against a slow sink', () => {
  it(`keeps memory flat (${seconds} s)`, { timeout: 0 }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', script, '--seconds', seconds], {
      encoding: 'utf8',
    });
    expect({ status, stderr, last: stdout.trim().split('\n').pop() }).toMatchObject({
      status: 0,
      stderr: '',
      last: expect.stringMatching(/flat$/),
    });
  });
});
