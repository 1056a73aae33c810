// SPDX-License-Identifier: Apache-2.0
// The article's first program: streams Dirac video from one component system to another, which plays it. In the text the
// two are on different machines; dirac-server.mjs and dirac-player.mjs are the same as two programs.
//
//   node dirac-server-and-player.mjs [FILE]
import { Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { SingleServer, TCPClient } from '@kamaelia/components/net';
import { MessageRateLimit } from '@kamaelia/components/rate';
import { DiracDecoder } from '@kamaelia/dirac';
import { VideoOverlay } from '@kamaelia/display';

const filename = process.argv[2] ?? new URL('media/testcard.drc', import.meta.url).pathname;

const server = new SingleServer({ port: 1601 });
Pipeline(new ReadFileAdaptor({ filename, bitrate: 400_000 }), server).activate();
await server.listening;

const overlay = new VideoOverlay();
await Pipeline(
  new TCPClient({ host: '127.0.0.1', port: 1601 }),
  new DiracDecoder(),
  new MessageRateLimit({ messagesPerSecond: 15, buffer: 15 }),
  overlay,
).run();
console.log(`${overlay.stats.frames} frames shown`);
