// SPDX-License-Identifier: Apache-2.0
// A process of the decoding benchmark: file -> DiracDecoder -> function that closes each frame. Prints what that cost,
// without what it takes to start Node.
import { Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { DiracDecoder } from '@kamaelia/dirac';

const [filename, threads] = process.argv.slice(2);
let frames = 0;
const before = process.cpuUsage();
const begun = performance.now();
await Pipeline(
  new ReadFileAdaptor({ filename, chunksize: 65_536 }),
  new DiracDecoder({ threads: Number(threads) }),
  (frame) => {
    frame.close();
    frames++;
  },
).run();
const wall = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ frames, cpu: (user + system) / 1e6, wall }));
