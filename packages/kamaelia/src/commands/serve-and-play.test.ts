// SPDX-License-Identifier: Apache-2.0
// Two processes, as in the article: one serves, the other plays.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, program, TESTCARD_MD5, testcard } from '../../test/command-line.js';

const FRAMES = 300;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-serve-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines: CommandLine[] = [];
afterEach(async () => {
  for (const line of lines.splice(0)) {
    line.child.kill('SIGKILL');
    await line.ended;
  }
});

function start(...args: string[]): CommandLine {
  const line = new CommandLine(args);
  lines.push(line);
  return line;
}

async function serving(...args: string[]): Promise<{ server: CommandLine; port: string }> {
  const server = start('serve', testcard, '--port', '0', ...args);
  const [, port = ''] = await server.says(/listening on 127\.0\.0\.1:(\d+)/);
  return { server, port };
}

describe('kamaelia serve and kamaelia play', () => {
  it('play all of it at the stream’s own rate', { timeout: 60_000 }, async () => {
    const { server, port } = await serving();
    const player = start('play', `tcp:127.0.0.1:${port}`, '--no-page', '--json');
    expect(await player.ended).toEqual({ code: 0, signal: null });
    expect(await server.ended).toEqual({ code: 0, signal: null });
    const { frames, damaged, lost, seconds } = JSON.parse(player.stdout);
    expect({ frames, damaged, lost }).toEqual({ frames: FRAMES, damaged: 0, lost: 0 });
    // 299 intervals of 40 ms, from the first frame that is shown.
    expect(seconds).toBeGreaterThan(11.9);
  });

  it('serve the next client when one was killed: it plays what follows', { timeout: 60_000 }, async () => {
    const { server, port } = await serving();
    const first = start('play', `tcp:127.0.0.1:${port}`, '--port', '0', '--no-wait');
    await first.says(/Watch at/);
    await server.says(/client 127\.0\.0\.1:\d+ /);
    first.child.kill('SIGKILL');
    await first.ended;
    await server.says(/left|gone|closed|reset/);
    const second = start('play', `tcp:127.0.0.1:${port}`, '--no-page', '--json');
    expect(await second.ended, second.stderr).toEqual({ code: 0, signal: null });
    expect(await server.ended, server.stderr).toEqual({ code: 0, signal: null });
    expect(JSON.parse(second.stdout).frames).toBeGreaterThan(100);
  });

  it('play on the frames that came when the server vanishes, and end with exit code 0 or a named error', {
    timeout: 60_000,
  }, async () => {
    const { server, port } = await serving();
    const player = start('play', `tcp:127.0.0.1:${port}`, '--port', '0', '--no-wait');
    await player.says(/Watch at/);
    await server.says(/client 127\.0\.0\.1:\d+ /);
    server.child.kill('SIGKILL');
    const { code, signal } = await player.ended;
    expect(signal).toBe(null);
    if (code !== 0) {
      expect(code).toBe(1);
      expect(player.stderr).toMatch(/TCPClient-1|DiracDecoder-1/);
    }
    expect(player.stderr).not.toContain('    at ');
  });

  it('name a port that is in use, with the path of the component', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as { port: number };
    try {
      const server = start('serve', testcard, '--port', String(port));
      expect(await server.ended).toEqual({ code: 1, signal: null });
      expect(server.stderr).toMatch(/^kamaelia: Pipeline-1\/SingleServer-1: .*EADDRINUSE/m);
      const player = start('play', testcard, '--port', String(port));
      expect(await player.ended).toEqual({ code: 1, signal: null });
      expect(player.stderr).toMatch(/^kamaelia: Pipeline-1\/VideoOverlay-1: .*EADDRINUSE/m);
      for (const { stderr } of [server, player]) expect(stderr).not.toContain('    at ');
    } finally {
      other.close();
    }
  });

  it('play a file from its beginning again for as long as anybody wants', { timeout: 60_000 }, async () => {
    const { server, port } = await serving('--loop', '--bitrate', '50000000');
    const decoder = start('decode', `tcp:127.0.0.1:${port}`, '--frame-md5', '--frames', '700');
    expect(await decoder.ended).toEqual({ code: 0, signal: null });
    const digests = decoder.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]);
    expect(digests).toHaveLength(700);
    expect(digests.slice(300, 600)).toEqual(digests.slice(0, 300));
    server.child.kill('SIGINT');
    expect(await server.ended).toEqual({ code: 130, signal: null });
  });
});

