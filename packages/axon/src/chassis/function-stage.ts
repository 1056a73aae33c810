// SPDX-License-Identifier: Apache-2.0
import { Component, TASK } from '../component.js';
import { disposeMessage } from '../dispose.js';
import type { Inbox } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';
import { FusedRow, type FusibleStep, HAND_OVER } from './fusion.js';

/** A message whose result is not there yet, or was an error. */
interface Unfinished {
  readonly outcome: 'threw' | 'promised';
  readonly result: unknown;
  readonly message: unknown;
}

/** Calls a function with each message, one at a time, and sends its results; with adjacent ones as one {@link FusedRow}. */
export class FunctionStage extends Component implements FusibleStep {
  readonly inbox: Inbox = this.in<unknown>('inbox');
  readonly outbox: Outbox = this.out<unknown>('outbox');
  readonly call: (message: unknown) => unknown;
  /** Its `finally` block runs however it ends. */
  #entered = false;
  #promises = false;
  #unfinished: Unfinished | undefined;

  constructor(call: (message: unknown) => unknown) {
    super();
    this.call = call;
    if (call.name !== '') this.name = call.name;
  }

  get filters(): boolean {
    return false;
  }

  get apart(): boolean {
    return !this.#entered || this.#promises || this.#unfinished !== undefined;
  }

  [HAND_OVER](outcome: 'threw' | 'promised', result: unknown, message: unknown): void {
    this.#unfinished = { outcome, result, message };
    if (outcome === 'promised') this.#promises = true;
  }

  override *main(): Steps {
    const { inbox } = this;
    const row = new FusedRow(this[TASK], inbox, this.outbox, this);
    try {
      this.#entered = true;
      for (;;) {
        if (this.#unfinished !== undefined) yield* this.#finish(this.#unfinished);
        if (inbox.ended) return;
        if (inbox.ready) {
          const { outcome, result, message } = row.run(Number.POSITIVE_INFINITY);
          if (outcome === 'threw') throw result;
          if (outcome === 'promised') this[HAND_OVER]('promised', result, message);
        }
        if (this.#unfinished === undefined) yield;
      }
    } finally {
      this.#drop();
    }
  }

  *#finish({ outcome, result, message }: Unfinished): Steps {
    if (outcome === 'threw') {
      this.#unfinished = undefined;
      throw result;
    }
    const settled = yield* this.until(result as PromiseLike<unknown>);
    this.#unfinished = undefined;
    if (!this.filters) {
      if (settled !== null && settled !== undefined) this.outbox.send(settled);
    } else if (settled) this.outbox.send(message);
    else disposeMessage(message);
  }

  /** Stopped while the function was at work: its late result is nobody's. */
  #drop(): void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined) return;
    this.#unfinished = undefined;
    const { outcome, result, message } = unfinished;
    if (this.filters) disposeMessage(message);
    if (outcome === 'threw') this[TASK].graph?.fail(this[TASK], result);
    else (result as PromiseLike<unknown>).then(this.filters ? () => {} : disposeMessage, () => {});
  }
}

/** Sends those messages on for which a function gives something true, and disposes of the others. */
export class FilterStage extends FunctionStage {
  override get filters(): boolean {
    return true;
  }
}

/** What {@link map} and {@link filter} give. */
export type StepComponent<I, O> = Component & { readonly inbox: Inbox<I>; readonly outbox: Outbox<O> };

/**
 * A component that calls a function with each message and sends its result: what a plain function is in a `Pipeline`, for
 * where a component is wanted. `null` and `undefined` are not sent; a promise is waited for, so the order stays. The function
 * owns the message. Adjacent ones run as one, as fast as if the functions called each other.
 *
 * `inbox`: what the function takes.
 * `outbox`: what it gives.
 *
 * @param call Is given each message; what it gives is sent.
 *
 * @example
 * import { filter, map, Pipeline } from '@kamaelia/axon';
 *
 * const squares = map((n) => n * n);
 * const odd = filter((n) => n % 2 === 1);
 * await Pipeline([1, 2, 3, 4], squares, odd, (n) => console.log(n)).run();
 */
export function map<I, O>(call: (message: I) => O): StepComponent<I, NonNullable<Awaited<O>>> {
  return new FunctionStage(functionFor('map', call)) as unknown as StepComponent<I, NonNullable<Awaited<O>>>;
}

/**
 * A component that sends those messages on for which a function gives something true, or a promise of that; the others are
 * disposed of. Adjacent ones, and {@link map}, run as one.
 *
 * `inbox`: anything that the function takes.
 * `outbox`: some of it.
 *
 * @param keep Is given each message; something true keeps it.
 *
 * @example
 * import { filter, Pipeline } from '@kamaelia/axon';
 *
 * await Pipeline(['sea', '', 'sky'], filter((line) => line !== ''), (line) => console.log(line)).run();
 */
export function filter<T>(keep: (message: T) => unknown): StepComponent<T, T> {
  return new FilterStage(functionFor('filter', keep)) as unknown as StepComponent<T, T>;
}

function functionFor<T>(owner: string, call: (message: T) => unknown): (message: unknown) => unknown {
  if (typeof call === 'function') return call as (message: unknown) => unknown;
  throw new TypeError(`${owner}: Expected a function but received ${String(call)}`);
}
