// SPDX-License-Identifier: Apache-2.0
// How long an event from outside takes to its component: from external.wake() in a callback of the event loop to the
// component's slice, against setImmediate() from the same kind of callback to its own.
import { Component } from '@kamaelia/axon';
import { median, parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const { events, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/outside-event.bench.mjs [--events N] [--rounds N] [--json FILE]

Microseconds from external.wake() in a callback to the slice of the component, beside setImmediate() from such a
callback, event by event in turn, in a loop that is busy and in one that slept until a timer. Prints the median of the
rounds' p50 (at least 5 rounds; N events after timers, 20 N in the busy loop), wall time.
The clock's own two readings are in the numbers and shown.`,
  { events: 500, rounds: 7 },
);

class Listener extends Component {
  begunMs = 0;
  answered = undefined;
  ended = false;
  *main() {
    this.wakeUp = this.external();
    this.wakeUp.hold();
    while (!this.ended) {
      const nowMs = performance.now();
      this.answered?.(nowMs - this.begunMs);
      this.answered = undefined;
      yield;
    }
    this.wakeUp.release();
  }
}

const listener = new Listener();
const running = listener.run();
await new Promise((resolve) => setImmediate(resolve));

const fromTimer = (event) => setTimeout(event, 1);
const fromBusyLoop = (event) => setImmediate(event);

function component(begin) {
  return new Promise((resolve) => {
    begin(() => {
      listener.answered = resolve;
      listener.begunMs = performance.now();
      listener.wakeUp.wake();
    });
  });
}

function immediate(begin) {
  return new Promise((resolve) => {
    begin(() => {
      const begunMs = performance.now();
      setImmediate(() => {
        const nowMs = performance.now();
        resolve(nowMs - begunMs);
      });
    });
  });
}

function clockAlone() {
  const begunMs = performance.now();
  return performance.now() - begunMs;
}

// A loop that sleeps between events has cold caches, so the two kinds are not mixed; nor has either rival the first place.
const kinds = [
  { kind: 'busy loop', begin: fromBusyLoop, count: events * 20, mine: [], theirs: [] },
  { kind: 'timer', begin: fromTimer, count: events, mine: [], theirs: [] },
];
const clock = [];
for (let round = -1; round < rounds; round++) {
  for (const { begin, count, mine, theirs } of kinds) {
    const times = { mine: [], theirs: [] };
    for (let event = 0; event < count; event++) {
      if (event & 1) times.mine.push((await component(begin)) * 1000);
      times.theirs.push((await immediate(begin)) * 1000);
      if (!(event & 1)) times.mine.push((await component(begin)) * 1000);
    }
    if (round < 0) continue;
    mine.push(median(times.mine));
    theirs.push(median(times.theirs));
  }
  const readings = [];
  for (let event = 0; event < events; event++) readings.push(clockAlone() * 1000);
  if (round >= 0) clock.push(median(readings));
}
listener.ended = true;
listener.wakeUp.wake();
await running;

const p50Us = (p50s) => Number(median(p50s).toFixed(2));
const results = kinds.flatMap(({ kind, mine, theirs }) => [
  { name: `component, ${kind}`, p50Us: p50Us(mine) },
  { name: `setImmediate, ${kind}`, p50Us: p50Us(theirs) },
]);
results.push({ name: 'the clock alone', p50Us: p50Us(clock) });
for (const result of results) console.log(`${result.name.padEnd(24)}${result.p50Us.toFixed(2).padStart(8)} us p50`);
const asked = (what, mine, theirs) =>
  verdict({ what, value: results[mine].p50Us, unit: 'us', must: results[theirs].p50Us, aim: 0.3, better: 'less' });
const verdicts = [
  asked('wake() to slice, busy loop', 0, 1),
  asked('wake() to slice, after a timer on a sleeping loop', 2, 3),
];
writeReport(json, 'runtime/outside-event', { rounds, events, results, verdicts });
