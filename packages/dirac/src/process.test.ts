// SPDX-License-Identifier: Apache-2.0
// What only a process of its own can show: memory over many cycles, and workers that die in the middle of the work.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { residentGrowth } from '../test/resident-growth.js';

const here = import.meta.dirname;
const dirac = JSON.stringify(pathToFileURL(join(here, '..', 'dist', 'index.js')));
const axon = JSON.stringify(pathToFileURL(join(here, '..', '..', 'axon', 'dist', 'index.js')));
const testcard = JSON.stringify(join(here, '..', '..', '..', 'examples', 'media', 'testcard.drc'));

/**
 * KiB a sample; a decoder that stays, or a single picture of a worker's pool, is more. Single sizes go up and down by 6 MiB
 * with the collector, so that the slope of 14 samples was found off by 400 KiB; with 34 and more it is not.
 */
const MOST_GROWTH = 300;
/** Sanitizers keep freed memory back, so sizes say nothing there. */
const sanitized = process.env.KAMAELIA_SANITIZED !== undefined;
/** And they take ten times as long: there it is enough that nothing is misused. */
const cycles = (most: number) => (sanitized ? most / 10 : most);

const PREAMBLE = `
import { readFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
const rss = () => { globalThis.gc?.(); globalThis.gc?.(); return process.memoryUsage.rss(); };
`;

function program(source: string): { status: number | null; stdout: string; stderr: string } {
  const args = ['--expose-gc', '--input-type=module', '-e', PREAMBLE + source];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 110_000 });
  if (signal !== null) return { status: -1, stdout, stderr: `${stderr}\nended by ${signal}` };
  return { status, stdout, stderr };
}

const workerSource = `
import { parentPort } from 'node:worker_threads';
import { readFileSync } from 'node:fs';
const { Pipeline } = await import(${axon});
const { DiracDecoder } = await import(${dirac});
const bytes = readFileSync(${testcard});
function* pieces() { for (;;) for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536); }
let frames = 0;
await Pipeline(pieces(), new DiracDecoder({ threads: 2 }), (frame) => {
  frame.close();
  if (++frames === 10) parentPort.postMessage('decoding');
}).run();
`;

describe('the native decoder in a process', () => {
  it('survives 40 workers that are terminated in mid-decode, with flat memory', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = program(`
      const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(workerSource)}));
      const sizes = [];
      for (let i = 0; i < ${cycles(40)}; i++) {
        const worker = new Worker(url);
        await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
        await worker.terminate();
        sizes.push(rss());
      }
      console.log(JSON.stringify(sizes));
    `);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    if (!sanitized) expect(residentGrowth(JSON.parse(stdout)), stdout).toBeLessThan(MOST_GROWTH);
  });

  it('opens and closes 600 times in mid-stream with flat memory', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = program(`
      const { Component, Pipeline } = await import(${axon});
      const { DiracDecoder } = await import(${dirac});
      const bytes = readFileSync(${testcard}).subarray(0, 200000);
      class Leaver extends Component {
        inbox = this.in('inbox');
        *main() {
          for (let left = 3; left > 0; ) {
            while (left > 0 && this.inbox.ready) { this.inbox.recv().close(); left--; }
            if (left > 0) yield;
          }
        }
      }
      const sizes = [];
      for (let i = 0; i < ${cycles(600)}; i++) {
        const decoder = new DiracDecoder({ threads: 2 });
        await Pipeline([bytes], decoder, new Leaver()).run();
        if (decoder.stats.framesHeld !== 0) throw new Error('frames held: ' + decoder.stats.framesHeld);
        if (i % 10 === 9) sizes.push(rss());
      }
      console.log(JSON.stringify(sizes));
    `);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    if (!sanitized) expect(residentGrowth(JSON.parse(stdout)), stdout).toBeLessThan(MOST_GROWTH);
  });

  it('lets the collector know of picture memory that nobody needs any more', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = program(`
      const { Pipeline } = await import(${axon});
      const { DiracDecoder } = await import(${dirac});
      const bytes = readFileSync(${testcard}).subarray(0, 20000);
      let most = 0;
      let allocated = 0;
      for (let i = 0; i < 200; i++) {
        const decoder = new DiracDecoder({ threads: 1 });
        await Pipeline([bytes], decoder, (frame) => frame.close()).run({ onLog: () => {} });
        allocated += decoder.stats.pool.bytes;
        most = Math.max(most, process.memoryUsage.rss());
      }
      console.log(JSON.stringify({ mostMiB: most / 1048576, allocatedMiB: allocated / 1048576 }));
    `);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { mostMiB, allocatedMiB } = JSON.parse(stdout);
    expect(allocatedMiB).toBeGreaterThan(1000);
    if (!sanitized) expect(mostMiB).toBeLessThan(300);
  });

  it('leaves the process when a decoder was left in the middle', () => {
    const { status, stdout, stderr } = program(`
      const { Pipeline } = await import(${axon});
      const { DiracDecoder } = await import(${dirac});
      const bytes = readFileSync(${testcard});
      Pipeline([bytes], new DiracDecoder(), (frame) => {
        frame.close();
        console.log('leaving');
        process.exit(7);
      }).activate();
    `);
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'leaving\n', stderr: '' });
  });
});
