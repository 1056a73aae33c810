// SPDX-License-Identifier: Apache-2.0
// How the scripts of this folder start programs and speak.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The folder with reference streams, or undefined where this checkout has none beside it. */
export const shared = [process.env.KAMAELIA_SHARED, join(root, '..', 'shared')].find(
  (p) => p && existsSync(join(p, 'streams')),
);

/** Progress goes to stderr, so that results on stdout stay clean. */
export function say(text) {
  process.stderr.write(`kamaelia: ${text}\n`);
}

/** Whether a program of this name is on PATH. */
export function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => dir && existsSync(join(dir, program)));
}

/**
 * Runs a program to its end. `capture` returns its output instead of showing it; `quiet` shows it only when it failed.
 * @returns {{ ok: boolean, status: number | null, stdout: string, stderr: string }}
 */
export function run(command, args, { env = {}, cwd = root, capture = false, quiet = false, timeout } = {}) {
  const hidden = capture || quiet;
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', hidden ? 'pipe' : 'inherit', hidden ? 'pipe' : 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    ...(timeout === undefined ? {} : { timeout, killSignal: 'SIGKILL' }),
  });
  if (result.error && result.error.code !== 'ETIMEDOUT') throw result.error;
  const ok = result.status === 0;
  if (quiet && !ok) process.stderr.write(`${result.stdout}${result.stderr}`);
  return { ok, status: result.status, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

/** As run() with `capture`, while others run too. Its stdout and stderr are one text. */
export function start(command, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ ok: status === 0, status, output }));
  });
}

/** Runs functions that give promises, so many at a time, in their order. */
export async function inTurns(atOnce, tasks) {
  const left = [...tasks];
  const worker = async () => {
    for (let task = left.shift(); task; task = left.shift()) await task();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Runs a program and ends this script with exit code 1 where it fails. */
export function need(command, args, options) {
  const result = run(command, args, options);
  if (result.ok) return result;
  console.error(`Expected ${[command, ...args].join(' ')} to succeed but it ended with ${result.status ?? 'a signal'}`);
  process.exit(1);
}
