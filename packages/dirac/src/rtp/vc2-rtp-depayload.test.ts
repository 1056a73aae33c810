// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { DiracDecoder, VC2RTPDepayload, vc2SessionDescription } from '../index.js';
import { framesOf, packetsOf, read, receive, type SeenFrame, without } from '../testing/rtp-packets.js';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');
const stream = (file: string): Uint8Array => readFileSync(join(streams, file));

/** Offset, in the packets of a stream without loss, of those of a picture. */
const placesOf = (packets: readonly Uint8Array[], picture: number): number[] =>
  packets.flatMap((packet, i) => (read(packet).picture === picture ? [i] : []));

const damagedOf = (frames: readonly SeenFrame[]): number[] => frames.flatMap(({ damaged }, i) => (damaged ? [i] : []));

const md5s = (frames: readonly SeenFrame[]): string[] => frames.map(({ md5 }) => md5);

/** With other fields in its header. */
function altered(packet: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = packet.slice();
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

describe.skipIf(!existsSync(streams))('VC2RTPDepayload (needs ../shared)', () => {
  // Three pictures of 45 packets each, in one sequence; numbers wrap beyond 16 bits, timestamps beyond 32.
  let packets: Uint8Array[] = [];
  let whole: SeenFrame[] = [];
  // Three frames of two fields.
  let fields: Uint8Array[] = [];
  let wholeFields: SeenFrame[] = [];

  beforeAll(async () => {
    packets = await packetsOf(stream('vr_hq_cbr_frag.vc2'));
    whole = await framesOf(stream('vr_hq_cbr_frag.vc2'));
    fields = await packetsOf(stream('bbc_hq_fields_dd137.vc2'), { maxPacketBytes: 400 });
    wholeFields = await framesOf(stream('bbc_hq_fields_dd137.vc2'));
  });

  it('gives the same samples whatever the order and however often packets come', async () => {
    expect(read(packets[0]!).sequence).toBeLessThan(65_536);
    expect(read(packets.at(-1)!).sequence).toBeGreaterThan(65_536);
    const mixed: Uint8Array[] = [];
    for (let i = 0; i < packets.length; i += 5) mixed.push(...packets.slice(i, i + 5).reverse());
    // The first packet says where it begins.
    mixed.splice(mixed.indexOf(packets[0]!), 1);
    mixed.unshift(packets[0]!);
    mixed.splice(60, 0, packets[3]!, packets[50]!);
    const { frames, stats, logs } = await receive(mixed);
    expect(md5s(frames)).toEqual(md5s(whole));
    expect(frames.map(({ pts }) => pts)).toEqual([0, 3600, 7200]);
    expect(stats).toMatchObject({ received: packets.length + 2, lost: 0, late: 0, duplicate: 2, picturesDamaged: 0 });
    expect(stats.reordered).toBeGreaterThan(packets.length / 2);
    expect(logs).toEqual([]);
  });

  it.each([
    ['of slices', [7]],
    ['of slices at several places', [7, 8, 20, 43]],
    ['of the last slices', [45]],
  ])('shows a picture that lacks packets %s, damaged, and no other', async (_, gone) => {
    const places = placesOf(packets, 1);
    const lost = gone.map((place) => places.at(place < 45 ? place : -1) ?? 0);
    const { frames, stats, logs } = await receive(without(packets, ...lost));
    expect(damagedOf(frames)).toEqual([1]);
    expect(md5s(frames)).toEqual([whole[0]?.md5, frames[1]?.md5, whole[2]?.md5]);
    expect(frames[1]?.md5).not.toBe(whole[1]?.md5);
    expect(stats).toMatchObject({ lost: lost.length, pictures: 3, picturesDamaged: 1, picturesLost: 0 });
    expect(logs.length).toBeGreaterThan(0);
  });

  it('takes the parameters of the picture before where they are lost, and marks the picture', async () => {
    const [parameters = 0] = placesOf(packets, 2);
    const { frames, stats } = await receive(without(packets, parameters));
    expect(md5s(frames)).toEqual(md5s(whole));
    expect(damagedOf(frames)).toEqual([2]);
    expect(stats).toMatchObject({ lost: 1, pictures: 3, picturesDamaged: 1, unusable: 0 });
  });

  it('does not mark a picture when what was lost had come before', async () => {
    const [parameters = 0] = placesOf(packets, 1);
    // Sent three times, under numbers of their own.
    const safe = [...packets.slice(0, parameters), packets[parameters]!, ...packets.slice(parameters)].map(
      (packet, i) =>
        altered(packet, (view) => {
          view.setUint16(2, i);
          view.setUint16(12, 1);
        }),
    );
    for (const gone of [parameters, parameters + 1]) {
      const { frames, stats } = await receive(without(safe, gone));
      expect(md5s(frames)).toEqual(md5s(whole));
      expect([damagedOf(frames), stats.lost, stats.picturesDamaged]).toEqual([[], 1, 0]);
    }
    expect((await receive(safe)).frames.length).toBe(3);
  });

  it('counts a picture of which nothing came, and goes on at once', async () => {
    const { frames, stats } = await receive(without(packets, ...placesOf(packets, 1)));
    expect(md5s(frames)).toEqual([whole[0]?.md5, whole[2]?.md5]);
    expect(frames.map(({ pts, damaged, discontinuity }) => ({ pts, damaged, discontinuity }))).toEqual([
      { pts: 0, damaged: false, discontinuity: false },
      { pts: 7200, damaged: false, discontinuity: true },
    ]);
    expect(stats).toMatchObject({ lost: 45, pictures: 2, picturesDamaged: 0, picturesLost: 1 });
  });

  it('shows nothing before the first sequence header, and counts what that costs', async () => {
    const { stats, frames } = await receive([
      ...packets.slice(1, 30),
      ...packets.map((p, i) => renumbered(p, 1000 + i)),
    ]);
    expect(md5s(frames)).toEqual(md5s(whole));
    expect(stats).toMatchObject({ unusable: 29, pictures: 3 });
  });

  it('keeps fields together: one that is lost leaves its frame damaged', async () => {
    expect(
      fields.map(read).filter(({ flags, picture }) => picture !== undefined && flags !== (picture & 1) + 2),
    ).toEqual([]);
    const all = await receive(fields);
    expect(md5s(all.frames)).toEqual(md5s(wholeFields));
    expect(all.frames.map(({ pts }) => pts)).toEqual([0, 3600, 7200]);
    for (const [field, frame] of [
      [2, 1],
      [3, 1],
      [4, 2],
    ] as const) {
      const { frames, stats } = await receive(without(fields, ...placesOf(fields, field)));
      expect(damagedOf(frames), `${field}`).toEqual([frame]);
      expect(frames.length).toBe(3);
      expect(stats).toMatchObject({ picturesLost: 1, pictures: 5, picturesDamaged: 0 });
      for (const i of [0, 1, 2]) if (i !== frame) expect(frames[i]?.md5).toBe(wholeFields[i]?.md5);
    }
    const [, some = 0] = placesOf(fields, 3);
    expect(damagedOf((await receive(without(fields, some))).frames)).toEqual([1]);
  });

  it('reads past contributing sources, an extension and padding', async () => {
    const dressed = packets.map((packet) => {
      const bytes = new Uint8Array(packet.length + 8 + 8 + 3);
      bytes.set(packet.subarray(0, 12));
      bytes[0] = 0x80 | 0x20 | 0x10 | 2;
      bytes.set([0xbe, 0xde, 0, 1, 9, 9, 9, 9], 20);
      bytes.set(packet.subarray(12), 28);
      bytes[bytes.length - 1] = 3;
      return bytes;
    });
    const { frames, stats } = await receive(dressed);
    expect(md5s(frames)).toEqual(md5s(whole));
    expect(stats).toMatchObject({ malformed: 0, ignored: 0 });
  });

  it('counts what is no packet of the stream, and is not led astray by it', async () => {
    const foreign = [
      new Uint8Array(0),
      new Uint8Array(40),
      altered(packets[3]!, (view) => view.setUint8(1, 97)),
      altered(packets[3]!, (view) => view.setUint8(1, 200)),
      altered(packets[3]!, (view) => view.setUint32(8, 99)),
      altered(packets[3]!, (view) => view.setUint16(12, 77)),
    ];
    const { frames, stats } = await receive([...packets.slice(0, 50), ...foreign, ...packets.slice(50)]);
    expect(md5s(frames)).toEqual(md5s(whole));
    expect(stats).toMatchObject({
      received: packets.length + 1,
      malformed: 2,
      ignored: 4,
      lost: 0,
      picturesDamaged: 0,
    });
  });

  it('counts payloads without sense, and marks the picture that lacks them', async () => {
    const places = placesOf(packets, 1);
    const wrong: [number, (view: DataView) => void][] = [
      [9, (view) => view.setUint16(24, 60_000)],
      [12, (view) => view.setUint16(28, 60_000)],
      [15, (view) => view.setUint8(15, 0xc8)],
    ];
    const broken = [...packets];
    for (const [at, change] of wrong) broken[places[at]!] = altered(broken[places[at]!]!, change);
    const { frames, stats } = await receive(broken);
    expect(damagedOf(frames)).toEqual([1]);
    expect(stats).toMatchObject({ lost: 0, malformed: 3, picturesDamaged: 1, pictures: 3 });
  });

  it('goes on with a sender that counts anew, times running on', async () => {
    const again = (await packetsOf(stream('vr_hq_cbr_frag.vc2'), { firstSequence: 5, firstTimestamp: 77 })).slice();
    const { frames, stats } = await receive([...packets.slice(0, -1), ...again]);
    expect(md5s(frames)).toEqual([...md5s(whole), ...md5s(whole)]);
    expect(frames.map(({ pts }) => pts)).toEqual([0, 3600, 7200, 10_800, 14_400, 18_000]);
    expect(frames.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false, true, false, false]);
    expect(stats).toMatchObject({ restarts: 1, lost: 0, pictures: 6, picturesDamaged: 0 });
  });

  it('lets another sender take over when the one before is silent, and not before', async () => {
    const depayload = new VC2RTPDepayload();
    const run = drive(depayload);
    const other = await packetsOf(stream('vr_hq_cbr_frag.vc2'), { ssrc: 8, firstSequence: 9, firstTimestamp: 1 });
    run.inbox.send(...packets.slice(0, 100));
    run.inbox.send(...other.slice(0, 10));
    await run.settle();
    expect(depayload.stats).toMatchObject({ received: 100, ignored: 10, restarts: 0, lastPacketUs: 0 });
    await run.advance({ ms: 100 });
    run.inbox.send(...other);
    run.inbox.close();
    await run.finish();
    expect(depayload.stats).toMatchObject({
      received: 100 + other.length,
      restarts: 1,
      lost: 0,
      pictures: 6,
      picturesDamaged: 1,
      lastPacketUs: 100_000,
    });
    const data = Buffer.concat(run.outbox.messages.map((chunk) => chunk.data));
    const frames = await framesOf(data);
    expect(md5s(frames.slice(3))).toEqual(md5s(whole));
  });

  it('waits for what is missing as long as reorderTime, by the clock of the runtime', async () => {
    const depayload = new VC2RTPDepayload({ reorderPackets: 1000, reorderTime: { ms: 30 } });
    const run = drive(depayload);
    const [first = 0] = placesOf(packets, 1);
    run.inbox.send(...packets.slice(0, first + 5), ...packets.slice(first + 6, first + 10));
    await run.settle();
    const bytes = () => run.outbox.messages.reduce((sum, { data }) => sum + data.length, 0);
    const before = bytes();
    await run.advance({ us: 29_999 });
    expect([bytes(), depayload.stats.lost]).toEqual([before, 0]);
    await run.advance({ us: 1 });
    expect(bytes()).toBeGreaterThan(before);
    expect(depayload.stats).toMatchObject({ lost: 1, lastLossUs: 30_000, late: 0 });
    run.inbox.send(packets[first + 5]!);
    await run.settle();
    expect(depayload.stats.late).toBe(1);
    run.inbox.close();
    await run.finish();
  });

  it('sends slices on before their picture is complete', async () => {
    const run = drive(new VC2RTPDepayload());
    const [first = 0] = placesOf(packets, 0);
    run.inbox.send(...packets.slice(0, first + 10));
    await run.settle();
    run.inbox.send(...packets.slice(first + 10, first + 20));
    await run.settle();
    const { messages } = run.outbox;
    expect(messages.length).toBe(2);
    expect(messages.map(({ pts, keyframe }) => [pts, keyframe])).toEqual([
      [0, true],
      [0, true],
    ]);
    run.inbox.close();
    await run.finish();
  });

  it('lets the decoder show a picture as soon as its last packet is there, whole or not', async () => {
    for (const missing of [[], placesOf(packets, 1).slice(3, 5)]) {
      const depayload = new VC2RTPDepayload({ reorderPackets: 0 });
      let frames = 0;
      let shown = () => {};
      async function* source(): AsyncGenerator<Uint8Array> {
        for (const [i, packet] of packets.entries()) {
          if (missing.includes(i)) continue;
          const next = new Promise<void>((resolve) => {
            shown = resolve;
          });
          yield packet;
          // Nothing more comes before its frame does.
          if (read(packet).marker) await next;
        }
      }
      await Pipeline(source(), depayload, new DiracDecoder({ threads: 1 }), (frame) => {
        frames++;
        frame.close();
        shown();
      }).run({ onLog: () => {} });
      expect([frames, depayload.stats.picturesDamaged]).toEqual([3, missing.length > 0 ? 1 : 0]);
    }
  });

  it('takes datagrams as the components of UDP give them, and refuses other messages', async () => {
    const from = ['127.0.0.1', 5] as const;
    const depayload = new VC2RTPDepayload();
    await drive(depayload, {
      inbox: packets.map((packet, i) => (i % 2 === 0 ? ([packet, from] as const) : ([from, packet] as const))),
    }).finish();
    expect(depayload.stats.pictures).toBe(3);
    await expect(drive(new VC2RTPDepayload(), { inbox: ['x' as never] }).done).rejects.toThrow(
      'VC2RTPDepayload: Expected a Uint8Array or a datagram for inbox but received "x"',
    );
  });

  it('knows its payload type from the description of the session', async () => {
    const sdp = vc2SessionDescription({ host: '127.0.0.1', port: 5, payloadType: 97 });
    const { stats } = await receive([], { sdp }).catch(() => ({ stats: undefined }));
    expect(stats).toBeUndefined();
    const depayload = new VC2RTPDepayload({ sdp });
    await drive(depayload, { inbox: packets }).finish();
    expect(depayload.stats).toMatchObject({ received: 0, ignored: packets.length });
    expect(() => new VC2RTPDepayload({ sdp, payloadType: 96 })).toThrow(
      'VC2RTPDepayload: Expected 97, as sdp says, for payloadType but received 96',
    );
  });

  it.each([
    [{ payloadType: 128 }, 'Expected a whole number of 0 to 127 for payloadType but received 128'],
    [{ reorderPackets: 2049 }, 'Expected a whole number of 0 to 2048 for reorderPackets but received 2049'],
    [{ reorderTime: 5 }, 'Expected { ms } or { us } of at least 0 for reorderTime but received 5'],
    [{ sdp: 'v=1' }, 'readVC2Session: Expected v=0 as the first line but received "v=1"'],
  ])('refuses %j', (options, message) => {
    expect(() => new VC2RTPDepayload(options as never)).toThrow(message);
  });
});

function renumbered(packet: Uint8Array, number: number): Uint8Array {
  return altered(packet, (view) => {
    view.setUint16(2, number & 0xffff);
    view.setUint16(12, number >>> 16);
  });
}
