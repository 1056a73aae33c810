// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ProcessExit } from './process-error.js';

/** How {@link ProcessGroup} starts a process. */
export interface SpawnOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Whether it gets an input; without one it reads an empty file. */
  readonly input: boolean;
}

// Processes of a program that exits without ending its graphs: they have process groups of their own, so nobody else
// would tell them.
const running = new Set<ProcessGroup>();
const endAll = () => {
  for (const group of running) group.kill('SIGTERM');
};

/**
 * A process with everything that it starts: one process group, so that one signal reaches all of it, the shell and
 * what the shell runs.
 */
export class ProcessGroup {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process itself has ended; rejects when it could not be started. */
  readonly exited: Promise<ProcessExit>;
  readonly #closed: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable | null, Readable, Readable>;

  /** Throws what the system refuses at once. */
  constructor(file: string, args: readonly string[], { cwd, env, input }: SpawnOptions) {
    const child = spawn(file, args, {
      cwd,
      env,
      detached: true,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exited = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      // After a start that succeeded it says that a signal could not be sent, which kill() answers itself.
      child.on('error', (error) => {
        this.#forget();
        reject(error);
      });
    });
    this.exited.catch(() => {});
    // Behind the exit there may still be others in the group; they hold its pipes until they end.
    this.#closed = new Promise((resolve) => {
      child.once('close', () => {
        this.#forget();
        resolve();
      });
    });
    if (child.pid === undefined) return;
    if (running.size === 0) process.on('exit', endAll);
    running.add(this);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a signal to the whole group. False when nobody is left in it. */
  kill(signal: NodeJS.Signals): boolean {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }

  /**
   * Asks the whole group to end, and makes it after `patienceMs` of real time. What it still writes is dropped.
   * Resolves when the process has ended, and the others too or they have been made to.
   */
  async end(patienceMs: number): Promise<void> {
    for (const stream of [this.stdout, this.stderr]) stream.resume();
    this.stdin?.destroy();
    this.kill('SIGTERM');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.#closed, deadline]);
    clearTimeout(timer);
    // Also when all is closed: some may have closed their output and gone on.
    this.kill('SIGKILL');
    await this.exited;
    for (const stream of [this.stdout, this.stderr]) stream.destroy();
  }

  #forget(): void {
    if (!running.delete(this)) return;
    if (running.size === 0) process.off('exit', endAll);
  }
}
