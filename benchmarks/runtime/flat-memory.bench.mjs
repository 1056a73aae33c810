// SPDX-License-Identifier: Apache-2.0
// A fast source against a slow sink, in a graph that is changed all the time: does memory stay flat?
import { Component, group, Pipeline, swap, Tee } from '@kamaelia/axon';
import { parseNumbers } from './rivals-in-rounds.mjs';

const usage = `Usage: npm run bench -- runtime/flat-memory [--seconds 20] [--json FILE]

A source as fast as it may be sends blocks of 1 KiB through two components, one of which is replaced ten times a second and one
of which fails and begins again once a second, to a sink that takes one each millisecond and, through a queue that drops, to one
that takes one each 10 ms. Prints the resident set and the heap after each tenth of the time. Exit code 1 if the heap, or in
runs of a minute and more the resident set, grows by 2 MB or more from the second tenth to the last.`;

const { seconds } = parseNumbers(usage, { seconds: 20 });
const MB = 1024 * 1024;

let made = 0;
let replaced = 0;

class Source extends Component {
  outbox = this.out('outbox');
  *main() {
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      while (this.outbox.open) {
        made++;
        this.outbox.send(new Uint8Array(1024));
      }
      yield;
    }
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

class Fails extends Pass {
  *main() {
    const until = performance.now() + 1000;
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        if (performance.now() > until) throw new Error('planned');
        this.outbox.send(this.inbox.recv());
      }
      yield;
    }
  }
}

class Slow extends Component {
  inbox = this.in('inbox');
  taken = 0;
  constructor(ms) {
    super();
    this.ms = ms;
  }
  *main() {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        this.inbox.recv();
        this.taken++;
        yield* this.sleep({ ms: this.ms });
      }
      yield;
    }
  }
}

const [slow, slower] = [new Slow(1), new Slow(10)];
let present = new Pass();
const restarting = group(() => new Fails(), { supervise: 'restart', max: 1000, window: { ms: 1000 } });
const graph = Pipeline(
  new Source(),
  present,
  restarting,
  Tee(slow, { part: slower, policy: 'drop-oldest', capacity: 16 }),
);
const running = graph.run({ onLog: () => {} });
let replacing = false;
const changes = setInterval(async () => {
  // The one before has not come to its end: it is held back.
  if (replacing) return;
  replacing = true;
  const next = new Pass();
  const old = present;
  present = next;
  replaced++;
  await swap(old, next);
  replacing = false;
}, 100);

const samples = [];
function sample() {
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  samples.push({ rssMb: rss / MB, heapMb: heapUsed / MB });
  const { rssMb, heapMb } = samples[samples.length - 1];
  console.log(
    `${samples.length * 10} %: rss ${rssMb.toFixed(1)} MB, heap ${heapMb.toFixed(2)} MB, ${slow.taken} taken`,
  );
}
const sampling = setInterval(() => {
  if (samples.length < 9) sample();
}, seconds * 100);
setTimeout(() => clearInterval(changes), seconds * 1000 - 200);
await running;
clearInterval(sampling);
sample();
const [, second] = samples;
const last = samples[samples.length - 1];
const grown = { rssMb: last.rssMb - second.rssMb, heapMb: last.heapMb - second.heapMb };
const flat = grown.heapMb < 2 && (seconds < 60 || grown.rssMb < 2);
console.log(
  `${made} blocks in ${seconds} s, ${replaced} replacements, ${restarting.restarts} restarts, ${slower.taken} taken of the ` +
    `dropping way: rss grew by ${grown.rssMb.toFixed(2)} MB, heap by ${grown.heapMb.toFixed(2)} MB (must 2): ${flat ? 'flat' : 'NOT FLAT'}`,
);
process.exit(flat ? 0 : 1);
