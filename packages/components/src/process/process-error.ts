// SPDX-License-Identifier: Apache-2.0

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  /** 0 to 255; null when a signal ended it. */
  readonly code: number | null;
  /** Such as `SIGKILL`; null when it ended by itself. */
  readonly signal: NodeJS.Signals | null;
}

/** A process could not be started, or failed. The `ComponentError` around it has the component's path. */
export class ProcessError extends Error {
  /** `EXIT`, `SIGNAL`, or why it could not be started, such as `ENOENT`. */
  readonly code: string;
  /** The command as it was given, arguments separated by spaces. */
  readonly command: string;
  /** How it ended; undefined when it could not be started. */
  readonly exit: ProcessExit | undefined;
  /** The end of what it wrote to its standard error, at most 4 KiB. */
  readonly stderr: string;

  constructor(
    message: string,
    details: { code: string; command: string; exit?: ProcessExit; stderr?: string; cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ProcessError';
    this.code = details.code;
    this.command = details.command;
    this.exit = details.exit;
    this.stderr = details.stderr ?? '';
  }
}
