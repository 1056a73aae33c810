// SPDX-License-Identifier: Apache-2.0
// Packets with random faults, and random networks, in both dialects.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drive } from '@kamaelia/axon/testing';
import type { EncodedChunk } from '@kamaelia/media';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVC2Session, VC2RTPDepayload } from '../index.js';
import { packetsOf, piecesOf, receive } from '../testing/rtp-packets.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');
const stream = (file: string): Uint8Array => readFileSync(join(streams, file));

const CASES = 2000;
/** So many of them are decoded too. */
const DECODED_EACH = 40;
const TIMEOUT_MS = 120_000;

type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One fault in one packet. */
function faulty(packet: Uint8Array, random: Random): Uint8Array {
  const bytes = packet.slice();
  const at = random(random(2) === 0 ? Math.min(40, bytes.length) : bytes.length);
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return new Uint8Array([...bytes, ...Array.from({ length: random(50) }, () => random(256))]);
    case 2:
      bytes[at] = 255;
      return bytes;
    case 3:
      bytes[at] = 0;
      return bytes;
    case 4:
      return bytes.map((byte, i) => (i >= 12 && random(10) === 0 ? random(256) : byte));
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
  }
}

function network(packets: readonly Uint8Array[], random: Random): Uint8Array[] {
  const all = [...packets, ...(random(8) === 0 ? packets : [])];
  const sent: Uint8Array[] = [];
  for (const packet of all) {
    const what = random(12);
    if (what === 0) continue;
    if (what === 1) sent.push(packet);
    sent.push(what === 2 || what === 3 ? faulty(packet, random) : packet);
    const last = sent.length - 1;
    const other = Math.max(0, last - random(8));
    if (what === 4) [sent[last], sent[other]] = [sent[other]!, sent[last]!];
  }
  return sent;
}

/** Whether it is whole data units, one behind the other. */
function isWholeUnits({ data, pts, dts, duration }: EncodedChunk): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  while (at + 13 <= data.length && view.getUint32(at) === 0x42424344) {
    const size = view.getUint32(at + 5);
    if (size === 0 && view.getUint8(at + 4) !== 0x10) return false;
    at += Math.max(13, size);
  }
  return at === data.length && [pts, dts, duration].every(Number.isSafeInteger);
}

describe.skipIf(!existsSync(streams))('VC2RTPDepayload given damaged packets (needs ../shared)', () => {
  const sources: Uint8Array[][] = [];

  beforeAll(async () => {
    for (const file of ['bbc_hq_fragments.vc2', 'bbc_hq_fields_dd137.vc2', 'bbc_hq_padding_aux.vc2']) {
      sources.push(await packetsOf(stream(file), { maxPacketBytes: 600 }));
    }
    sources.push(piecesOf(stream('bbc_hq_padding_aux.vc2'), 7, 300));
    sources.push(piecesOf(stream('bbc_hq_fields_dd137.vc2'), 4, 300));
  });

  it('has sources of which whole pictures come', async () => {
    for (const packets of sources) {
      const { frames, stats } = await receive(packets);
      expect(frames.length).toBe(3);
      expect(frames.filter(({ damaged }) => damaged)).toEqual([]);
      expect(stats).toMatchObject({ lost: 0, malformed: 0, unusable: 0, picturesDamaged: 0 });
    }
  });

  it(
    `makes whole data units and right counts of ${CASES} of them, and the decoder lives through them`,
    async () => {
      let damaged = 0;
      for (let seed = 1; seed <= CASES; seed++) {
        const random = randomOf(seed);
        const sent = network(sources[seed % sources.length]!, random);
        const reorderPackets = random(40);
        const message = `seed ${seed}`;
        const depayload = new VC2RTPDepayload({ reorderPackets });
        const run = drive(depayload, { inbox: sent });
        await run.finish();
        expect(run.outbox.messages.every(isWholeUnits), message).toBe(true);
        const { stats } = depayload;
        expect(stats.received + stats.malformed + stats.ignored, message).toBeGreaterThanOrEqual(sent.length);
        expect(stats.picturesDamaged, message).toBeLessThanOrEqual(stats.pictures);
        damaged += stats.picturesDamaged;
        if (seed % DECODED_EACH !== 0) continue;
        const decoded = await receive(sent, { reorderPackets }).catch((error: Error) => error);
        // Damaged headers may say what cannot be decoded; that is said so.
        if (decoded instanceof Error)
          expect(decoded.message, message).toMatch(/DiracDecoder: Expected .* but received/);
      }
      expect(damaged).toBeGreaterThan(CASES);
    },
    TIMEOUT_MS,
  );

  it('reads or refuses 5000 damaged session descriptions', () => {
    const text = [
      'v=0',
      'c=IN IP4 239.1.1.1/5',
      'm=video 30000 RTP/AVP 112 97',
      'a=rtpmap:112 vc2/90000',
      'a=fmtp:112 profile=HQ;version=3;level=0',
    ].join('\n');
    let read = 0;
    for (let seed = 1; seed <= 5000; seed++) {
      const random = randomOf(seed);
      const characters = [...text];
      for (let i = random(4); i >= 0; i--) {
        characters.splice(random(characters.length), random(3), ...' =:;/\n\0a9'.slice(random(9)).slice(0, random(3)));
      }
      try {
        readVC2Session(characters.join(''));
        read++;
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(SyntaxError);
      }
    }
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(4900);
  });
});
