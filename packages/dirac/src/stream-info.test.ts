// SPDX-License-Identifier: Apache-2.0
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiracProbe, probeDirac } from './index.js';

const root = join(import.meta.dirname, '..', '..', '..');
const file = join(root, 'examples', 'media', 'testcard.drc');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');

describe('DiracProbe', () => {
  it('reads every header of the test card', async () => {
    const info = await probeDirac(createReadStream(file));
    expect(info).toMatchObject({
      profile: 'main (long GOP)',
      syntax: 'core, arithmetic coding',
      format: 'I420',
      width: 640,
      height: 360,
      frameRate: { num: 25, den: 1 },
      fields: 'progressive',
      fieldCoding: false,
      sequences: 1,
      frames: 300,
      intra: 3,
      oneReference: 3,
      twoReferences: 294,
      bytes: 849_091,
      bytesSkipped: 0,
      damagedUnits: 0,
      duration: 12,
    });
    expect(Math.round(info.bitrate)).toBe(566_061);
    expect(info.header).toMatchObject({ majorVersion: 2, minorVersion: 2, width: 640, chroma: 2 });
  });

  it('gives the same for any cutting of the input', () => {
    const bytes = readFileSync(file).subarray(0, 60_000);
    const whole = new DiracProbe();
    whole.push(bytes);
    const cut = new DiracProbe();
    for (let at = 0; at < bytes.length; at += 7) cut.push(bytes.subarray(at, at + 7));
    expect(cut.finish()).toEqual(whole.finish());
  });

  it.skipIf(!existsSync(streams))('names the syntax of every profile (needs ../shared)', () => {
    const syntaxes = ['dr_vlc.drc', 'schro_ld.drc', 'ff_hq_qm_color.vc2'].map((name) => {
      const probe = new DiracProbe();
      probe.push(readFileSync(join(streams, name)));
      return probe.finish().syntax;
    });
    expect(syntaxes).toEqual(['core, VLC', 'low delay', 'high quality']);
  });

  it('says so when there is no Dirac stream', async () => {
    await expect(probeDirac([new Uint8Array(100)])).rejects.toThrow(
      'DiracProbe: Expected a Dirac stream but received no sequence header in 100 bytes',
    );
  });
});
