// SPDX-License-Identifier: Apache-2.0

const EVERY_MS = 200;

/** One line on standard error that is written over; nothing where that is no terminal. */
export class ProgressLine {
  readonly #terminal: boolean;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(terminal: boolean = process.stderr.isTTY === true) {
    this.#terminal = terminal;
  }

  /** Shows `text()`, five times a second at most. */
  show(text: () => string): void {
    if (!this.#terminal) return;
    const now = performance.now();
    if (now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    this.#shown = true;
    const columns = process.stderr.columns ?? 80;
    process.stderr.write(`\r${text().slice(0, columns - 1)}\u001b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
    this.#shown = false;
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  /** A line that stays, above the progress. */
  say(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }
}
