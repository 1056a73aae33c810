// SPDX-License-Identifier: Apache-2.0
// From a stream to packets and back.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { FrameHash, type VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { DiracDecoder, DiracParser, VC2RTPDepayload, VC2RTPPayload } from '../index.js';
import { packetsOf, read as readPacket } from '../testing/rtp-packets.js';
import { readTransformParameters } from './transform-parameters.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');
const withStreams = existsSync(streams);
const read = (file: string) => readFileSync(join(streams, file));

interface Row {
  readonly file: string;
  readonly frames: number;
  readonly md5: string;
}

function manifest(): Row[] {
  if (!withStreams) return [];
  const lines = readFileSync(join(streams, 'MANIFEST.tsv'), 'utf8').split('\n').slice(1);
  return lines
    .map((line) => line.split('\t'))
    .filter(([file]) => file?.includes('_hq_'))
    .map((cells) => ({ file: cells[0] ?? '', frames: Number(cells[2]), md5: cells[8] ?? '' }));
}

describe.skipIf(!withStreams)('VC2RTPPayload and VC2RTPDepayload (need ../shared)', () => {
  const rows = manifest();

  it('covers the high quality streams of the reference set', () => {
    expect(rows).toHaveLength(readdirSync(streams).filter((file) => file.includes('_hq_')).length);
  });

  it.each(rows)('carry $file sample by sample', async ({ file, frames, md5 }) => {
    const hash = new FrameHash();
    const depayload = new VC2RTPDepayload();
    const pts: number[] = [];
    let most = 0;
    await Pipeline(
      [read(file)],
      new DiracParser(),
      new VC2RTPPayload({ maxPacketBytes: 60_000 }),
      (packet: Uint8Array) => {
        most = Math.max(most, packet.length);
        return packet;
      },
      depayload,
      new DiracDecoder(),
      (frame: VideoFrame) => {
        hash.add(frame);
        expect(frame.damaged).toBe(false);
        pts.push(frame.pts);
        frame.close();
      },
    ).run();
    expect(hash.digest()).toBe(md5);
    expect(pts).toHaveLength(frames);
    expect(most).toBeLessThanOrEqual(60_000);
    expect(pts).toEqual(pts.map((_, i) => i * 3600));
    expect(depayload.stats).toMatchObject({ lost: 0, malformed: 0, ignored: 0, unusable: 0, picturesDamaged: 0 });
  });

  it('keeps to the size of packets it is given, with whole slices in each and the marker on the last', async () => {
    for (const maxPacketBytes of [300, 1400, 9000]) {
      const packets = (await packetsOf(read('vr_hq_cbr_422_10.vc2'), { maxPacketBytes })).map((bytes) => ({
        ...readPacket(bytes),
        bytes,
      }));
      expect(Math.max(...packets.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(maxPacketBytes);
      expect(packets.filter(({ marker }) => marker).map(({ picture }) => picture)).toEqual([0, 1, 2]);
      expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, i) => 65_500 + i));
      const timestamps = packets.flatMap(({ picture, timestamp }) => (picture === undefined ? [] : [timestamp]));
      expect([...new Set(timestamps)]).toEqual([2 ** 32 - 4000, 2 ** 32 - 400, 3200]);
      for (const picture of [0, 1, 2]) {
        const of = packets.filter((packet) => packet.picture === picture);
        expect(of[0]?.slices).toBe(0);
        // Each goes on in raster order where the one before ended.
        const width = readTransformParameters(of[0]?.bytes.subarray(28) ?? new Uint8Array(0), 3)?.slicesX ?? 0;
        let next = 0;
        for (const { x = 0, y = 0, slices = 0 } of of.slice(1)) {
          expect(x + y * width).toBe(next);
          next += slices;
        }
      }
    }
  });

  it('sends auxiliary data in parts', async () => {
    const [header] = unitsOf(read('bbc_hq_padding_aux.vc2'));
    const auxiliary = new Uint8Array(13 + 1000).fill(5);
    auxiliary.set([0x42, 0x42, 0x43, 0x44, 0x20, 0, 0, 1013 >> 8, 1013 & 255, 0, 0, 0, header?.length ?? 0]);
    const packets = await packetsOf(Buffer.concat([header ?? new Uint8Array(0), auxiliary]), { maxPacketBytes: 500 });
    expect(packets.map(readPacket).map(({ code, flags }) => [code, flags])).toEqual([
      [0x00, 0],
      [0x20, 0x80],
      [0x20, 0],
      [0x20, 0x40],
    ]);
    const run = drive(new VC2RTPDepayload(), { inbox: packets });
    await run.finish();
    const units = unitsOf(Buffer.concat(run.outbox.messages.map(({ data }) => data)));
    expect(units.map((unit) => unit[4])).toEqual([0x00, 0x20]);
    expect(units[1]?.subarray(13)).toEqual(Buffer.alloc(1000, 5));
    const without = drive(new VC2RTPDepayload(), {
      inbox: packets.filter((_, i) => i !== 2),
    });
    await without.finish();
    expect(unitsOf(Buffer.concat(without.outbox.messages.map(({ data }) => data))).length).toBe(1);
  });

  it('refuses what RFC 8450 cannot carry', async () => {
    await expect(packetsOf(read('vr_ld_DD137_d3.vc2'))).rejects.toMatchObject({
      cause: {
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/^VC2RTPPayload: Expected VC-2 of the high quality profile/),
      },
    });
    await expect(packetsOf(read('ff_hq_w0_d1.vc2'), { maxPacketBytes: 100 })).rejects.toMatchObject({
      cause: { code: 'LIMIT', message: expect.stringMatching(/slices of at most 68 bytes \(option maxPacketBytes\)/) },
    });
    await expect(packetsOf([5 as never])).rejects.toThrow('for inbox but received 5');
  });

  it.each([
    [
      { maxPacketBytes: 99 },
      'VC2RTPPayload: Expected a whole number of 100 to 65507 for maxPacketBytes but received 99',
    ],
    [{ payloadType: -1 }, 'Expected a whole number of 0 to 127 for payloadType but received -1'],
    [{ ssrc: 2 ** 32 }, 'Expected a whole number of 0 to 4294967295 for ssrc but received 4294967296'],
  ])('refuses %j', (options, message) => {
    expect(() => new VC2RTPPayload(options)).toThrow(message);
  });
});

function unitsOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const units: Uint8Array[] = [];
  for (let at = 0, size = 0; at + 13 <= bytes.length; at += size) {
    size = view.getUint32(at + 5) || 13;
    units.push(bytes.subarray(at, at + size));
  }
  return units;
}
