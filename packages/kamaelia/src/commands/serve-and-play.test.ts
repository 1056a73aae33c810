// SPDX-License-Identifier: Apache-2.0
// Two processes, as in the article: one serves, the other plays.
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandLine, testcard } from '../../test/command-line.js';

const FRAMES = 300;

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
