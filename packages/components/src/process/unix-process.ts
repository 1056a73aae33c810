// SPDX-License-Identifier: Apache-2.0
import { Component, type Duration, type External, Step, type Steps } from '@kamaelia/axon';
import type { Sendable } from '../bytes.js';
import { Incoming } from '../flow/incoming.js';
import { Outgoing } from '../flow/outgoing.js';
import { nonEmptyString, optionsObject, positiveUs, shown, trueOrFalse } from '../options.js';
import { systemError } from '../system-error.js';
import { ProcessError, type ProcessExit } from './process-error.js';
import { ProcessGroup } from './process-group.js';

/** A command: text for the shell, or a program with its arguments, which no shell sees. */
export type Command = string | readonly string[];

/** Options of {@link UnixProcess}. */
export interface UnixProcessOptions {
  /** `'sort | uniq'` is run by `/bin/sh`, `['sort', '-n', filename]` as it is. */
  readonly command: Command;
  /** Folder to run it in. Default: that of this process. */
  readonly cwd?: string;
  /** Its environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes an exit with another code than 0, or by a signal, for an ordinary end. Default false: an error. */
  readonly allowFailure?: boolean;
  /** How long it may take to end when the component is stopped before it is killed; real time. Default 5 s. */
  readonly patience?: Duration;
}

/** Counters of a {@link UnixProcess}. */
export interface UnixProcessStats {
  /** Bytes handed to its standard input. */
  readonly bytesIn: number;
  /** Bytes of its standard output. */
  readonly bytesOut: number;
  /** Bytes of its standard error. */
  readonly bytesError: number;
}

const DEFAULT_PATIENCE_US = 5_000_000;
const TAIL_BYTES = 4096;

/**
 * Runs a program: what arrives at `inbox` is its standard input, what it writes comes from `outbox`, and what it
 * writes to its standard error from `error`.
 *
 * - Everything is bounded: while it does not read, messages wait in the inbox; while nobody takes what it writes, to
 *   either outbox, it is made to wait. Without a link to `error` that is dropped, but for its end.
 * - At the end of the inbox it is told the end of its input. Without a link to the inbox its input is empty.
 * - A program that does not read its input, or not all of it, is normal. What it did not want is disposed when it ends.
 * - The component ends when the program has ended, and everything that it started has closed its output, and all of
 *   it was sent on. With an exit code other than 0, or a signal, it then ends the graph with a {@link ProcessError}
 *   (`allowFailure` to take that for an end), before those behind it hear of an end of the stream.
 * - Stopped, or when nobody wants its output any more, it sends SIGTERM to the program and to everything it started
 *   (one process group), and SIGKILL after `patience`. It has ended when the program has. The group is a session of
 *   its own: it has no terminal, and no Ctrl-C; on the exit of this process it gets SIGTERM.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`, `error`: `Uint8Array`s as they come, each with a buffer of
 * its own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { UnixProcess } from '@kamaelia/components/process';
 *
 * const words = ['pear\n', 'apple\n', 'fig\n'];
 * await Pipeline(words, new UnixProcess('sort'), (bytes) => console.log(new TextDecoder().decode(bytes))).run();
 */
export class UnixProcess extends Component {
  // Of priority control, so that a full outbox does not keep bytes from the process; see Outgoing.
  readonly inbox = this.in<Sendable>('inbox', { capacity: 16, priority: 'control' });
  readonly outbox = this.out<Uint8Array>('outbox');
  readonly error = this.out<Uint8Array>('error', { role: 'control' });
  readonly #command: Command;
  readonly #cwd: string | undefined;
  readonly #env: Readonly<Record<string, string | undefined>> | undefined;
  readonly #allowFailure: boolean;
  readonly #patienceMs: number;
  readonly #external: External = this.external();
  #group: ProcessGroup | undefined;
  #stdin: Outgoing | undefined;
  #stdout: Incoming | undefined;
  #stderr: Incoming | undefined;
  #tail: Uint8Array = new Uint8Array(0);
  #exit: ProcessExit | undefined;

  /** A string or an array is the `command`. */
  constructor(options: UnixProcessOptions | Command) {
    super();
    const owner = this.constructor.name;
    const plain = typeof options === 'string' || Array.isArray(options);
    const given = plain
      ? { command: options as Command }
      : optionsObject(owner, options as UnixProcessOptions, ['command', 'cwd', 'env', 'allowFailure', 'patience']);
    const { command, cwd, env, allowFailure = false, patience } = given;
    this.#command = checkedCommand(owner, command);
    this.#cwd = cwd === undefined ? undefined : nonEmptyString(owner, 'cwd', cwd);
    this.#env = env === undefined ? undefined : optionsObject(owner, env);
    this.#allowFailure = trueOrFalse(owner, 'allowFailure', allowFailure);
    const patienceUs = patience === undefined ? DEFAULT_PATIENCE_US : positiveUs(owner, 'patience', patience);
    this.#patienceMs = patienceUs / 1000;
  }

