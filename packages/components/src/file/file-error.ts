// SPDX-License-Identifier: Apache-2.0
import { systemError } from '../system-error.js';

/** A file could not be opened, read or written. The component that threw it is named by the `ComponentError` around it. */
export class FileError extends Error {
  /** The operating system's code, such as `ENOENT`, or `LINE_TOO_LONG`. */
  readonly code: string;
  readonly filename: string;

  constructor(message: string, code: string, filename: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FileError';
    this.code = code;
    this.filename = filename;
  }
}

/** @internal */
export function fileError(doing: string, filename: string, cause: unknown, where = ''): FileError {
  const { code, text } = systemError(cause);
  return new FileError(`cannot ${doing} ${JSON.stringify(filename)}${where}: ${text}`, code, filename, cause);
}
