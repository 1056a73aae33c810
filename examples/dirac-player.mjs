// SPDX-License-Identifier: Apache-2.0
// The second half of the article's first program: plays what dirac-server.mjs serves.
//
//   node dirac-player.mjs [HOST] [PORT]
import { Pipeline } from '@kamaelia/axon';
import { TCPClient } from '@kamaelia/components/net';
import { MessageRateLimit } from '@kamaelia/components/rate';
import { DiracDecoder } from '@kamaelia/dirac';
import { VideoOverlay } from '@kamaelia/display';

const host = process.argv[2] ?? '127.0.0.1';
const port = Number(process.argv[3] ?? 1601);

const overlay = new VideoOverlay();
try {
  await Pipeline(
    new TCPClient({ host, port }),
    new DiracDecoder(),
    new MessageRateLimit({ messagesPerSecond: 15, buffer: 15 }),
    (frame) => {
      if (overlay.stats.frames === 0) console.log('playing');
      return frame;
    },
    overlay,
  ).run();
  console.log(`${overlay.stats.frames} frames shown`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