describe('the rate at which a file is sent', () => {
  it.each(['1', '100'])('may be as low as %s bit/s', async (bitrate) => {
    const { server, port } = await serving('--bitrate', bitrate);
    const player = start('probe', `tcp:127.0.0.1:${port}`);
    await server.says(/client 127\.0\.0\.1:\d+ /);
    server.child.kill('SIGINT');
    expect(await server.ended).toEqual({ code: 130, signal: null });
    expect(server.stderr).not.toContain('    at ');
    await player.ended;
  });

  it('may be as high as 10 Gbit/s', async () => {
    const { server, port } = await serving('--bitrate', '10000000000');
    expect(await kamaelia(['decode', `tcp:127.0.0.1:${port}`, '--md5'])).toMatchObject({ stdout: `${TESTCARD_MD5}\n` });
    expect(await server.ended, server.stderr).toEqual({ code: 0, signal: null });
  });

  it('is none for a stream without pictures: exit code 1 and a sentence', async () => {
    const bytes = readFileSync(testcard);
    // The first data unit, a sequence header, and the end of the sequence.
    const end = Buffer.from('4242434410000000000000000d', 'hex');
    const head = join(folder, 'head.drc');
    writeFileSync(head, Buffer.concat([bytes.subarray(0, bytes.readUInt32BE(5)), end]));
    for (const args of [
      ['serve', head, '--port', '0'],
      ['play', head, '--no-page', '--through-tcp'],
    ]) {
      const { code, stdout, stderr } = await kamaelia(args);
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: '',
        stderr: `kamaelia: Expected a stream with pictures but ${head} has headers only\n`,
      });
    }
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  it('is not probed: serve wants a bit rate for it, and play --through-tcp a file', async () => {
    const pipe = join(folder, 'unread');
    execFileSync('mkfifo', [pipe]);
    expect(await kamaelia(['serve', pipe, '--port', '0'])).toMatchObject({
      code: 2,
      stderr: `kamaelia: Expected --bitrate for ${pipe}, which is no regular file, but received none; see kamaelia serve --help\n`,
    });
    expect(await kamaelia(['play', pipe, '--no-page', '--through-tcp'])).toMatchObject({
      code: 2,
      stderr: `kamaelia: Expected a regular file for INPUT with --through-tcp but received ${pipe}; see kamaelia play --help\n`,
    });
  });

  it('is served at a bit rate, and played by its own times', { timeout: 60_000 }, async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const fill = () => spawn('sh', ['-c', 'cat "$0" > "$1"', testcard, pipe], { stdio: 'inherit' });
    const server = start('serve', pipe, '--port', '0', '--bitrate', '100000000');
    const [, port = ''] = await server.says(/listening on 127\.0\.0\.1:(\d+)/);
    fill();
    expect(await kamaelia(['decode', `tcp:127.0.0.1:${port}`, '--md5'])).toMatchObject({ stdout: `${TESTCARD_MD5}\n` });
    expect(await server.ended, server.stderr).toEqual({ code: 0, signal: null });
    fill();
    const { code, stdout } = await kamaelia(['play', pipe, '--no-page', '--json']);
    expect(code).toBe(0);
    const { frames, seconds } = JSON.parse(stdout);
    expect(frames).toBe(FRAMES);
    expect(seconds).toBeGreaterThan(11.9);
  });
});

describe('kamaelia play --json', () => {
  const short = () => {
    const path = join(folder, 'short.drc');
    writeFileSync(path, readFileSync(testcard).subarray(0, 60_000));
    return path;
  };

  it('ends with exit code 0 and in silence when nobody reads its counts', async () => {
    const player = start('play', short(), '--no-page', '--json');
    player.child.stdout?.destroy();
    expect(await player.ended).toEqual({ code: 0, signal: null });
    expect(player.stderr).not.toMatch(/played| {4}at |EPIPE/);
  });

  it.skipIf(!existsSync('/dev/full'))('says why its counts cannot be written, with exit code 1', async () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, 'play', short(), '--no-page', '--json'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^kamaelia: ENOSPC.*$/m);
    expect(stderr).not.toContain('    at ');
  });
});
