// SPDX-License-Identifier: Apache-2.0
// The option lowDelay on real streams: when frames come, and that they are the same ones.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { FrameHash, type VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { DiracDecoder, VC2RTPDepayload } from './index.js';
import { packetsOf } from './testing/rtp-packets.js';

const root = join(import.meta.dirname, '..', '..', '..');
const shared = process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared');
const streams = join(shared, 'streams', 'dirac');
const withStreams = existsSync(streams);

const read = (name: string) => readFileSync(join(streams, name));

/** The digest of a stream by the set's manifest. */
function digestOf(name: string): string | undefined {
  const [head = '', ...rows] = readFileSync(join(streams, 'MANIFEST.tsv'), 'utf8').split('\n');
  const column = head.split('\t').indexOf('md5');
  return rows.map((row) => row.split('\t')).find(([file]) => file === name)?.[column];
}

/** Where pictures end, by the stream's own offsets: behind a picture, or behind the last fragment of one. */
function endsOf(bytes: Buffer): number[] {
  const ends: number[] = [];
  let open: number | undefined;
  for (let at = 0, size = 0; at + 13 <= bytes.length; at += size) {
    const code = bytes[at + 4] ?? 0;
    const number = (code & 0x08) === 0 ? undefined : bytes.readUInt32BE(at + 13);
    if (open !== undefined && number !== open) ends.push(at);
    open = number;
    size = bytes.readUInt32BE(at + 5) || 13;
  }
  return ends;
}

interface Seen {
  md5: string;
  frames: number;
  damaged: number;
}

class Frames {
  readonly #hash = new FrameHash();
  #damaged = 0;
  #wake = () => {};

  take = (frame: VideoFrame): void => {
    this.#hash.add(frame);
    if (frame.damaged) this.#damaged++;
    frame.close();
    this.#wake();
  };

  async until(count: number): Promise<void> {
    while (this.#hash.frames < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get seen(): Seen {
    return { md5: this.#hash.digest(), frames: this.#hash.frames, damaged: this.#damaged };
  }
}

/** Sends nothing of what follows a picture before its frame is there. */
async function oneByOne(bytes: Buffer, threads: number, pieces: number): Promise<Seen> {
  const frames = new Frames();
  async function* source() {
    let at = 0;
    for (const [i, end] of endsOf(bytes).entries()) {
      const step = Math.ceil((end - at) / pieces);
      for (; at < end; at += Math.min(step, end - at)) yield bytes.subarray(at, Math.min(at + step, end));
      await frames.until(i + 1);
    }
    yield bytes.subarray(at);
  }
  await Pipeline(source(), new DiracDecoder({ threads, lowDelay: true }), frames.take).run();
  return frames.seen;
}

async function decode(bytes: Buffer, threads: number, chunk: number): Promise<Seen> {
  const frames = new Frames();
  function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  await Pipeline(source(), new DiracDecoder({ threads, lowDelay: true }), frames.take).run();
  return frames.seen;
}

describe.skipIf(!withStreams)('DiracDecoder with lowDelay (needs ../shared)', () => {
  it.each([
    ['high quality', 'vr_hq_cbr_422_10.vc2'],
    ['low delay', 'vr_ld_DD137_d3.vc2'],
    ['fragments', 'vr_hq_cbr_frag.vc2'],
    ['core syntax, intra', 'dr_intra.drc'],
    ['core syntax, intra, with variable length codes', 'schro_noarith_intra.drc'],
  ])('gives each frame before the first byte behind its picture was sent: %s', async (_, name) => {
    const bytes = read(name);
    const expected = { md5: digestOf(name), frames: endsOf(bytes).length, damaged: 0 };
    for (const threads of [1, 3]) {
      for (const pieces of [1, 2, 50]) {
        expect({ threads, pieces, ...(await oneByOne(bytes, threads, pieces)) }).toEqual({
          threads,
          pieces,
          ...expected,
        });
      }
    }
  });

  it.each([
    'dr_default.drc',
    'schro_default.drc',
    'dr_field.drc',
    'schro_interlaced_intra.drc',
    'bbc_hq_fields_dd137.vc2',
    'x_next_offset_zero.drc',
    'x_multiseq_same_size.drc',
    'x_padding_aux.drc',
    'bbc_hq_fragments.vc2',
    'bbc_ld_lowrate_uneven.vc2',
  ])('keeps order and samples, however the stream is cut: %s', async (name) => {
    const bytes = read(name);
    for (const [threads, chunk] of [
      [1, 65_536],
      [3, 65_536],
      [1, 997],
      [3, 13],
    ] as const) {
      const { md5, damaged } = await decode(bytes, threads, chunk);
      expect({ threads, chunk, md5, damaged }).toEqual({ threads, chunk, md5: digestOf(name), damaged: 0 });
    }
  });

  it('gives the frame of RTP packets with the last one', async () => {
    const packets = await packetsOf(read('vr_hq_cbr_422_10.vc2'), { maxPacketBytes: 1400 });
    const frames = new Frames();
    async function* source() {
      let pictures = 0;
      for (const packet of packets) {
        yield packet;
        if ((packet[1] ?? 0) >= 0x80) await frames.until(++pictures);
      }
    }
    await Pipeline(source(), new VC2RTPDepayload(), new DiracDecoder({ lowDelay: true }), frames.take).run();
    expect(frames.seen).toEqual({ md5: digestOf('vr_hq_cbr_422_10.vc2'), frames: 3, damaged: 0 });
  });
});
