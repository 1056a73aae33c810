// SPDX-License-Identifier: Apache-2.0
// What runs in each worker of the pool: one component after another.
import { parentPort } from 'node:worker_threads';
import { Component } from '../component.js';
import { type Job, RETIRE, type WorkerNote } from './job.js';
import { leftovers } from './leftovers.js';
import { ThreadError, toPosted } from './thread-error.js';
import { WorkerSide } from './worker-side.js';

parentPort?.on('message', (job: Job | typeof RETIRE) => {
  if (job === RETIRE) parentPort?.close();
  else void run(job);
});

async function run(job: Job): Promise<void> {
  let side: WorkerSide;
  try {
    side = new WorkerSide(job, await load(job));
  } catch (error) {
    const failure = { path: job.path, thrown: toPosted(error) };
    job.port.postMessage({ over: { failure, leaves: await leftovers() } } satisfies WorkerNote);
    return;
  }
  await side.run();
}

async function load({ module, options }: Job): Promise<Component> {
  let made: unknown;
  let exports: { readonly default?: unknown };
  try {
    exports = (await import(module)) as typeof exports;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ThreadError('MODULE_UNUSABLE', `Expected a module at ${module} but importing it failed: ${why}`, {
      cause,
    });
  }
  const { default: maker } = exports;
  if (typeof maker === 'function') {
    if (maker.prototype instanceof Component) made = new (maker as new (options: unknown) => Component)(options);
    else if (!/^class\b/.test(String(maker))) made = (maker as (options: unknown) => unknown)(options);
  }
  if (made instanceof Component) return made;
  throw new ThreadError(
    'MODULE_UNUSABLE',
    `Expected a component class, or a function that returns a component, as default export of ${module} but received ` +
      `${typeof maker === 'function' ? maker.name : String(maker)} (made with another copy of @kamaelia/axon?)`,
  );
}
