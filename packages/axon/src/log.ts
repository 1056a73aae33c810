// SPDX-License-Identifier: Apache-2.0

/** Severity of a log entry. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line a component or the runtime had to say. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Path of the component, or `Scheduler`. */
  readonly path: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Receives every entry of a graph. */
export type LogHook = (entry: LogEntry) => void;

/** The default hook: warnings and errors to stderr, the rest nowhere. */
export const logToStderr: LogHook = ({ level, path, message, fields }) => {
  if (level !== 'warn' && level !== 'error') return;
  const extra = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  console.error(`[${level}] ${path}: ${message}${extra}`);
};
