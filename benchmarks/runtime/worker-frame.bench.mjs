// SPDX-License-Identifier: Apache-2.0
// What it costs to have a picture in a worker and back: a VideoFrame through a threaded() component, against postMessage()
// with a transfer list.
import { Worker } from 'node:worker_threads';
import { Component, Graphline } from '@kamaelia/axon';
import { closeWorkerPool, threaded } from '@kamaelia/axon/threads';
import { FramePool } from '@kamaelia/media';
import { median, parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const { frames, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/worker-frame.bench.mjs [--frames N] [--rounds N] [--json FILE]

Microseconds for a 1920x1080 frame of 4:2:0 (3.1 MB) to a worker and back, with one frame under way and with eight:
a VideoFrame through a component made by threaded(), beside postMessage() with the frame's memory in the transfer list.
Round by round in turn (at least 5 rounds of N frames each, after four that are not counted, in which code is compiled);
prints the median of the rounds' p50 of wall time, and of their CPU time of the whole process for each frame. Fails if a
frame comes back in other memory.`,
  { frames: 2000, rounds: 7 },
);

const shape = { format: 'I420', codedWidth: 1920, codedHeight: 1080 };
const timebase = { num: 1, den: 25 };
const UNDER_WAY = [1, 8];
const WARM_UP = 4;

/** Sends frames, `underWay` of them at a time, and times each until it is back. */
class Bounce extends Component {
  inbox = this.in('inbox');
  outbox = this.out('outbox');
  wake = this.external();
  #job;
  ended = false;

  bounce(count, underWay) {
    return new Promise((done) => {
      this.#job = { count, underWay, done };
      this.wake.wake();
    });
  }

  *main() {
    const pool = new FramePool({ name: 'bounce', onWarning: () => {} });
    while (!this.ended) {
      if (this.#job !== undefined) yield* this.#run(pool, this.#job);
      yield;
    }
  }

  *#run(pool, { count, underWay, done }) {
    this.#job = undefined;
    const [begun, times, memory] = [[], [], []];
    const send = (frame) => {
      begun[frame.pts] = performance.now();
      this.outbox.send(frame);
    };
    for (let pts = 0; pts < underWay; pts++) {
      const frame = pool.acquire(shape, { pts, timebase });
      memory[pts] = frame.planes[0].data.buffer;
      send(frame);
    }
    while (times.length < count) {
      while (this.inbox.ready) {
        const frame = this.inbox.recv();
        times.push(performance.now() - begun[frame.pts]);
        if (frame.planes[0].data.buffer !== memory[frame.pts]) throw new Error('a frame came back in other memory');
        if (times.length <= count - underWay) send(frame);
        else frame.close();
      }
      yield;
    }
    done(times);
  }
}

const bounce = new Bounce();
const graph = Graphline({
  children: { bounce, echo: threaded(new URL('./frame-echo.mjs', import.meta.url)) },
  linkages: { 'bounce.outbox': 'echo.inbox', 'echo.outbox': 'bounce.inbox' },
});
const running = graph.run();

const echo = `const { parentPort } = require('node:worker_threads');
parentPort.on('message', (frame) => parentPort.postMessage(frame, [frame.data.buffer]));`;
const worker = new Worker(echo, { eval: true });
const free = Array.from({ length: Math.max(...UNDER_WAY) }, () => new Uint8Array((1920 * 1080 * 3) / 2));

function transfer(count, underWay) {
  return new Promise((done) => {
    const [begun, times] = [[], []];
    const send = (data, pts) => {
      begun[pts] = performance.now();
      worker.postMessage({ data, pts, timebase, ...shape }, [data.buffer]);
    };
    worker.removeAllListeners('message');
    worker.on('message', ({ data, pts }) => {
      times.push(performance.now() - begun[pts]);
      if (times.length <= count - underWay) send(data, pts);
      else free.push(data);
      if (times.length === count) done(times);
    });
    for (let pts = 0; pts < underWay; pts++) send(free.pop(), pts);
  });
}

const rivals = UNDER_WAY.flatMap((underWay) => [
  { name: `threaded, ${underWay} under way`, run: () => bounce.bounce(frames, underWay), wall: [], cpu: [] },
  { name: `transfer, ${underWay} under way`, run: () => transfer(frames, underWay), wall: [], cpu: [] },
]);
for (let round = -WARM_UP; round < rounds; round++) {
  for (const { run, wall, cpu } of rivals) {
    const before = process.cpuUsage();
    const times = await run();
    const { user, system } = process.cpuUsage(before);
    if (round < 0) continue;
    wall.push(median(times) * 1000);
    cpu.push((user + system) / frames);
  }
}
bounce.ended = true;
bounce.wake.wake();
await running;
await Promise.all([worker.terminate(), closeWorkerPool()]);

const results = rivals.map(({ name, wall, cpu }) => ({
  name,
  wallP50Us: Number(median(wall).toFixed(1)),
  cpuUs: Number(median(cpu).toFixed(1)),
}));
console.log(`${''.padEnd(24)} wall p50       CPU   us a frame, to the worker and back`);
for (const { name, wallP50Us, cpuUs } of results) {
  console.log(`${name.padEnd(24)}${wallP50Us.toFixed(1).padStart(9)} ${cpuUs.toFixed(1).padStart(9)}`);
}
const verdicts = UNDER_WAY.flatMap((underWay, i) => {
  const [mine, theirs] = [results[i * 2], results[i * 2 + 1]];
  const ratio = (kind) => Number((mine[kind] / theirs[kind]).toFixed(2));
  const asked = (what, kind) => verdict({ what, value: ratio(kind), must: 1, better: 'less' });
  return [
    asked(`wall time against transfer, ${underWay} under way`, 'wallP50Us'),
    asked(`CPU time against transfer, ${underWay} under way`, 'cpuUs'),
  ];
});
console.log('copies of a frame: 0 (each came back in the memory it left in)');
writeReport(json, 'runtime/worker-frame', { rounds, frames, results, verdicts });
