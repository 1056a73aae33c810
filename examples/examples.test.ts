// SPDX-License-Identifier: Apache-2.0
// Every example runs as users run it: as a program of its own, from what was compiled.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endAll, start } from './program.js';

const here = import.meta.dirname;
const FRAMES = 300;

afterAll(endAll);

/** Whether the article's port can be had; another program of this machine may have it. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return free;
}

function run(name: string, input = '', ...args: string[]): { status: number | null; stdout: Buffer; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, name), ...args], {
    input,
    maxBuffer: 256 * 1024 * 1024,
  });
  return { status, stdout, stderr: stderr.toString() };
}

describe.concurrent('the article’s Dirac server and player', () => {
  it('play all frames as one program', { timeout: 120_000 }, async () => {
    expect(await isFree(1601), 'port 1601 is free').toBe(true);
    const program = start('dirac-server-and-player.mjs');
    expect({ code: await program.ends(), stdout: program.stdout }).toEqual({
      code: 0,
      stdout: `${FRAMES} frames shown\n`,
    });
    expect(program.stderr).toMatch(/^VideoOverlay: watch at http:\/\/127\.0\.0\.1:\d+\/\n$/);
  });

  it('play on as two programs when the player was killed and started again', { timeout: 120_000 }, async () => {
    const server = start('dirac-server.mjs', join(here, 'media', 'testcard.drc'), '0');
    const [, port = ''] = await server.says(/serving .* on port (\d+)\n/);
    const first = start('dirac-player.mjs', '127.0.0.1', port);
    await first.says(/playing/);
    await first.kill();
    const second = start('dirac-player.mjs', '127.0.0.1', port);
    expect(await second.ends(), second.stderr).toBe(0);
    expect(await server.ends(), server.stderr).toBe(0);
    expect(server.stdout).toContain('served to the end');
    const shown = Number(/(\d+) frames shown/.exec(second.stdout)?.[1]);
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(FRAMES);
  });
});

describe('the other examples', () => {
  it.each(['console-echo.mjs', 'article-console.mjs'])('echo what is typed: %s', (name) => {
    const { status, stdout, stderr } = run(name, 'hello\nworld\n');
    const prompt = '>>> ';
    const parts = stdout.toString().split(prompt);
    // How prompts and echoes interleave depends on how the input arrives, and on the thread.
    expect({ status, prompts: parts.length - 1, echoed: parts.join(''), stderr }).toEqual({
      status: 0,
      prompts: 3,
      echoed: 'hello\nworld\n',
      stderr: '',
    });
  });

  it('show slides as the buttons say', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slides-'));
    try {
      const slides = ['one', 'two', 'three'].map((name) => join(folder, name));
      for (const slide of slides) await writeFile(slide, `slide ${basename(slide)}\n`);
      const { status, stdout, stderr } = run('presentation.mjs', 'n\nn\nn\np\nf\nno button\nl\n', ...slides);
      const shown = ['one', 'two', 'three', 'two', 'one', 'three'].map((name) => `slide ${name}\n`).join('');
      expect({ status, stdout: stdout.toString(), stderr }).toEqual({ status: 0, stdout: shown, stderr: '' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['dirac-player.mjs', ['127.0.0.1', '1'], /TCPClient-1: .*127\.0\.0\.1:1.*ECONNREFUSED/],
    ['play-through.mjs', ['127.0.0.1', '1', 'cat'], /TCPClient-1: .*127\.0\.0\.1:1.*ECONNREFUSED/],
    ['dirac-server.mjs', ['/no/such/file', '0'], /ReadFileAdaptor-1: .*\/no\/such\/file/],
    ['decode-to-y4m.mjs', ['/no/such/file'], /ReadFileAdaptor-1: .*\/no\/such\/file/],
  ])('say in a line what is not there: %s', (name, args, line) => {
    const { status, stderr } = run(name, '', ...args);
    expect({
      status,
      lines: stderr
        .trimEnd()
        .split('\n')
        .filter((text) => !text.includes('watch at')),
    }).toEqual({
      status: 1,
      lines: [expect.stringMatching(line)],
    });
  });

  const vc2 = [process.env.KAMAELIA_SHARED ?? '', join(here, '..', '..', 'shared')]
    .map((folder) => join(folder, 'streams', 'dirac', 'bbc_hq_fragments.vc2'))
    .find((file) => existsSync(file));
  it.skipIf(vc2 === undefined)('send VC-2 over RTP and receive it (needs ../shared)', () => {
    const { status, stdout, stderr } = run('vc2-over-rtp.mjs', '', vc2 ?? '');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.toString()).toMatch(/^v=0\r\n[\s\S]*m=video \d+ RTP\/AVP 96\r\n/);
    expect(stdout.toString()).toMatch(/\n3 pictures sent, 3 received whole, 0 damaged; 0 of 20 packets lost\n$/);
  });

  it('add up even and odd numbers', () => {
    const { status, stdout, stderr } = run('graph-of-own-components.mjs');
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 0,
      stdout: 'even 12, odd 9\n',
      stderr: '',
    });
  });

  it('decode to YUV4MPEG', () => {
    const { status, stdout, stderr } = run('decode-to-y4m.mjs');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const header = stdout.subarray(0, stdout.indexOf(10) + 1);
    expect(header.toString()).toMatch(/^YUV4MPEG2 W640 H360 F25:1 Ip A1:1 C420/);
    const size = 'FRAME\n'.length + 640 * 360 * 1.5;
    expect(stdout.length).toBe(header.length + FRAMES * size);
    const hash = createHash('md5');
    for (let at = header.length; at < stdout.length; at += size) hash.update(stdout.subarray(at + 6, at + size));
    expect(hash.digest('hex')).toBe('133c0f7c48baa6e68e9998a43058f04c');
  });
});
