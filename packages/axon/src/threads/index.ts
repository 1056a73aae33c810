// SPDX-License-Identifier: Apache-2.0
export {
  type MessageCodec,
  registerMessageCodec,
  type SharedValueReader,
  type SharedValueWriter,
} from './message-codecs.js';
export type { OwnedOption, ThreadPorts } from './ports.js';
export { ThreadError } from './thread-error.js';
export { type ThreadedComponent, type ThreadedOptions, type ThreadSettings, threaded } from './threaded.js';
export { closeWorkerPool } from './worker-pool.js';
