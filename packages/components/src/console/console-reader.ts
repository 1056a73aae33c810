// SPDX-License-Identifier: Apache-2.0
import type { Readable, Writable } from 'node:stream';
import { Component, type Outbox } from '@kamaelia/axon';
import { anyString, optionsObject } from '../options.js';
import { LineInput } from './line-input.js';

/** Options of {@link ConsoleReader}. */
export interface ConsoleReaderOptions {
  /** Written before each line is read. Default `'>>> '`. */
  readonly prompt?: string;
  /** Added to each line that is sent. Default a line feed. */
  readonly eol?: string;
  /** Default `process.stdin`. */
  readonly input?: Readable;
  /** Where the prompt goes. Default `process.stdout`. */
  readonly output?: Writable;
}

/**
 * Reads lines from the console and sends each with `eol` behind it. Ends when the input does, and lets go of stdin
 * when it ends or is stopped, so that the process may exit.
 *
 * Prompts when somebody wants the next line: while its outbox is full it does not read. A line of more than 1 MiB is
 * an error. The terminal itself edits the line; Ctrl-C and Ctrl-D keep their meaning.
 *
 * `outbox`: strings.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ConsoleEchoer, ConsoleReader } from '@kamaelia/components/console';
 * import { Readable } from 'node:stream';
 *
 * const input = Readable.from(['hello\nwor', 'ld\n']);
 * await Pipeline(new ConsoleReader({ prompt: '', input }), new ConsoleEchoer()).run();
 */
export class ConsoleReader extends Component {
  readonly outbox: Outbox<string> = this.out<string>('outbox');
  readonly #prompt: string;
  readonly #eol: string;
  readonly #input: Readable;
  readonly #output: Writable;

  constructor(options: ConsoleReaderOptions = {}) {
    super();
    const owner = 'ConsoleReader';
    const {
      prompt = '>>> ',
      eol = '\n',
      input,
      output,
    } = optionsObject(owner, options, ['prompt', 'eol', 'input', 'output']);
    this.#prompt = anyString(owner, 'prompt', prompt);
    this.#eol = anyString(owner, 'eol', eol);
    this.#input = input ?? process.stdin;
    this.#output = output ?? process.stdout;
  }

  override async main(): Promise<void> {
    const { outbox } = this;
    const external = this.external();
    await outbox.room();
    const lines = new LineInput(this.#input, () => external.wake());
    try {
      for (;;) {
        if (this.#prompt !== '') this.#output.write(this.#prompt);
        let line = lines.take();
        for (; line === undefined; line = lines.take()) await this.change();
        if (line === null) return;
        outbox.send(line + this.#eol);
        await outbox.room();
      }
    } finally {
      lines.close();
    }
  }
}
