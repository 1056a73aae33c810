// SPDX-License-Identifier: Apache-2.0
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

const MOST_WAITING = 64;
const LONGEST_LINE = 1024 * 1024;
const LINE_FEED = 0x0a;

/** Lines of a stream, without their ends, a bounded number ahead of whoever takes them. */
export class LineInput {
  readonly #input: Readable;
  readonly #wake: () => void;
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  #ended = false;
  #error: unknown;
  #lineLength = 0;

  /** `wake` is called whenever {@link take} may have something new to say. */
  constructor(input: Readable, wake: () => void) {
    this.#input = input;
    this.#wake = wake;
    // Not as a terminal: the terminal itself edits the line, and Ctrl-C stays a signal.
    this.#lines = createInterface({ input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    this.#lines.on('line', this.#onLine);
    this.#lines.on('close', this.#onClose);
    this.#lines.on('error', this.#onError);
    input.on('error', this.#onError);
    // An input that is destroyed without an error says neither `end` nor `error`.
    input.on('close', this.#onClose);
    input.on('data', this.#onData);
    // A stream that has ended or failed already says nothing any more.
    if (input.readableEnded || input.destroyed) this.#onClose();
  }

  /** The next line; `undefined` while there is none yet; `null` at the end. Throws when the input failed. */
  take(): string | undefined | null {
    const line = this.#waiting.shift();
    if (line !== undefined) return line;
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended) return null;
    this.#lines.resume();
    return undefined;
  }

  /** Lets go of the input, which is left paused. */
  close(): void {
    this.#lines.off('close', this.#onClose);
    this.#lines.off('line', this.#onLine);
    this.#lines.close();
    this.#input.off('data', this.#onData);
    this.#input.off('error', this.#onError);
    this.#input.off('close', this.#onClose);
    this.#input.pause();
  }

  readonly #onLine = (line: string): void => {
    if (this.#waiting.push(line) >= MOST_WAITING) this.#lines.pause();
    this.#wake();
  };

  readonly #onClose = (): void => {
    this.#ended = true;
    this.#wake();
  };

  readonly #onError = (error: unknown): void => {
    this.#error ??= error;
    this.#wake();
  };

  // readline keeps what has no end yet, however long that becomes.
  readonly #onData = (chunk: Uint8Array | string): void => {
    const end = typeof chunk === 'string' ? chunk.lastIndexOf('\n') : chunk.lastIndexOf(LINE_FEED);
    this.#lineLength = end < 0 ? this.#lineLength + chunk.length : chunk.length - end - 1;
    if (this.#lineLength <= LONGEST_LINE) return;
    this.#onError(new RangeError(`ConsoleReader: Expected lines of at most ${LONGEST_LINE} bytes but received more`));
    this.#lines.close();
  };
}
