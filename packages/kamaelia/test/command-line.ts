// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
/** The command line itself, for Node. */
export const program: string = join(root, 'packages', 'kamaelia', 'bin', 'kamaelia.mjs');

/** The sample that is part of the repository. */
export const testcard: string = join(root, 'examples', 'media', 'testcard.drc');
export const TESTCARD_MD5 = '133c0f7c48baa6e68e9998a43058f04c';

/** The folder of reference streams, or undefined where there is none. */
export const streams: string | undefined = [process.env.KAMAELIA_SHARED ?? '', join(root, '..', 'shared')]
  .map((folder) => join(folder, 'streams'))
  .find((folder) => existsSync(folder));

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A `kamaelia` process. */
export class CommandLine {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #stdout: Buffer[] = [];
  stderr = '';
  #changed: () => void = () => {};

  constructor(args: readonly string[], options: { cwd?: string; input?: Uint8Array | string; program?: string } = {}) {
    this.child = spawn(process.execPath, [options.program ?? program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.child.stdin?.on('error', () => {});
    this.child.stdin?.end(options.input ?? '');
    this.child.stdout?.on('data', (data: Buffer) => {
      this.#stdout.push(data);
      this.#changed();
    });
    this.child.stderr?.on('data', (data) => {
      this.stderr += data;
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal });
        this.#changed();
      });
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stdout(): string {
    return this.bytes.toString();
  }

  /** Resolves when standard error matches; rejects when the process ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`Expected ${pattern} but it ended with ${this.child.exitCode}: ${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** Runs a command to its end. */
export async function kamaelia(
  args: readonly string[],
  options: { cwd?: string; input?: Uint8Array | string } = {},
): Promise<{ code: number | null; stdout: string; bytes: Buffer; stderr: string }> {
  const line = new CommandLine(args, options);
  const { code } = await line.ended;
  return { code, stdout: line.stdout, bytes: line.bytes, stderr: line.stderr };
}
