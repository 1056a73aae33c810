// SPDX-License-Identifier: Apache-2.0

/** After so many turns of the event loop the runtime itself has cleared what a component needed of it. */
const TURNS = 3;
/** The port to the graph's thread, and turns that are coming. */
const OF_EVERY_WORKER = new Set(['MessagePort', 'Immediate']);

/**
 * What the component that has ended left in this thread beside the runtime, such as a timer: whatever comes of it would be
 * taken for the next component's. Timers that were unref'd are not found.
 */
export async function leftovers(): Promise<string[]> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((kind) => !OF_EVERY_WORKER.has(kind));
}
