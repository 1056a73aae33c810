// SPDX-License-Identifier: Apache-2.0

/**
 * What `*main()` returns. A plain `yield` parks the component until something changed, a yielded promise parks it
 * until that promise settled; for others see {@link Step}.
 */
export type Steps = Generator<unknown, void, unknown>;

/** A length of time. Always named by its unit, never a bare number; `ms` and `us` add up when both are given. */
export interface Duration {
  /** Milliseconds, may be fractional. */
  readonly ms?: number;
  /** Microseconds. */
  readonly us?: number;
}

/** Converts a {@link Duration} to microseconds; `owner` begins the error message. */
export function toMicroseconds(duration: Duration, owner: string): number {
  const us = typeof duration === 'object' && duration !== null ? (duration.ms ?? 0) * 1000 + (duration.us ?? 0) : NaN;
  if (!(us >= 0) || (duration.ms === undefined && duration.us === undefined)) {
    throw new TypeError(
      `${owner}: Expected { ms } or { us } of at least 0 for duration but received ${JSON.stringify(duration)}`,
    );
  }
  return us;
}

/** Checks a time of the runtime's clock; `owner` begins the error message. */
export function toInstant(atUs: number, owner: string): number {
  if (Number.isFinite(atUs)) return atUs;
  throw new TypeError(`${owner}: Expected a time in microseconds for atUs but received ${String(atUs)}`);
}

/** Parks the component until the runtime's clock reached `atUs`. Made by `this.sleep()`. */
export class SleepStep {
  readonly atUs: number;

  constructor(atUs: number) {
    this.atUs = atUs;
  }
}

class DirectiveStep {
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

/** Directives a component may yield. */
export const Step: {
  /** Stay runnable: the component gets another slice although nothing changed. */
  readonly again: object;
  /**
   * Park until something changes, as a plain `yield` does, but without the slice more that this gives after one that took or
   * sent something: for a component that looks at all that concerns it in each slice, and has then nothing left to do.
   */
  readonly parked: object;
} = Object.freeze({ again: new DirectiveStep('again'), parked: new DirectiveStep('parked') });

/**
 * @internal Park, though this slice took or sent something: for a component that has looked at everything it has, and that
 * whatever comes later makes runnable.
 */
export const PARK: object = Object.freeze({});

/** True for anything with a `then` method; also if looking for it throws, which whoever waits for it is to be told. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}
