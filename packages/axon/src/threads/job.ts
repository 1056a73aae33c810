// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { LogEntry } from '../log.js';
import type { ChannelMemory } from './channel.js';
import type { CrossingNote } from './crossing.js';
import type { PostedThrow } from './thread-error.js';

/** A box of a threaded component as its worker has to know it. */
export interface JobBox {
  readonly name: string;
  /** The component has to have it. */
  readonly required: boolean;
  readonly owned: boolean;
}

/** What a worker is to run. */
export interface Job {
  /** Address of the module. */
  readonly module: string;
  readonly options: unknown;
  /** Path of the component in its graph. */
  readonly path: string;
  readonly ins: readonly JobBox[];
  readonly outs: readonly JobBox[];
  readonly port: MessagePort;
  readonly memory: ChannelMemory;
}

/** Posted to a worker that is to run no further job. */
export const RETIRE = 'retire';

/** How a component ended. */
export interface JobEnd {
  /** Absent when it ended in order. */
  readonly failure?: { readonly path: string; readonly thrown: PostedThrow };
  /** It left something in its thread that may still do anything; see `leftovers()`. */
  readonly leaves: readonly string[];
}

/** Notes of a worker. */
export type WorkerNote =
  | { readonly ready: readonly (number | undefined)[] }
  | { readonly log: LogEntry }
  | { readonly over: JobEnd }
  | CrossingNote;
