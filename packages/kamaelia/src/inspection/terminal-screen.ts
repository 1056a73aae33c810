// SPDX-License-Identifier: Apache-2.0
import type { TableSize } from './live-table.js';

/** What is used of `process.stderr` and `process.stdout`. */
export type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'isTTY'>;

const NEWLINE = 10;

/**
 * Lines on a terminal that are written over. What the program writes meanwhile to `others` that are terminals, or to the
 * terminal itself, comes above them.
 */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #write: (text: string) => void;
  readonly #restore: (() => void)[] = [];
  #shown = 0;
  #midLine = false;

  constructor(terminal: Terminal, others: readonly Terminal[]) {
    this.#terminal = terminal;
    const { write } = terminal;
    this.#write = (text) => {
      write.call(terminal, text);
    };
    for (const stream of [terminal, ...others]) {
      if (stream.isTTY) this.#restore.push(this.#standAside(stream));
    }
  }

  /** What fits without the terminal breaking a line or scrolling. */
  get size(): TableSize {
    const { columns, rows } = this.#terminal;
    return { columns: Math.max(1, (columns || 80) - 1), rows: Math.max(1, (rows || 24) - 1) };
  }

  /** Shows lines in place of those before. */
  show(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\u001b[K\n`).join('');
    // One write: nobody sees half of it.
    this.#write(`${this.#home()}${this.#midLine ? '\n' : ''}${text}\u001b[J`);
    this.#midLine = false;
    this.#shown = lines.length;
  }

  /** Leaves what is shown, and the terminal to others. */
  close(): void {
    for (const restore of this.#restore) restore();
    this.#restore.length = 0;
  }

  #home(): string {
    return this.#shown === 0 ? '' : `\u001b[${this.#shown}A\r`;
  }

  #standAside(stream: Terminal): () => void {
    const { write } = stream;
    stream.write = new Proxy(write, {
      apply: (_target, _self, args: unknown[]) => {
        if (this.#shown > 0) this.#write(`${this.#home()}\u001b[J`);
        this.#shown = 0;
        const [data] = args as [unknown];
        if (typeof data === 'string' && data !== '') this.#midLine = !data.endsWith('\n');
        else if (data instanceof Uint8Array && data.length > 0) this.#midLine = data.at(-1) !== NEWLINE;
        return Reflect.apply(write, stream, args);
      },
    });
    return () => {
      stream.write = write;
    };
  }
}
