// SPDX-License-Identifier: Apache-2.0
// Sends a VC-2 file (high quality profile) as RTP packets at its own rate, and receives it: two graphs that share nothing
// but an address, so that each could run on a machine of its own.
//
//   node vc2-over-rtp.mjs FILE.vc2
import { setTimeout as pause } from 'node:timers/promises';
import { Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { SimplePeer } from '@kamaelia/components/net';
import { MessageRateLimit } from '@kamaelia/components/rate';
import { DiracDecoder, DiracParser, VC2RTPDepayload, VC2RTPPayload, vc2SessionDescription } from '@kamaelia/dirac';

const [filename] = process.argv.slice(2);
if (filename === undefined) {
  console.error('Usage: node vc2-over-rtp.mjs FILE.vc2');
  process.exit(2);
}

// Room for what waits: pictures come as bursts of hundreds of packets.
const peer = new SimplePeer({ receiveBuffer: 4 << 20, queue: 4096 });
const depayload = new VC2RTPDepayload({ payloadType: 96 });
const frames = { whole: 0, damaged: 0 };
const receiving = Pipeline(peer, depayload, new DiracDecoder(), (frame) => {
  frames[frame.damaged ? 'damaged' : 'whole']++;
  frame.close();
}).activate();
const { host, port } = await peer.listening;
// What a receiver elsewhere would need: `kamaelia play` takes it as a file.
console.log(vc2SessionDescription({ host, port, payloadType: 96 }));

let sent = 0;
await Pipeline(
  new ReadFileAdaptor({ filename }),
  new DiracParser(),
  new MessageRateLimit({ messagesPerSecond: 25, buffer: 2 }),
  (chunk) => {
    sent++;
    return chunk;
  },
  new VC2RTPPayload(),
  new SimplePeer({ receiverAddr: host, receiverPort: port }),
).run();

// The last ones are on their way.
for (let waited = 0; frames.whole + frames.damaged < sent && waited < 100; waited++) await pause(20);
receiving.stop();
await receiving.done;
const { received, lost } = depayload.stats;
console.log(
  `${sent} pictures sent, ${frames.whole} received whole, ${frames.damaged} damaged; ${lost} of ${received + lost} packets lost`,
);
