#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Opens, feeds and closes decoders, many at once, in workers that are terminated in the middle of it.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Component, Pipeline } from '@kamaelia/axon';
import { seededRandom } from '@kamaelia/axon/testing';
import { DiracDecoder } from '@kamaelia/dirac';

const help = `Usage: node --expose-gc endurance.mjs FILE COUNT [AT_ONCE] [WORKERS]

Opens COUNT decoders of the Dirac stream FILE, AT_ONCE (50) at a time in WORKERS (4) threads: in each, a share of them
works at once. Of each share a third would end with the stream, a third is left in the middle, and a third would go on
for ever. Every other thread is terminated when all decode, the others when only the last third is left. Prints one line
of JSON: how many ended how, and the resident bytes after each round.

Exit codes: 0 done, 1 a decoder failed.`;

/** Enough for some thirty frames of the test card. */
const MOST_BYTES = 100_000;

/** Takes a number of frames, then leaves. */
class Leaver extends Component {
  inbox = this.in('inbox');
  #left;

  constructor({ frames }) {
    super();
    this.#left = frames;
  }

  *main() {
    while (this.#left > 0 && !this.inbox.ended) {
      while (this.#left > 0 && this.inbox.ready) {
        this.inbox.recv().close();
        this.#left--;
      }
      if (this.#left > 0) yield;
    }
  }
}

// What is damaged is where one begins again in the middle of a picture: no news.
const onLog = () => {};

/** The stream again and again, in pieces. */
function* forEver(bytes) {
  for (;;) for (let at = 0; at < bytes.length; at += 8192) yield bytes.subarray(at, at + 8192);
}

/** One share of decoders: tells when all are at work, how those ended that came to their end, and when these all did. */
async function work({ bytes, decoders, seed }) {
  const random = seededRandom(seed);
  let fed = 0;
  const atWork = () => {
    fed++;
    if (fed === decoders) parentPort.postMessage({ kind: 'fed' });
  };
  const open = async (index) => {
    const decoder = new DiracDecoder({ threads: 1 + (index % 2) });
    let first = true;
    const seen = (frame) => {
      if (first) atWork();
      first = false;
      return frame;
    };
    // One of three ends with the stream, one is left, one would go on for ever.
    if (index % 3 === 0) await Pipeline([bytes], decoder, seen, (frame) => frame.close()).run({ onLog });
    else if (index % 3 === 1) {
      await Pipeline(forEver(bytes), decoder, seen, new Leaver({ frames: 1 + Math.floor(random() * 20) })).run({
        onLog,
      });
    } else await Pipeline(forEver(bytes), decoder, seen, (frame) => frame.close()).run({ onLog });
    if (decoder.stats.framesHeld !== 0) throw new Error(`Expected no frame held but ${decoder.stats.framesHeld} are`);
    parentPort.postMessage({ kind: index % 3 === 0 ? 'ended' : 'left' });
  };
  const opened = Array.from({ length: decoders }, (_, index) => open(index));
  await Promise.all(opened.filter((_, index) => index % 3 < 2));
  parentPort.postMessage({ kind: 'rest' });
}

/** Starts a thread with a share, and terminates it in the middle of its work. */
async function share(bytes, decoders, seed, counts) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { bytes, decoders, seed } });
  let settled = 0;
  await new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', ({ kind }) => {
      if (kind === 'fed') {
        if (seed % 2 === 0) resolve();
      } else if (kind === 'rest') resolve();
      else {
        counts[kind]++;
        settled++;
      }
    });
  });
  await worker.terminate();
  counts.opened += decoders;
  counts.terminated += decoders - settled;
}

async function main([file, count, atOnce = '50', workers = '4']) {
  if (file === undefined || file === '--help') {
    console.log(help);
    return;
  }
  const bytes = new Uint8Array(readFileSync(file).subarray(0, MOST_BYTES));
  const counts = { opened: 0, ended: 0, left: 0, terminated: 0 };
  const sizes = [];
  for (let seed = 1; counts.opened < Number(count); ) {
    const shares = Array.from({ length: Number(workers) }, (_, i) =>
      Math.floor((Number(atOnce) + i) / Number(workers)),
    );
    await Promise.all(shares.map((decoders) => share(bytes, decoders, seed++, counts)));
    globalThis.gc?.();
    globalThis.gc?.();
    sizes.push(process.memoryUsage.rss());
  }
  console.log(JSON.stringify({ ...counts, sizes }));
}

if (isMainThread) await main(process.argv.slice(2));
else await work(workerData);
