// SPDX-License-Identifier: Apache-2.0
// The article's player for the P2P core: what the peer sends is the input of a program, which plays it. Any program will
// do: `node play-through.mjs 127.0.0.1 1501 'cat > recording.drc'`.
//
//   node play-through.mjs [HOST] [PORT] [COMMAND]
import { Pipeline } from '@kamaelia/axon';
import { ConsoleEchoer } from '@kamaelia/components/console';
import { TCPClient } from '@kamaelia/components/net';
import { Pipethrough } from '@kamaelia/components/process';

const host = process.argv[2] ?? '127.0.0.1';
const port = Number(process.argv[3] ?? 1501);
const command = process.argv[4] ?? 'mplayer -';

try {
  await Pipeline(new TCPClient({ host, port }), new Pipethrough(command), new ConsoleEchoer()).run();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
