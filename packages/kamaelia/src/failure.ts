// SPDX-License-Identifier: Apache-2.0
import { ComponentError } from '@kamaelia/axon';

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** The command was called in a way that cannot work: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A signal asked the program to end; outputs are closed, then it exits with 128 and the signal's number. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

function* causes(error: unknown): Generator<unknown> {
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 16; depth++) {
    yield at;
    at = at instanceof Error ? at.cause : undefined;
  }
}

/** The exit code for what a command threw, and the line to say on stderr, if any. */
export function failureOf(error: unknown): { exitCode: number; message?: string } {
  for (const cause of causes(error)) {
    if (cause instanceof Interrupted) return { exitCode: cause.exitCode };
    if (cause instanceof UsageError) return { exitCode: EXIT.wrongUse, message: cause.message };
    // Whoever read our output has seen enough.
    if ((cause as { code?: unknown }).code === 'EPIPE' && (cause as { syscall?: unknown }).syscall === 'write') {
      return { exitCode: EXIT.done };
    }
  }
  if (error instanceof ComponentError || (error instanceof Error && 'code' in error)) {
    return { exitCode: EXIT.failed, message: error.message };
  }
  return { exitCode: EXIT.failed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
