// SPDX-License-Identifier: Apache-2.0

/**
 * How much a process grew, in KiB a sample: the median of the slopes between all pairs of sizes (resident bytes) behind
 * the first sixth, the warm-up. A collector's ups and downs cancel, a leak does not.
 */
export function residentGrowth(sizes: readonly number[]): number {
  const settled = sizes.slice(Math.ceil(sizes.length / 6));
  const slopes = settled.flatMap((a, i) => settled.slice(i + 1).map((b, j) => (b - a) / (j + 1))).sort((a, b) => a - b);
  return Math.round((slopes[slopes.length >> 1] ?? 0) / 1024);
}
