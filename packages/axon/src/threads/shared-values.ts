// SPDX-License-Identifier: Apache-2.0
import type { Channel } from './channel.js';
import type { SharedValueReader, SharedValueWriter } from './message-codecs.js';

/** Notes about values that codecs share between two threads. */
export type ValueNote = { readonly value: readonly [number, object] } | { readonly forget: number };

/** Values given to the other thread: each crosses once, and is forgotten there when it was collected here. */
export class GivenValues implements SharedValueWriter {
  readonly outlives: boolean;
  readonly #channel: Channel;
  readonly #numbers = new WeakMap<object, number>();
  readonly #collected: FinalizationRegistry<number>;
  #last = 0;
  /** Numbers and values in turn. */
  #used: (number | object)[] = [];

  constructor(channel: Channel, outlives: boolean) {
    this.#channel = channel;
    this.outlives = outlives;
    this.#collected = new FinalizationRegistry((number) => this.#channel.note({ forget: number } satisfies ValueNote));
  }

  put(value: object): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = ++this.#last;
      this.#channel.note({ value: [number, value] } satisfies ValueNote);
      this.#numbers.set(value, number);
      this.#collected.register(value, number);
    }
    this.#used.push(number, value);
    return number;
  }

  /** What was put since the last call: numbers and values in turn. */
  takeUsed(): readonly (number | object)[] {
    const used = this.#used;
    this.#used = [];
    return used;
  }
}

/** Finds again what was put, for whoever has to dispose of the descriptor that refers to it. */
export class UsedValues implements SharedValueReader {
  readonly #used: readonly (number | object)[];

  constructor(used: readonly (number | object)[]) {
    this.#used = used;
  }

  get(number: number): object {
    const at = this.#used.indexOf(number);
    if (at < 0) throw neverPut(number);
    return this.#used[at + 1] as object;
  }
}

/** Values that the other thread gave. */
export class TakenValues implements SharedValueReader {
  readonly #channel: Channel;
  readonly #values = new Map<number, object>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get(number: number): object {
    // It was posted before what refers to it, but perhaps nobody has looked into the port since.
    let value = this.#values.get(number);
    if (value !== undefined) return value;
    this.#channel.pump();
    value = this.#values.get(number);
    if (value === undefined) throw neverPut(number);
    return value;
  }

  note(note: ValueNote): void {
    if ('value' in note) this.#values.set(...(note.value as [number, object]));
    else this.#values.delete(note.forget);
  }
}

function neverPut(number: number): RangeError {
  return new RangeError(`MessageCodec: Expected the number of a value that was put but received ${number}`);
}
