// SPDX-License-Identifier: Apache-2.0
import { readSync } from 'node:fs';
import { Component } from '@kamaelia/axon';

/** The article's ConsoleReader, as it was written: it blocks until there is a line. */
export default class ConsoleReader extends Component {
  outbox = this.out('outbox');
  #prompt;
  #eol;

  constructor({ prompt = '>>> ', eol = '\n' } = {}) {
    super();
    this.#prompt = prompt;
    this.#eol = eol;
  }

  main() {
    for (;;) {
      console.log(this.#prompt);
      const line = readLine();
      if (line === undefined) return;
      this.outbox.send(line + this.#eol);
    }
  }
}

function readLine() {
  const byte = new Uint8Array(1);
  let line = '';
  while (readSync(0, byte) > 0) {
    const character = String.fromCharCode(byte[0]);
    if (character === '\n') return line;
    line += character;
  }
  return line === '' ? undefined : line;
}
