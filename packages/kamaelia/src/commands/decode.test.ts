// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, streams, TESTCARD_MD5, testcard } from '../../test/command-line.js';

const WIDTH = 640;
const HEIGHT = 360;
const FRAME_BYTES = (WIDTH * HEIGHT * 3) / 2;
const FRAMES = 300;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-decode-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

describe('kamaelia decode', () => {
  it('prints the md5 of all frames, whatever the threads', async () => {
    for (const threads of ['1', '2', '7']) {
      const { code, stdout, stderr } = await kamaelia(['decode', testcard, '--md5', '--threads', threads]);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${TESTCARD_MD5}\n`, stderr: '' });
    }
  });

  it('prints the same with --low-delay', async () => {
    const { code, stdout } = await kamaelia(['decode', testcard, '--md5', '--low-delay']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${TESTCARD_MD5}\n` });
  });

  it('prints the md5 of each frame', async () => {
    const { stdout } = await kamaelia(['decode', testcard, '--frame-md5']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(FRAMES);
    expect(lines[0]).toBe('0 606fa8d52115c6dea4f4733d168e23e9');
    expect(lines[299]).toMatch(/^299 [0-9a-f]{32}$/);
  });

  it.skipIf(streams === undefined)(
    'agrees with the reference for each frame (skipped without reference streams)',
    async () => {
      const expected = readFileSync(join(streams ?? '', 'samples', 'testcard.md5.txt'), 'utf8');
      expect((await kamaelia(['decode', testcard, '--frame-md5'])).stdout.trim()).toBe(expected.trim());
    },
  );

  it('refuses an output in a folder that does not exist, and says why one cannot be written', async () => {
    const nowhere = join(folder, 'nowhere', 'x.y4m');
    expect(await kamaelia(['decode', testcard, nowhere])).toMatchObject({
      code: 2,
      stderr: `kamaelia: Expected a name in a folder that exists for OUTPUT but received ${nowhere}; see kamaelia decode --help\n`,
    });
    const directory = join(folder, 'directory.y4m');
    mkdirSync(directory);
    const { code, stderr } = await kamaelia(['decode', testcard, directory, '--force', '--frames', '1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^kamaelia: Pipeline-\d+\/\S+: Expected a file that can be written for OUTPUT but received \S+: EISDIR.*\n$/,
    );
  });

  it('writes raw planar frames', async () => {
    const output = join(folder, 'raw.yuv');
    const { code, stderr } = await kamaelia(['decode', testcard, output]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^kamaelia: 300 frames in [\d.]+ s\n$/),
    });
    const bytes = readFileSync(output);
    expect(bytes.length).toBe(FRAMES * FRAME_BYTES);
    expect(md5(bytes)).toBe(TESTCARD_MD5);
  });

  it('writes the part that was asked for, as YUV4MPEG, to standard output too', async () => {
    const output = join(folder, 'part.y4m');
    await kamaelia(['decode', testcard, output, '--start', '10', '--frames', '3']);
    const file = readFileSync(output);
    const { code, bytes } = await kamaelia(['decode', testcard, '-', '--start', '10', '--frames', '3']);
    expect(code).toBe(0);
    expect(bytes.equals(file)).toBe(true);
    const headerEnd = file.indexOf(10) + 1;
    expect(file.length).toBe(headerEnd + 3 * (6 + FRAME_BYTES));
    const lines = (await kamaelia(['decode', testcard, '--frame-md5', '--frames', '13'])).stdout.split('\n');
    for (let n = 0; n < 3; n++) {
      const at = headerEnd + n * (6 + FRAME_BYTES) + 6;
      expect(`${10 + n} ${md5(file.subarray(at, at + FRAME_BYTES))}`).toBe(lines[10 + n]);
    }
  });

  it('takes a part beyond the end for nothing', async () => {
    expect(await kamaelia(['decode', testcard, '--frame-md5', '--start', '300'])).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it('says that there was no frame to write in the part that was asked for', async () => {
    const output = join(folder, 'beyond.y4m');
    for (const to of [output, '-']) {
      const { code, stdout, stderr } = await kamaelia(['decode', testcard, to, '--start', '5000']);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr).toMatch(/^kamaelia: warning: no frame in that part of the stream, so nothing was written\n/);
    }
    expect(existsSync(output)).toBe(false);
  });

  it('does not replace a file unless it is told to', async () => {
    const output = join(folder, 'there.yuv');
    writeFileSync(output, 'precious');
    const { code, stderr } = await kamaelia(['decode', testcard, output]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Expected a new file for OUTPUT but ${output} exists (--force replaces it)`);
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect((await kamaelia(['decode', testcard, output, '--force', '--frames', '1'])).code).toBe(0);
    expect(readFileSync(output).length).toBe(FRAME_BYTES);
  });

  it('leaves no file behind for an input that is none', async () => {
    const output = join(folder, 'never.y4m');
    expect((await kamaelia(['decode', '-', output], { input: 'nothing' })).code).toBe(1);
    expect(existsSync(output)).toBe(false);
  });

  it('prints what machines read', async () => {
    const { stdout } = await kamaelia(['decode', testcard, '--json', '--md5', '--frames', '5']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      input: testcard,
      frames: 5,
      damaged: 0,
      md5: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(result.stats).toMatchObject({ damaged: 0, skippedPictures: 0, bytesSkipped: 0, framesHeld: 0 });
  });

  it('ends with exit code 0 and in silence when its reader has seen enough', async () => {
    const line = new CommandLine(['decode', testcard, '-']);
    line.child.stdout?.once('data', () => line.child.stdout?.destroy());
    expect(await line.ended).toEqual({ code: 0, signal: null });
    expect(line.stderr).toBe('');
  });

  it('counts damage and goes on, with exit code 1 only when it is strict', async () => {
    const bytes = readFileSync(testcard);
    bytes.fill(0, 300_000, 340_000);
    const damaged = join(folder, 'damaged.drc');
    writeFileSync(damaged, bytes);
    const { code, stderr, stdout } = await kamaelia(['decode', damaged, '--json']);
    expect(code).toBe(0);
    const { frames, damaged: harmed, stats } = JSON.parse(stdout);
    expect(frames + stats.skippedPictures).toBeGreaterThan(280);
    expect(frames).toBeGreaterThan(100);
    expect(harmed + stats.skippedPictures).toBeGreaterThan(0);
    expect(stderr).toContain('bytes skipped');
    expect((await kamaelia(['decode', damaged, '--strict'])).code).toBe(1);
  });

  it('names the option for a picture that is too large', async () => {
    const { code, stderr } = await kamaelia(['decode', testcard, '--max-pixels', '1000']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/DiracDecoder-1: .*at most 1000 pixels.*maxPixels/);
  });

  const intra =
    streams === undefined
      ? []
      : readFileSync(join(streams, 'dirac', 'MANIFEST.tsv'), 'utf8')
          .split('\n')
          .map((line) => line.split('\t'))
          .filter(
            ([, , , , , , depth, features, , , peers]) =>
              /^intra (AC|only)/.test(features ?? '') && depth === '8' && peers?.includes('ffmpeg'),
          )
          .map(([name]) => name ?? '');
  const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  it.skipIf(intra.length === 0 || !ffmpeg)(
    'prints for intra streams, line for line, what ffmpeg prints with framemd5 (skipped without ffmpeg or streams)',
    async () => {
      expect(intra.length).toBeGreaterThan(8);
      for (const name of intra) {
        const input = join(streams ?? '', 'dirac', name);
        const { stdout } = await kamaelia(['decode', input, '--framemd5']);
        const rate = /^#tb 0: (\d+)\/(\d+)$/m.exec(stdout);
        const args = ['-nostdin', '-v', 'error', '-r', `${rate?.[2]}/${rate?.[1]}`, '-i', input];
        const peer = spawnSync('ffmpeg', [
          ...args,
          '-fps_mode',
          'passthrough',
          '-fflags',
          '+bitexact',
          '-f',
          'framemd5',
          '-',
        ]);
        const lines = peer.stdout
          .toString()
          .split('\n')
          .filter((line) => !line.startsWith('#software'));
        expect(stdout.split('\n'), name).toEqual(lines);
      }
    },
  );
});