  /** Process id, and id of its process group; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#exit === undefined ? this.#group?.pid : undefined;
  }

  /** How the process ended; undefined before that. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** What it has done so far. */
  get stats(): UnixProcessStats {
    return {
      bytesIn: this.#stdin?.bytes ?? 0,
      bytesOut: this.#stdout?.bytes ?? 0,
      bytesError: this.#stderr?.bytes ?? 0,
    };
  }

  override *main(): Steps {
    const group = this.#start();
    if (group.pid === undefined) {
      // It failed, and says why a moment later.
      yield* this.until(group.exited.catch((error: unknown) => Promise.reject(this.#notStarted(error))));
    }
    let left = true;
    try {
      this.#attach(group);
      yield* this.#converse();
      left = false;
      if (this.#allowFailure || this.#exit?.code === 0) return;
      // The last output may have been sent in this very slice: whoever takes it has its turn before the graph fails.
      yield Step.again;
      throw this.#failed();
    } finally {
      this.#stdin?.close();
      this.#stdout?.close();
      this.#stderr?.close();
      if (left) yield group.end(this.#patienceMs);
    }
  }

  #start(): ProcessGroup {
    const command = this.#command;
    const [file, ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    const input = this.inbox.linked || this.inbox.length > 0;
    try {
      this.#group = new ProcessGroup(file as string, args, { cwd: this.#cwd, env: this.#env, input });
      return this.#group;
    } catch (error) {
      throw this.#notStarted(error);
    }
  }

  #attach(group: ProcessGroup): void {
    const { inbox, clock } = this;
    const external = this.#external;
    const { name } = this.constructor;
    const wake = () => external.wake();
    if (group.stdin !== null) this.#stdin = new Outgoing(group.stdin, { name, inbox, external, clock });
    this.#stdout = new Incoming(group.stdout, this.outbox, wake);
    this.#stderr = new Incoming(group.stderr, this.error, wake);
    group.stderr.on('data', (chunk: Uint8Array) => {
      this.#tail = new Uint8Array(Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES));
    });
    group.exited.then(
      (exit) => {
        this.#exit = exit;
        external.wake();
      },
      () => {},
    );
  }

  *#converse(): Steps {
    for (;;) {
      this.#stdin?.pump();
      this.#stdout?.pump();
      this.#stderr?.pump();
      if (this.#stdin?.error !== undefined) throw this.#stdin.error;
      if (this.#exit !== undefined && this.#isQuiet(this.#stdout) && this.#isQuiet(this.#stderr)) return;
      if (this.inbox.ended && this.#stdin?.written) this.#stdin.end();
      yield;
    }
  }

  #isQuiet(output: Incoming | undefined): boolean {
    return output === undefined || (output.ended && output.delivered);
  }

  #failed(): ProcessError {
    const { code, signal } = this.#exit as ProcessExit;
    const stderr = new TextDecoder().decode(this.#tail);
    const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    return new ProcessError(`${this.#quoted} ${how}${last === '' ? '' : `: ${last}`}`, {
      code: signal === null ? 'EXIT' : 'SIGNAL',
      command: this.#spelled,
      exit: { code, signal },
      stderr,
    });
  }

  #notStarted(error: unknown): ProcessError {
    const { code, text } = systemError(error);
    const where = this.#cwd === undefined ? '' : ` in ${JSON.stringify(this.#cwd)}`;
    return new ProcessError(`cannot run ${this.#quoted}${where}: ${text}`, {
      code,
      command: this.#spelled,
      cause: error,
    });
  }

  get #spelled(): string {
    return typeof this.#command === 'string' ? this.#command : this.#command.join(' ');
  }

  get #quoted(): string {
    return JSON.stringify(this.#spelled);
  }
}

function checkedCommand(owner: string, command: unknown): Command {
  if (typeof command === 'string' && command !== '') return command;
  if (Array.isArray(command) && command.length > 0 && command[0] !== '') {
    if (command.every((part) => typeof part === 'string')) return [...command];
  }
  throw new TypeError(
    `${owner}: Expected a non-empty string or an array of a program and its arguments for command ` +
      `but received ${shown(command)}`,
  );
}
