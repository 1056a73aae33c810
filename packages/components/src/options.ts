// SPDX-License-Identifier: Apache-2.0
// Checks of constructor options; every message begins with the class's name and says what was expected.
import { type Duration, nearest } from '@kamaelia/axon';

/** How a value reads in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return shownObject(value);
  return String(value);
}

const LONGEST_SHOWN = 200;

function shownObject(value: object): string {
  const kind = value.constructor?.name ?? 'no class';
  if (ArrayBuffer.isView(value)) return `a ${kind} of ${value.byteLength} bytes`;
  try {
    const text = JSON.stringify(value);
    if (text !== undefined && text.length <= LONGEST_SHOWN) return text;
  } catch {
    // A component, or something else with a way back to itself.
  }
  return `an object of ${kind}`;
}

export function nonEmptyString(owner: string, name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${owner}: Expected a non-empty string for ${name} but received ${shown(value)}`);
}

export function anyString(owner: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${owner}: Expected a string for ${name} but received ${shown(value)}`);
}

export function trueOrFalse(owner: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${owner}: Expected true or false for ${name} but received ${shown(value)}`);
}

export function positiveNumber(owner: string, name: string, value: unknown): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${owner}: Expected a number for ${name} but received ${shown(value)}`);
  }
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`${owner}: Expected a finite number above 0 for ${name} but received ${shown(value)}`);
}

export function wholeNumber(owner: string, name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${owner}: Expected a number for ${name} but received ${shown(value)}`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(
    `${owner}: Expected a whole number from ${least} to ${most} for ${name} but received ${shown(value)}`,
  );
}

/** Microseconds of `{ ms }` or `{ us }`, above 0. */
export function positiveUs(owner: string, name: string, value: unknown): number {
  const total = microseconds(value);
  if (total > 0) return total;
  throw new TypeError(`${owner}: Expected { ms } or { us } above 0 for ${name} but received ${shown(value)}`);
}

/** Microseconds of `{ ms }` or `{ us }`, 0 or more. */
export function microsecondsFrom0(owner: string, name: string, value: unknown): number {
  const total = microseconds(value);
  if (total >= 0) return total;
  throw new TypeError(`${owner}: Expected { ms } or { us } of at least 0 for ${name} but received ${shown(value)}`);
}

/** NaN for what is no length of time. */
function microseconds(value: unknown): number {
  const { ms, us } = (typeof value === 'object' && value !== null ? value : {}) as Duration;
  const total = ms === undefined && us === undefined ? Number.NaN : (ms ?? 0) * 1000 + (us ?? 0);
  return Number.isFinite(total) ? total : Number.NaN;
}

/** The keys of T, every one of them. */
type AllOf<T, K extends readonly unknown[]> = [keyof T] extends [K[number]] ? unknown : { missing: keyof T };

/** The options object itself. With `known`, the names of all its options, it may have no others. */
export function optionsObject<T extends object, const K extends readonly (keyof T & string)[]>(
  owner: string,
  value: T,
  known?: K & AllOf<T, K>,
): T {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${owner}: Expected an object of options but received ${shown(value)}`);
  }
  if (known === undefined) return value;
  for (const name of Object.keys(value)) {
    if ((known as readonly string[]).includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === undefined ? `it has ${known.join(', ')}` : `did you mean ${near}?`;
    throw new TypeError(`${owner}: Expected the name of an option but received ${name}; ${hint}`);
  }
  return value;
}

/** An object that can be iterated; text can be too, by its characters, but nobody means that. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** The iterable itself; `value` may be anything at run time. */
export function iterable<T>(owner: string, name: string, value: Iterable<T>): Iterable<T> {
  if (isIterable(value)) return value;
  throw new TypeError(`${owner}: Expected a list or another iterable for ${name} but received ${shown(value)}`);
}
