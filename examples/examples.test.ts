// SPDX-License-Identifier: Apache-2.0
// Every example runs as users run it: as a program of its own, from what was compiled.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const here = import.meta.dirname;
const FRAMES = 300;

class Program {
  readonly child: ChildProcess;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';
  #changed: () => void = () => {};

  constructor(name: string, ...args: string[]) {
    this.child = spawn(process.execPath, [join(here, name), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal });
        this.#changed();
      });
    });
    this.child.stdout?.on('data', (data) => {
      this.stdout += data;
      this.#changed();
    });
    this.child.stderr?.on('data', (data) => {
      this.stderr += data;
    });
  }

  /** Resolves when standard output matches; rejects when the program ends first. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.child.exitCode !== null)
        throw new Error(`Expected ${pattern} but it ended: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async ends(): Promise<number | null> {
    return (await this.#exit).code;
  }

  kill(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return this.#exit;
  }
}

const programs: Program[] = [];
afterAll(async () => {
  for (const program of programs.splice(0)) await program.kill();
});

function start(name: string, ...args: string[]): Program {
  const program = new Program(name, ...args);
  programs.push(program);
  return program;
}

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

function run(name: string, input = ''): { status: number | null; stdout: Buffer; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, name)], {
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
  it('echo what is typed', () => {
    const { status, stdout, stderr } = run('console-echo.mjs', 'hello\nworld\n');
    const prompt = '>>> ';
    const parts = stdout.toString().split(prompt);
    // How prompts and echoes interleave depends on how the input arrives.
    expect({ status, prompts: parts.length - 1, echoed: parts.join(''), stderr }).toEqual({
      status: 0,
      prompts: 3,
      echoed: 'hello\nworld\n',
      stderr: '',
    });
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
