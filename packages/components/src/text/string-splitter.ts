// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { nonEmptyString, optionsObject, shown, wholeNumber } from '../options.js';
import { Utf8Input } from './utf8-input.js';

/** Options of {@link StringSplitter}. */
export interface StringSplitterOptions {
  /** What stands between two pieces; at least one character. */
  readonly separator: string;
  /** UTF-16 units a piece may have, 1 to 2^28; a longer one fails the graph with a RangeError. Default 1048576. */
  readonly maxLength?: number;
}

const DEFAULT_LENGTH = 1_048_576;
const LARGEST_LENGTH = 2 ** 28;

/**
 * Cuts a stream of text at each separator, wherever its messages end; a separator may be cut too. What is behind the last
 * one is sent at the end of the stream, unless it is empty.
 *
 * `inbox`: text (`string`), or bytes in UTF-8 (`Uint8Array`) that may be cut within a character. What is not UTF-8 becomes
 * U+FFFD. Anything else fails the graph with a TypeError.
 * `outbox`: the pieces without their separators; empty ones too.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { StringSplitter } from '@kamaelia/components/text';
 *
 * const cells = new StringSplitter({ separator: ', ' });
 * await Pipeline(['red,', ' green, bl', 'ue'], cells, (colour) => console.log(colour)).run();
 */
export class StringSplitter extends Component {
  readonly inbox = this.in<string | Uint8Array>('inbox');
  readonly outbox = this.out<string>('outbox');
  readonly #separator: string;
  readonly #maxLength: number;
  /** The piece that has begun, but for what may be the beginning of a separator. */
  #begun = '';
  #tail = '';

  /** A string is the `separator`. */
  constructor(options: StringSplitterOptions | string) {
    super();
    const owner = new.target.name;
    const given =
      typeof options === 'string' ? { separator: options } : optionsObject(owner, options, ['separator', 'maxLength']);
    this.#separator = nonEmptyString(owner, 'separator', given.separator);
    this.#maxLength = wholeNumber(owner, 'maxLength', given.maxLength ?? DEFAULT_LENGTH, 1, LARGEST_LENGTH);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const input = new Utf8Input();
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
          throw new TypeError(`${this.constructor.name}: Expected text or bytes but received ${shown(message)}`);
        }
        yield* this.#split(input.take(message));
      }
      yield;
    }
    yield* this.#split(input.end());
    const rest = this.#begun + this.#tail;
    if (rest === '') return;
    while (!outbox.open) yield;
    outbox.send(this.piece(rest));
  }

  *#split(received: string): Steps {
    const { outbox } = this;
    const separator = this.#separator;
    const text = this.#tail + received;
    let from = 0;
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
      this.#check(this.#begun.length + at - from);
      const piece = this.#begun + text.slice(from, at);
      this.#begun = '';
      from = at + separator.length;
      // One message may be many pieces.
      while (!outbox.open) yield;
      outbox.send(this.piece(piece));
    }
    const kept = Math.max(from, text.length - separator.length + 1);
    this.#begun += text.slice(from, kept);
    this.#tail = text.slice(kept);
    this.#check(this.#begun.length);
  }

  #check(length: number): void {
    if (length <= this.#maxLength) return;
    throw new RangeError(
      `${this.constructor.name}: Expected at most ${this.#maxLength} characters before a separator ` +
        `(option maxLength) but received more`,
    );
  }

  /** What is sent for a piece. */
  protected piece(text: string): string {
    return text;
  }
}
