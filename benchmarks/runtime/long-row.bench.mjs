// SPDX-License-Identifier: Apache-2.0
// How long after the last message of a row of 100 components is its promise settled?
import { writeFileSync } from 'node:fs';
import { Component, Pipeline } from '@kamaelia/axon';
import { parseNumbers } from './rivals-in-rounds.mjs';

const usage = `Usage: npm run bench -- runtime/long-row [--stages 100] [--rounds 200] [--json FILE]

Sends one message through a row of components that pass it on, when the row has been idle; takes the time from there to the end
of the promise of run(), through the end of every component.`;

const { stages, rounds, json } = parseNumbers(usage, { stages: 100, rounds: 200 });

class Source extends Component {
  outbox = this.out('outbox');
  #external = this.external();
  #sentAt = 0;
  send() {
    this.#external.wake();
  }
  get sentAt() {
    return this.#sentAt;
  }
  *main() {
    yield;
    this.#sentAt = performance.now();
    this.outbox.send(1);
  }
}

class Pass extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  *main() {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv());
      yield;
    }
  }
}

const times = [];
for (let n = 0; n < rounds; n++) {
  const source = new Source();
  const running = Pipeline(source, ...Array.from({ length: stages }, () => new Pass()), (m) => m).run();
  await new Promise((resolve) => setTimeout(resolve, 2));
  source.send();
  await running;
  times.push(performance.now() - source.sentAt);
}
times.sort((a, b) => a - b);
const at = (part) => times[Math.floor((times.length - 1) * part)];
const result = { stages, rounds, p50Ms: at(0.5), p90Ms: at(0.9), leastMs: at(0) };
console.log(
  `${stages} stages, last message to settled promise: p50 ${result.p50Ms.toFixed(3)} ms, p90 ${result.p90Ms.toFixed(3)} ms, ` +
    `least ${result.leastMs.toFixed(3)} ms (must: below 1 ms)`,
);
if (json) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
