// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { kamaelia, testcard } from '../../test/command-line.js';

describe('kamaelia probe', () => {
  it('says what the headers say', async () => {
    const { code, stdout, stderr } = await kamaelia(['probe', testcard]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = Object.fromEntries(stdout.split('\n').map((line) => [line.slice(0, 14).trim(), line.slice(14)]));
    expect(rows).toMatchObject({
      format: 'Dirac 2.2, profile main (long GOP), level 0',
      syntax: 'core, arithmetic coding',
      picture: '640x360 I420, progressive',
      'frame rate': '25/1 (25.000 a second)',
      frames: '300 (3 intra, 3 P, 294 B pictures)',
      duration: '12.00 s',
      'bit rate': '566.1 kbit/s',
      bytes: '849091',
    });
  });

  it('prints every header field for machines', async () => {
    const { code, stdout } = await kamaelia(['probe', testcard, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      width: 640,
      height: 360,
      format: 'I420',
      frameRate: { num: 25, den: 1 },
      frames: 300,
      header: { majorVersion: 2, minorVersion: 2, lumaOffset: 16, lumaExcursion: 219 },
    });
  });
});
