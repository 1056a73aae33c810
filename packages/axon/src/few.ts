// SPDX-License-Identifier: Apache-2.0
// Lists that hold one or none in most components, of which there may be very many. A list of fewer than two is never changed
// but replaced, so that it may be shared, and has no room to spare.

/** The list of none. */
export const NONE: readonly never[] = Object.freeze([]);

/** A list with one more; the list that was given is not to be used any more. */
export function withOne<T>(list: readonly T[], one: T): readonly T[] {
  if (list.length === 0) return [one];
  if (list.length === 1) return [list[0] as T, one];
  (list as T[]).push(one);
  return list;
}

/** A list with one less; the list that was given is not to be used any more. */
export function withoutOne<T>(list: readonly T[], one: T): readonly T[] {
  const at = list.indexOf(one);
  if (at < 0) return list;
  if (list.length === 1) return NONE;
  (list as T[]).splice(at, 1);
  return list;
}
