// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import { RETIRE } from './job.js';

// Workers run the compiled package, also when this thread runs its sources, and then without what leads to those.
const fromSources = import.meta.url.endsWith('.ts');
const ENTRY = new URL(fromSources ? '../../dist/threads/worker-entry.js' : './worker-entry.js', import.meta.url);

// A worker has the options of its process unless it is told otherwise. What kind of program the text after --eval is, it
// refuses to be told, and then has to be told all that does concern it: how modules are found and compiled.
const FOR_WORKERS = new Set(
  `--import --require -r --loader --experimental-loader --conditions -C --enable-source-maps --no-warnings --no-deprecation
  --preserve-symlinks --experimental-strip-types --experimental-transform-types --experimental-vm-modules`.split(/\s+/),
);

/** @internal Of the options of a process: those that its workers take. */
export function optionsForWorkers(execArgv: readonly string[]): string[] | undefined {
  if (!execArgv.some((arg) => arg.startsWith('--input-type'))) return undefined;
  return execArgv.filter((arg, i) => {
    if (arg.startsWith('-')) return FOR_WORKERS.has(arg.split('=', 1)[0] as string);
    const before = execArgv[i - 1];
    return before !== undefined && FOR_WORKERS.has(before);
  });
}

const execArgv = fromSources ? [] : optionsForWorkers(process.execArgv);

/** How long what a component left in its thread may go on there. */
const RETIRE_WITHIN_MS = 1000;

/** Told when a worker ends while it is somebody's. */
export type OnWorkerEnd = (exitCode: number, error: unknown) => void;

/** A thread that runs one component after another. */
export class PooledWorker {
  /** A worker with limits of its own is nobody else's. */
  readonly shared: boolean;
  readonly #worker: Worker;
  #onEnd: OnWorkerEnd | undefined;
  #error: unknown;
  #generation = generation;
  #ending = false;
  #retired: ReturnType<typeof setTimeout> | undefined;

  constructor(resourceLimits: ResourceLimits | undefined) {
    this.shared = resourceLimits === undefined;
    this.#worker = new Worker(ENTRY, {
      name: 'kamaelia',
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(execArgv === undefined ? {} : { execArgv }),
    });
    // What keeps the process alive is the component that holds outside work, not the thread.
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#error = error;
      // Its component has ended in order, so there is nobody else to tell.
      if (this.#onEnd === undefined) console.error('[error] a worker failed after its component had ended:', error);
    });
    this.#worker.on('exit', (exitCode) => {
      idle.delete(this);
      clearTimeout(this.#retired);
      const onEnd = this.#onEnd;
      this.#onEnd = undefined;
      onEnd?.(exitCode, this.#error);
    });
  }

  /** @internal */
  begin(onEnd: OnWorkerEnd): void {
    this.#onEnd = onEnd;
  }

  post(job: object, transfer: readonly Transferable[]): void {
    this.#worker.postMessage(job, transfer);
  }

  /** Keeps the worker for the next component, as long as there are no more than the machine can use. */
  release(): void {
    this.#onEnd = undefined;
    if (this.#ending) return;
    if (this.shared && this.#generation === generation && idle.size < mostIdle) idle.add(this);
    else void this.terminate();
  }

  /** Has the thread end by itself when all is done that its component left there, or after a while in the middle of that. */
  retire(): void {
    this.#onEnd = undefined;
    this.#ending = true;
    this.#worker.postMessage(RETIRE);
    this.#retired = setTimeout(() => void this.terminate(), RETIRE_WITHIN_MS);
    this.#retired.unref();
  }

  async terminate(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }
}

const mostIdle = Math.max(1, availableParallelism() - 1);
const idle = new Set<PooledWorker>();
let generation = 0;

/** A worker that nobody has: a warm one where there is one. */
export function acquireWorker(resourceLimits: ResourceLimits | undefined, onEnd: OnWorkerEnd): PooledWorker {
  let worker: PooledWorker | undefined;
  if (resourceLimits === undefined) [worker] = idle;
  if (worker === undefined) worker = new PooledWorker(resourceLimits);
  else idle.delete(worker);
  worker.begin(onEnd);
  return worker;
}

/**
 * Ends the workers that wait for a next component; those that have one end after it. Workers do not keep a process
 * alive, so a program need not call this; one that wants the memory back may. The next component starts new ones.
 */
export async function closeWorkerPool(): Promise<void> {
  generation++;
  const ending = [...idle];
  idle.clear();
  await Promise.all(ending.map((worker) => worker.terminate()));
}
