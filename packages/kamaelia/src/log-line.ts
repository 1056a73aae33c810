// SPDX-License-Identifier: Apache-2.0
import type { LogEntry } from '@kamaelia/axon';

/** Says on standard error what a graph logs. */
export function logLine({ level, path, message }: LogEntry): void {
  if (level !== 'debug') process.stderr.write(`${level === 'info' ? '' : `${level}: `}${path}: ${message}\n`);
}
