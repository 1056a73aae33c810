// SPDX-License-Identifier: Apache-2.0
import type { Component } from '@kamaelia/axon';
import { EXIT } from '../failure.js';
import { logLine } from '../log-line.js';

/** Nothing can happen any more, and yet the graph has not ended. */
class IdleGraphError extends Error {
  override readonly name = 'IdleGraphError';
  readonly code = 'IDLE_GRAPH';
}

/**
 * Runs to the end, or until the process would end because everything waits for what can never come; `onIdle` is called
 * then, while the graph still is as it was. Resolves to the seconds it took.
 */
export async function runToTheEnd(
  root: Component,
  signal: AbortSignal,
  onIdle: () => void = () => {},
): Promise<number> {
  const idle = new AbortController();
  const onBeforeExit = () => {
    onIdle();
    const why =
      'Expected the graph to end but every component waits, and nothing is under way; is an inbox not linked?';
    idle.abort(new IdleGraphError(why));
  };
  process.once('beforeExit', onBeforeExit);
  const beganMs = performance.now();
  try {
    await root.run({ signal: AbortSignal.any([signal, idle.signal]), onLog: logLine, onUnhandled: 'abort-all' });
  } finally {
    process.off('beforeExit', onBeforeExit);
  }
  return (performance.now() - beganMs) / 1000;
}

/** Says how long a graph ran, and gives the exit code of one that has come to its end. */
export function sayEnd(seconds: number): number {
  process.stderr.write(`kamaelia: ran for ${seconds.toFixed(1)} s\n`);
  // A graph that the module started beside this one has failed, and said so.
  return process.exitCode ? EXIT.failed : EXIT.done;
}
