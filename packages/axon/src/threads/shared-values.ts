// SPDX-License-Identifier: Apache-2.0
import type { Channel } from './channel.js';
import type { SharedValueReader, SharedValueWriter } from './message-codecs.js';

/** Notes about values that codecs share between two threads. */
export type ValueNote = { readonly value: readonly [number, object] } | { readonly forget: number };

/** Values given to the other thread: each crosses once, and is forgotten there when it was collected here. */
export class GivenValues implements SharedValueWriter {
  readonly #channel: Channel;
  readonly #numbers = new WeakMap<object, number>();
  readonly #collected: FinalizationRegistry<number>;
  #last = 0;
  #used = new Map<number, object>();

  constructor(channel: Channel) {
    this.#channel = channel;
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
    this.#used.set(number, value);
    return number;
  }

  /** What was put since the last call, for whoever has to dispose of the descriptor that refers to it. */
  takeUsed(): SharedValueReader {
    const used = this.#used;
    if (used.size > 0) this.#used = new Map();
    return { get: (number) => knownValue(used, number) };
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
    if (!this.#values.has(number)) this.#channel.pump();
    return knownValue(this.#values, number);
  }

  note(note: ValueNote): void {
    if ('value' in note) this.#values.set(...(note.value as [number, object]));
    else this.#values.delete(note.forget);
  }
}

function knownValue(values: ReadonlyMap<number, object>, number: number): object {
  const value = values.get(number);
  if (value !== undefined) return value;
  throw new RangeError(`MessageCodec: Expected the number of a value that was put but received ${number}`);
}
