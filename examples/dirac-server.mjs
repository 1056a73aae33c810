// SPDX-License-Identifier: Apache-2.0
// The first half of the article's first program: serves a file over TCP, one client at a time, as fast as its bit rate.
//
//   node dirac-server.mjs [FILE] [PORT]
import { Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { SingleServer } from '@kamaelia/components/net';

const filename = process.argv[2] ?? new URL('media/testcard.drc', import.meta.url).pathname;
const port = Number(process.argv[3] ?? 1601);

try {
  const server = new SingleServer({ port });
  server.listening.then((address) => console.log(`serving ${filename} on port ${address.port}`));
  await Pipeline(new ReadFileAdaptor({ filename, bitrate: 400_000 }), server).run();
  console.log('served to the end');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
