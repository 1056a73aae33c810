// SPDX-License-Identifier: Apache-2.0
// A fast source against a slow sink, in a graph that is changed all the time: does memory stay flat?
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Component, group, Pipeline, swap, Tee } from '@kamaelia/axon';
import { parseNumbers } from './rivals-in-rounds.mjs';

const usage = `Usage: npm run bench -- runtime/flat-memory [--seconds 20] [--json FILE]

A source as fast as it may be sends blocks of 1 KiB through two components, one of which is replaced ten times a second and one
of which fails and begins again once a second, to a sink that takes one each millisecond and, through a queue that drops, to one
that takes one each 10 ms. Prints the resident set (median) and the heap (collected) of each tenth of the time. Exit code 1 if the
heap, or in runs of a minute and more the resident set, grows by 2 MB or more from the second tenth to the last.`;

const { seconds, json } = parseNumbers(usage, { seconds: 20 });
const MB = 1024 * 1024;

// V8 gives its young generation more room once, some minutes into a run. That is no leak, but looks like one.
const PINNED = '--max-semi-space-size=1';
if (!process.execArgv.includes(PINNED)) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', PINNED, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

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

/** Resident set in each tenth of the time, and the heap at its end, in megabytes. */
const tenths = Array.from({ length: 10 }, () => ({ rss: [], heap: 0 }));
let tick = 0;
function sample() {
  const tenth = tenths[Math.floor(tick++ / 10)];
  if (tenth === undefined) return;
  tenth.rss.push(process.memoryUsage().rss / MB);
  if (tick % 10 !== 0) return;
  globalThis.gc?.();
  globalThis.gc?.();
  tenth.heap = process.memoryUsage().heapUsed / MB;
  console.log(
    `${tick} %: rss ${median(tenth.rss).toFixed(1)} MB, heap ${tenth.heap.toFixed(2)} MB, ${slow.taken} taken`,
  );
}
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
const sampling = setInterval(sample, seconds * 10);
setTimeout(() => clearInterval(changes), seconds * 1000 - 200);
await running;
clearInterval(sampling);
while (tick < 100) sample();
const [second, last] = [tenths[1], tenths[9]];
const grown = { rssMb: median(last.rss) - median(second.rss), heapMb: last.heap - second.heap };
const flat = grown.heapMb < 2 && (seconds < 60 || grown.rssMb < 2);
console.log(
  `${made} blocks in ${seconds} s, ${replaced} replacements, ${restarting.restarts} restarts, ${slower.taken} taken of the ` +
    `dropping way: rss grew by ${grown.rssMb.toFixed(2)} MB, heap by ${grown.heapMb.toFixed(2)} MB (must 2): ${flat ? 'flat' : 'NOT FLAT'}`,
);
if (json) writeFileSync(json, `${JSON.stringify({ seconds, made, ...grown }, null, 2)}\n`);
process.exit(flat ? 0 : 1);
