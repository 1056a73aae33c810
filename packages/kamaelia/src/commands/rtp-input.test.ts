// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pipeline } from '@kamaelia/axon';
import { VC2RTPPayload, vc2SessionDescription } from '@kamaelia/dirac';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, streams } from '../../test/command-line.js';

/** So small that the system keeps all of it while a command has other things to do. */
const STREAM = 'bbc_hq_fragments.vc2';
const PICTURES = 3;
const folder = mkdtempSync(join(tmpdir(), 'kamaelia-rtp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Sends the stream again and again, as one sender, until a command ends. */
async function sendTo(port: number, command: CommandLine): Promise<void> {
  const socket = createSocket('udp4');
  const stream = readFileSync(join(streams ?? '', 'dirac', STREAM));
  let running = true;
  command.ended.then(() => {
    running = false;
  });
  for (let firstSequence = 0; running; ) {
    const packets: Uint8Array[] = [];
    await Pipeline([stream], new VC2RTPPayload({ ssrc: 5, firstSequence, firstTimestamp: 0 }), (packet) => {
      packets.push(packet);
    }).run();
    firstSequence += packets.length;
    for (const packet of packets) {
      await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve));
    }
    await pause(10);
  }
  socket.close();
}

describe.skipIf(streams === undefined)('VC-2 over RTP as INPUT (needs ../shared)', () => {
  const manifest = () => readFileSync(join(streams ?? '', 'dirac', 'MANIFEST.tsv'), 'utf8');
  const expected = () => new RegExp(`^${STREAM}\\t.*\\t([0-9a-f]{32})\\t`, 'm').exec(manifest())?.[1];

  it('is decoded where a session description says that it is sent to', async () => {
    const port = await freePort();
    const sdp = join(folder, 'session.sdp');
    writeFileSync(sdp, vc2SessionDescription({ host: '127.0.0.1', port }));
    const command = new CommandLine(['decode', sdp, '--md5', '--frames', String(PICTURES)]);
    await sendTo(port, command);
    expect({ ...(await command.ended), stdout: command.stdout }).toEqual({
      code: 0,
      signal: null,
      stdout: `${expected()}\n`,
    });
  });

  it('is decoded from an address', async () => {
    const port = await freePort();
    const output = join(folder, 'out.yuv');
    const command = new CommandLine(['decode', `rtp://127.0.0.1:${port}`, output, '--frames', String(PICTURES)]);
    await sendTo(port, command);
    expect((await command.ended).code).toBe(0);
    expect(createHash('md5').update(readFileSync(output)).digest('hex')).toBe(expected());
  });

  it.each([
    [['decode', 'none.sdp'], 1, /^kamaelia: ENOENT: .*none\.sdp/],
    [['decode', 'BAD'], 1, /bad\.sdp: readVC2Session: Expected an m=video line but received none\n$/],
    [['decode', 'rtp:here'], 2, /^kamaelia: Expected rtp:HOST:PORT for INPUT but received rtp:here/],
    [['decode', 'x.drc', '--interface', '::1'], 2, /Expected an rtp: address or a session description for --interface/],
    [['decode', 'rtp:127.0.0.1:9', '--interface', '::1'], 2, /Expected a multicast group \(IPv4\) for --interface/],
    [['probe', 'rtp:127.0.0.1:9'], 2, /Expected an INPUT that ends for probe but received RTP/],
    [['serve', 'rtp:127.0.0.1:9'], 2, /Expected/],
  ])('says what is wrong with %j', async (args, code, message) => {
    const bad = join(folder, 'bad.sdp');
    writeFileSync(bad, 'v=0\n');
    const ending = await kamaelia(args.map((arg) => (arg === 'BAD' ? bad : arg)));
    expect(ending.code).toBe(code);
    expect(ending.stderr).toMatch(message);
  });
});
