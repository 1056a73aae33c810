// SPDX-License-Identifier: Apache-2.0
// ffmpeg sends, over the network of this machine. Its packets differ from RFC 8450's in three ways: the upper half of the
// sequence number is zero, data is cut at any byte, and each piece says that it is one slice at the upper left.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVC2Session } from '../index.js';
import { framesOf, read, receive, type SeenFrame, without } from '../testing/rtp-packets.js';

const FRAMES = 12;
const withFfmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;
const TIMEOUT_MS = 60_000;

/** Noise, for ffmpeg's decoder is wrong about slices of which a component has no bytes (docs/codecs.md). */
const SOURCE = 'testsrc2=s=176x144:r=25,noise=alls=40:all_seed=7';
const encoding = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', SOURCE, '-frames:v', String(FRAMES)];
const coding = ['-pix_fmt', 'yuv422p', '-c:v', 'vc2', '-b:v', '6M', '-strict', '-2', '-threads', '1'];

describe.skipIf(!withFfmpeg)('VC2RTPDepayload behind ffmpeg (needs it on PATH)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vc2-rtp-'));
  const packets: Uint8Array[] = [];
  let sdp = '';
  let expected: SeenFrame[] = [];

  beforeAll(async () => {
    const socket = createSocket('udp4');
    socket.on('message', (data) => packets.push(new Uint8Array(data)));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const sdpFile = join(folder, 'session.sdp');
    const target = ['-f', 'rtp', '-sdp_file', sdpFile, `rtp://127.0.0.1:${port}?pkt_size=1200`];
    const sender = spawn('ffmpeg', ['-re', ...encoding, ...coding, ...target], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [status] = await once(sender, 'exit');
    expect(status).toBe(0);
    // What the system has received is taken in one turn, at the latest.
    while (packets.filter((packet) => read(packet).marker).length < FRAMES) await once(socket, 'message');
    socket.close();
    sdp = readFileSync(sdpFile, 'utf8');
    const file = join(folder, 'same.vc2');
    expect(spawnSync('ffmpeg', [...encoding, ...coding, '-f', 'dirac', file]).status).toBe(0);
    expected = await framesOf(readFileSync(file));
    const raw = ['-v', 'error', '-nostdin', '-i', file, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'];
    const { stdout } = spawnSync('ffmpeg', raw, { maxBuffer: 1 << 28 });
    const size = stdout.length / FRAMES;
    expect(expected.map(({ md5 }) => md5)).toEqual(
      Array.from({ length: FRAMES }, (_, i) =>
        createHash('md5')
          .update(stdout.subarray(i * size, (i + 1) * size))
          .digest('hex'),
      ),
    );
  }, TIMEOUT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Places of the packets of a picture: parameters, then data. */
  const placesOf = (picture: number): number[] =>
    packets.flatMap((packet, i) => (read(packet).picture === picture ? [i] : []));

  it('understands its session description', () => {
    expect(readVC2Session(sdp)).toMatchObject({
      host: '127.0.0.1',
      payloadType: 96,
      clockRate: 90_000,
      multicast: false,
    });
  });

  it('gives the samples of the same stream in a file, with the times of the RTP clock', async () => {
    const { frames, stats, logs } = await receive(packets, { sdp });
    expect(frames.map(({ md5 }) => md5)).toEqual(expected.map(({ md5 }) => md5));
    expect(frames.map(({ pts, damaged }) => ({ pts, damaged }))).toEqual(
      expected.map((_, i) => ({ pts: 3600 * i, damaged: false })),
    );
    expect(stats).toMatchObject({
      received: packets.length,
      pictures: FRAMES,
      lost: 0,
      picturesDamaged: 0,
      ignored: 0,
    });
    expect(logs).toEqual([]);
    // So that this is a test of what it says above.
    const data = packets.map(read).filter(({ slices }) => (slices ?? 0) > 0);
    expect(data.length).toBeGreaterThan(5 * FRAMES);
    expect(data.every(({ slices, x, y, sequence }) => slices === 1 && x === 0 && y === 0 && sequence < 65_536)).toBe(
      true,
    );
  });

  it('puts in order what comes in another one, and drops what comes twice', async () => {
    const mixed = [...packets];
    for (let i = 20; i + 3 < mixed.length; i += 17) mixed.splice(i, 3, ...mixed.slice(i, i + 3).reverse());
    const swaps = Math.floor((packets.length - 4 - 20) / 17) + 1;
    mixed.splice(40, 0, mixed[30]!, mixed[39]!);
    const { frames, stats } = await receive(mixed);
    expect(frames.map(({ md5 }) => md5)).toEqual(expected.map(({ md5 }) => md5));
    expect(stats).toMatchObject({ received: packets.length + 2, lost: 0, duplicate: 2, reordered: 2 * swaps, late: 0 });
  });

  it('shows a picture of which packets are lost, damaged, with the slices around the gap', async () => {
    const places = placesOf(5);
    const [first = 0] = places;
    // Of so small a picture with so much noise, a part of the samples near a gap is other ones too.
    for (const [what, gone, least] of [
      ['in the middle', [first + 12, first + 13], 0.5],
      ['parameters', [first], 0.8],
      ['first of the data', [first + 1], 0.6],
      ['two gaps', [first + 3, first + 6], 0.5],
      ['last but one', [places.at(-2) ?? 0], 0.6],
    ] as const) {
      const { frames, stats } = await receive(without(packets, ...gone));
      expect(frames.length, what).toBe(FRAMES);
      expect(stats, what).toMatchObject({ lost: gone.length, pictures: FRAMES, picturesDamaged: 1, picturesLost: 0 });
      expect(
        frames.flatMap(({ damaged }, i) => (damaged ? [i] : [])),
        what,
      ).toEqual([5]);
      for (const [i, { md5 }] of frames.entries()) if (i !== 5) expect(md5, `${what} ${i}`).toBe(expected[i]?.md5);
      expect(sameSamples(frames[5], expected[5]), what).toBeGreaterThan(least);
    }
  });
});

/** Samples of the luma that are as they should be. */
function sameSamples(a: SeenFrame | undefined, b: SeenFrame | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return a.luma.reduce((same, sample, i) => same + (sample === b.luma[i] ? 1 : 0), 0) / a.luma.length;
}
