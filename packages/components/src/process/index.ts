// SPDX-License-Identifier: Apache-2.0
export type { Sendable } from '../bytes.js';
export { Pipethrough } from './pipethrough.js';
export { ProcessError, type ProcessExit } from './process-error.js';
export { type Command, UnixProcess, type UnixProcessOptions, type UnixProcessStats } from './unix-process.js';
