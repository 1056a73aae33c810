// SPDX-License-Identifier: Apache-2.0
// The article's reader, which blocks until there is a line and therefore has a thread of its own; see article-console.mjs.
import { readSync, writeSync } from 'node:fs';
import { Component } from '@kamaelia/axon';

export default class ConsoleReader extends Component {
  outbox = this.out('outbox');

  main() {
    const eol = '\n';
    for (;;) {
      // This blocks, so we use a thread.
      const line = rawInput('>>> ');
      if (line === undefined) return;
      this.outbox.send(line + eol);
    }
  }
}

/** What Python's `raw_input` does: a prompt, then a line without its end; undefined at the end of the input. */
function rawInput(prompt) {
  writeSync(1, prompt);
  const bytes = [];
  const byte = new Uint8Array(1);
  while (readSync(0, byte) > 0) {
    if (byte[0] === 10) return Buffer.from(bytes).toString();
    bytes.push(byte[0]);
  }
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString();
}
