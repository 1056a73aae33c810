// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { residentGrowth } from '../test/resident-growth.js';

const root = join(import.meta.dirname, '..', '..', '..');
const program = join(import.meta.dirname, '..', 'test', 'endurance.mjs');
const testcard = join(root, 'examples', 'media', 'testcard.drc');
const isBuilt = existsSync(join(import.meta.dirname, '..', 'dist', 'index.js'));

const WORKERS = 4;
const sanitized = process.env.KAMAELIA_SANITIZED !== undefined;
/** Under a sanitizer, which is slow, fewer rounds, but as many at once that some of each kind are among them. */
const ROUNDS = sanitized ? 4 : 20;
const COUNT = sanitized ? 48 : Number(process.env.KAMAELIA_ENDURANCE_DECODERS ?? 160);
const TIMEOUT_MS = 240_000 * Math.ceil(COUNT / 160);
/** KiB for each decoder that is open at once and round: a picture of one is 340, a decoder's memory thousands. */
const MOST_GROWTH = 32;
/** Without this, glibc keeps for itself what was freed, more with each size that it has seen, and sizes say nothing. */
const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' };

describe.skipIf(!isBuilt)('decoders in threads that are terminated', () => {
  it(`are opened, fed and closed ${COUNT} times, ${COUNT / ROUNDS} at once in ${WORKERS} threads, with flat memory`, {
    timeout: TIMEOUT_MS + 10_000,
  }, () => {
    const atOnce = Math.ceil(COUNT / ROUNDS);
    const args = ['--expose-gc', program, testcard, String(COUNT), String(atOnce), String(WORKERS)];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const { opened, ended, left, terminated, sizes } = JSON.parse(stdout);
    expect(opened).toBeGreaterThanOrEqual(COUNT);
    expect(ended + left + terminated).toBe(opened);
    // Some of each, or it would not be what it says.
    for (const some of [ended, left, terminated]) expect(some).toBeGreaterThan(COUNT / 10);
    if (!sanitized) expect(residentGrowth(sizes), sizes.join(' ')).toBeLessThan(MOST_GROWTH * atOnce);
  });
});
