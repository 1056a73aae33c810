// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, type Ending, program, testcard } from '../test/command-line.js';

let folder = '';
let pipe = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-interruption-'));
  pipe = join(folder, 'pipe');
  if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Resolves when the process has the pipe open. */
async function hasOpen(pid: number | undefined): Promise<void> {
  const folderOfDescriptors = `/proc/${pid}/fd`;
  const isPipe = (fd: string) => {
    try {
      return readlinkSync(join(folderOfDescriptors, fd)) === pipe;
    } catch {
      // Closed meanwhile.
      return false;
    }
  };
  while (!readdirSync(folderOfDescriptors).some(isPipe)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(process.platform !== 'linux')('one signal', () => {
  it.each([
    ['probe', 'SIGINT', 130, []],
    ['decode', 'SIGTERM', 143, []],
    ['serve', 'SIGINT', 130, ['--port', '0', '--bitrate', '1000']],
    ['play', 'SIGINT', 130, ['--no-page']],
  ] as const)('ends %s of a named pipe that nobody writes', async (command, signal, code, options) => {
    const line = new CommandLine([command, pipe, ...options]);
    await hasOpen(line.child.pid);
    line.child.kill(signal);
    expect(await line.ended).toEqual({ code, signal: null });
    expect(line.stderr).not.toContain('    at ');
  });

  it('ends decode whose reader does not read', async () => {
    const child = spawn(process.execPath, [program, 'decode', testcard, '-'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<Ending>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise((resolve) => child.stdout.once('readable', resolve));
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
    child.stdout.destroy();
  });
});
