// SPDX-License-Identifier: Apache-2.0
// The article's video source for the P2P core: whoever connects gets the stream from then on. The article takes it from a
// tuner; here a file is sent at its bit rate, again and again.
//
//   node p2p-source.mjs [FILE] [PORT]
import { Backplane, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { SimpleServer } from '@kamaelia/components/net';

const filename = process.argv[2] ?? new URL('media/testcard.drc', import.meta.url).pathname;
const port = Number(process.argv[3] ?? 1500);

new Backplane('VIDSOURCE').activate();

const protocol = () => new SubscribeTo({ name: 'VIDSOURCE', policy: 'drop-oldest' });
const server = new SimpleServer({ protocol, port }).activate();
const address = await server.listening;
console.log(`source on port ${address.port}`);

for (;;) await Pipeline(new ReadFileAdaptor({ filename, bitrate: 400_000 }), new PublishTo('VIDSOURCE')).run();
