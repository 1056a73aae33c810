// SPDX-License-Identifier: Apache-2.0

/** Resolves when `condition` holds; looks once for each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUp = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > giveUp) throw new Error(`Expected within 10 s: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
