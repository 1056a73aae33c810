// SPDX-License-Identifier: Apache-2.0
import { withOne, withoutOne } from './few.js';
import type { Task } from './task.js';

/**
 * The parts of a component, in the order in which they were added: a list, and from when one of very many has ended a set.
 * To take each of 40 000 connections out of a list took as long as to move all that are behind it.
 */
export type Parts = readonly Task[] | ReadonlySet<Task>;

const MANY = 64;

/** With one more; what was given is not to be used any more. */
export function withPart(parts: Parts, part: Task): Parts {
  if (!(parts instanceof Set)) return withOne(parts as readonly Task[], part);
  parts.add(part);
  return parts;
}

/** With one less; what was given is not to be used any more. */
export function withoutPart(parts: Parts, part: Task): Parts {
  if (!(parts instanceof Set) && countOf(parts) <= MANY) return withoutOne(parts as readonly Task[], part);
  const set = parts instanceof Set ? (parts as Set<Task>) : new Set(parts);
  set.delete(part);
  return set;
}

export function countOf(parts: Parts): number {
  return 'size' in parts ? parts.size : parts.length;
}
