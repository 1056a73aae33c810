// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { residentGrowth } from '../test/resident-growth.js';

const root = join(import.meta.dirname, '..', '..', '..');
const program = join(import.meta.dirname, '..', 'test', 'mutations.mjs');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');

const FIRST = 1;
const sanitized = process.env.KAMAELIA_SANITIZED !== undefined;
/** Sanitizers make each many times slower. */
const COUNT = sanitized ? 200 : Number(process.env.KAMAELIA_MUTATIONS ?? 2000);
const TIMEOUT_MS = 240_000 * Math.ceil(COUNT / 2000);
/** KiB in each fortieth of a run of 10 000, in its second half: about 1 MiB in all. */
const MOST_GROWTH = 64;

/** Small ones of both encoders, and some of each part of the standard that is refused. */
const FILES = [
  'dr_CIFpreset.drc',
  'dr_blk16_12.drc',
  'dr_no_spartition.drc',
  'dr_qf3.drc',
  'dr_size173x141_444.drc',
  'schro_422_inter.drc',
  'schro_blk_large_none.drc',
  'schro_blk_small_none.drc',
  'schro_inter_w2.drc',
  'schro_interlaced_src_frame_coding.drc',
  'schro_intra_d6.drc',
  'schro_md5_aux.drc',
  'schro_mvprec2_biref.drc',
  'schro_size354x290.drc',
  'x_multiseq_same_size.drc',
  'x_padding_aux.drc',
  'bbc_hq_fragments.vc2',
  'bbc_ld_lowrate_uneven.vc2',
  'dr_vlc.drc',
];

// A program of its own, so that a decoder that crashes or never returns still leaves the seed of its input.
describe.skipIf(!existsSync(streams))('DiracDecoder given damaged streams (needs ../shared)', () => {
  it(
    `ends each of ${COUNT} with frames, damage counted or an error with a code, and holds nothing`,
    () => {
      const args = ['--expose-gc', program, streams, String(FIRST), String(COUNT), ...FILES];
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      });
      const lines = stdout.trim().split('\n');
      const seed = lines.findLast((line) => line.startsWith('begin'))?.split(' ')[1];
      const message = `seed ${seed}, again by: node ${program} ${streams} ${seed} 1 ${FILES.join(' ')}\n${stderr}`;
      expect({ status, signal }, message).toEqual({ status: 0, signal: null });
      const { ends, sizes } = JSON.parse(lines.at(-1) ?? '{}') as { ends: Record<string, number>; sizes: number[] };
      expect(Object.values(ends).reduce((a, b) => a + b)).toBe(COUNT);
      expect(Object.keys(ends)).toEqual(expect.arrayContaining(['LIMIT', 'NO_SEQUENCE_HEADER', 'damaged', 'whole']));
      // Most go on behind the damage: what cannot begin at all is the exception.
      expect(ends.damaged ?? 0).toBeGreaterThan(COUNT / 3);
      // Sanitizers keep freed memory back, and a shorter run is a warm-up for most of its time.
      if (!sanitized && COUNT >= 10_000)
        expect(residentGrowth(sizes.slice(sizes.length / 2)), sizes.join(' ')).toBeLessThan(MOST_GROWTH);
    },
    TIMEOUT_MS + 10_000,
  );
});
