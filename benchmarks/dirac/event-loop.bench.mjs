// SPDX-License-Identifier: Apache-2.0
// How long does decoding keep the event loop of JavaScript busy, and does memory grow with the number of frames?
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Pipeline } from '@kamaelia/axon';
import { DiracDecoder } from '@kamaelia/dirac';

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const RUNS = 5;
const REPEATS = 10;
const CHUNK = 65_536;
const card = readFileSync(new URL('../../examples/media/testcard.drc', import.meta.url));

function* pieces(repeats) {
  for (let n = 0; n < repeats; n++) for (let at = 0; at < card.length; at += CHUNK) yield card.subarray(at, at + CHUNK);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const held = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1024;
};

/** Decodes the test card `repeats` times over; bytes come from memory, frames are closed by a function. */
async function decode(repeats, onFrame = () => {}) {
  const decoder = new DiracDecoder({ threads: 1 });
  let frames = 0;
  const wall = performance.now();
  const before = performance.eventLoopUtilization();
  await Pipeline(pieces(repeats), decoder, (frame) => {
    frame.close();
    onFrame(frames++);
  }).run();
  const { active } = performance.eventLoopUtilization(before);
  return { frames, active, wall: performance.now() - wall, pool: decoder.stats.pool };
}

await decode(1);
const runs = [];
for (let i = 0; i < RUNS; i++) runs.push(await decode(REPEATS));
const activeMs = median(runs.map((run) => run.active / run.frames));
const frameMs = median(runs.map((run) => run.wall / run.frames));
const slots = { short: (await decode(1)).pool.slots, long: runs[0].pool.slots };

const expected = 300 * REPEATS;
let second = 0;
let last = 0;
await decode(REPEATS, (frame) => {
  if (frame === expected * 0.2) second = held();
  if (frame === expected - 1) last = held();
});
const growthKiB = Math.round(last - second);

console.log(`640x360, ${expected} frames a run, median of ${RUNS} runs, 1 decoding thread, ${cpus()[0]?.model}`);
console.log(`event loop active   ${activeMs.toFixed(4)} ms a frame (aim: under 0.1)`);
console.log(`wall                ${frameMs.toFixed(3)} ms a frame`);
console.log(`slots               ${slots.short} for 300 frames, ${slots.long} for ${expected}`);
console.log(`memory              ${growthKiB} KiB more after the last tenth than after the second`);
if (values.json !== undefined) {
  const report = { benchmark: 'dirac/event-loop', node: process.version, activeMs, frameMs, slots, growthKiB };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
