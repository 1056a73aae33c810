// SPDX-License-Identifier: Apache-2.0
// Examples as their users run them: programs of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const here = import.meta.dirname;

/** An example that runs. */
export class Program {
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

/** Starts an example; {@link endAll} ends it, whatever happens. */
export function start(name: string, ...args: string[]): Program {
  const program = new Program(name, ...args);
  programs.push(program);
  return program;
}

/** Kills what still runs. */
export async function endAll(): Promise<void> {
  for (const program of programs.splice(0)) await program.kill();
}
