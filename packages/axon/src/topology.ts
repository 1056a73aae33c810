// SPDX-License-Identifier: Apache-2.0
/** @internal Grows with every change of what leads where, or of who goes on: what was found out about that is then void. */
export const wiring: { epoch: number } = { epoch: 0 };

const watchers = new Set<() => void>();

/**
 * @internal Calls `changed` whenever boxes are linked or unlinked, or components come or go, in any scheduler; in the middle
 * of that, so it may only take note. Returns what ends it.
 */
export function watchTopology(changed: () => void): () => void {
  watchers.add(changed);
  return () => {
    watchers.delete(changed);
  };
}

/** @internal */
export function topologyChanged(): void {
  wiring.epoch++;
  for (const changed of watchers) changed();
}
