// SPDX-License-Identifier: Apache-2.0
// The article's P2P core: takes a stream from one peer and gives it to any number of others, which may be cores like it.
// A peer that goes ends only its own connection; when the one in front goes, the core waits for it to come again.
//
//   node p2p-node.mjs [HOST] [PORT] [OWN_PORT]
import { Backplane, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
import { SimpleServer, TCPClient } from '@kamaelia/components/net';

const host = process.argv[2] ?? '127.0.0.1';
const port = Number(process.argv[3] ?? 1500);
const ownPort = Number(process.argv[4] ?? 1501);

new Backplane('VIDEO').activate();

const reconnect = { min: { ms: 50 }, max: { ms: 2000 } };
Pipeline(new TCPClient({ host, port, reconnect }), new PublishTo('VIDEO')).activate();

function protocol({ peer, peerport }) {
  console.log(`serving ${peer}:${peerport}`);
  // A peer that is too slow for the stream misses parts of it, rather than making all others wait.
  return new SubscribeTo({ name: 'VIDEO', policy: 'drop-oldest' });
}

const server = new SimpleServer({ protocol, port: ownPort }).activate();
const address = await server.listening;
console.log(`core on port ${address.port}`);
await server.done;
