// SPDX-License-Identifier: Apache-2.0
// `npm start` as a newcomer sees it: the page in a browser, its pixels beside the decoder's output.
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { DiracDecoder } from '@kamaelia/dirac';
import type { VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { launch, skipped } from '../../display/test/chromium.js';

const root = join(import.meta.dirname, '..', '..', '..');
const testcard = join(root, 'examples', 'media', 'testcard.drc');
const FRAMES = 300;
const WANTED = 20;
const LEVELS = 2;

type Hook = {
  state: string;
  frameNumber: number;
  readPixels(): { frameNumber: number; width: number; height: number; data: Uint8Array };
};

/** Runs in the page: whether it shows a newer frame, or will show none any more. */
function isNewer(than: number): boolean {
  const hook = (globalThis as unknown as { kamaelia: Hook }).kamaelia;
  return hook.frameNumber > than || hook.state === 'ended';
}

/** Runs in the page: what it shows now, as text, which crosses into this process fastest. */
function readBack(after: number): { number: number; pixels: string } | undefined {
  const hook = (globalThis as unknown as { kamaelia: Hook }).kamaelia;
  if (hook.frameNumber <= after) return undefined;
  const { frameNumber, data } = hook.readPixels();
  let bytes = '';
  for (let at = 0; at < data.length; at += 8192) bytes += String.fromCharCode(...data.subarray(at, at + 8192));
  return { number: frameNumber, pixels: btoa(bytes) };
}

async function converted(wanted: ReadonlySet<number>): Promise<Map<number, Uint8Array>> {
  const pictures = new Map<number, Uint8Array>();
  await Pipeline(createReadStream(testcard), new DiracDecoder(), async (frame: VideoFrame) => {
    if (wanted.has(frame.pts)) {
      const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
      await frame.copyTo(rgba, { format: 'RGBA' });
      pictures.set(frame.pts, rgba);
    }
    frame.close();
  }).run();
  return pictures;
}

function started(args: string[], folder = root): SpawnSyncReturns<string> {
  const program = join(root, 'ci', 'start.mjs');
  const env = { ...process.env, INIT_CWD: folder };
  return spawnSync(process.execPath, [program, ...args], { cwd: root, encoding: 'utf8', env });
}

/** Runs npm start with a browser that looks on to the end, and reads back what frames it can, up to WANTED in all. */
async function lookOn(seen: Map<number, Uint8Array>): Promise<void> {
  const player = spawn(process.execPath, [join(root, 'ci', 'start.mjs'), '--port', '0', '--json'], { cwd: root });
  let stdout = '';
  let stderr = '';
  player.stdout.on('data', (data) => {
    stdout += data;
  });
  const ended = new Promise<number | null>((resolve) => {
    player.on('close', resolve);
  });
  const url = await new Promise<string>((resolve, reject) => {
    player.stderr.on('data', (data) => {
      stderr += data;
      const found = /Watch at (http:\S+)/.exec(stderr)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`Expected an address but it ended with ${code}: ${stderr}`)));
  });
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    for (let last = -1; seen.size < WANTED; ) {
      await page.waitForFunction(isNewer, last);
      const found = await page.evaluate(readBack, last);
      if (found === undefined) break;
      last = found.number;
      seen.set(last, Buffer.from(found.pixels, 'base64'));
    }
    await page.waitForFunction(() => (globalThis as unknown as { kamaelia: Hook }).kamaelia.state === 'ended');
    const shown = await page.evaluate(() => (globalThis as unknown as { kamaelia: Hook }).kamaelia.frameNumber);
    expect(shown).toBe(FRAMES - 1);
    expect(errors).toEqual([]);
    expect(await ended).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ frames: FRAMES, damaged: 0, lost: 0 });
  } finally {
    await browser.close();
    player.kill('SIGTERM');
    await ended;
  }
}

describe('npm start', () => {
  it.skipIf(skipped)(
    'plays the test card to its end, in the colours of the decoder (skipped where there is no browser)',
    { timeout: 180_000 },
    async () => {
      const seen = new Map<number, Uint8Array>();
      // A busy machine may not read enough back in one run of 12 s.
      for (let run = 0; run < 4 && seen.size < WANTED; run++) await lookOn(seen);
      expect(seen.size, 'frames read back').toBe(WANTED);
      const expected = await converted(new Set(seen.keys()));
      expect(expected.size).toBe(seen.size);
      for (const [number, pixels] of seen) {
        const wanted = expected.get(number) ?? new Uint8Array();
        expect(pixels.length, `frame ${number}`).toBe(wanted.length);
        let largest = 0;
        for (let i = 0; i < wanted.length; i++)
          largest = Math.max(largest, Math.abs((pixels[i] ?? 0) - (wanted[i] ?? 0)));
        expect(largest, `levels apart in frame ${number}`).toBeLessThanOrEqual(LEVELS);
      }
    },
  );

  it('describes itself', () => {
    expect(started(['--help']).stdout).toContain('Usage: npm start');
  });

  it('plays from an address without a server of its own', () => {
    const { status, stderr } = started(['tcp:127.0.0.1:1', '--no-page']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/TCPClient-1: .*127\.0\.0\.1:1\b.*ECONNREFUSED/);
  });

  it.each(['text.drc', 'file:text.drc', './text.drc'])('finds %s in the folder where npm was called', (input) => {
    const folder = mkdtempSync(join(tmpdir(), 'kamaelia-start-'));
    try {
      writeFileSync(join(folder, 'text.drc'), 'no video at all');
      const { status, stderr } = started([input, '--no-page'], folder);
      expect(stderr).toContain('Expected a Dirac stream');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
