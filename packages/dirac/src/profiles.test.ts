// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline } from '@kamaelia/axon';
import { FrameToYUV4MPEG, type VideoFrame } from '@kamaelia/media';
import { describe, expect, it } from 'vitest';
import { DiracDecoder, type DiracDecoderOptions, DiracProbe } from './index.js';

const root = join(import.meta.dirname, '..', '..', '..');
const testcard = readFileSync(join(root, 'examples', 'media', 'testcard.drc'));
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');
const stream = (file: string): Uint8Array => readFileSync(join(streams, file));

interface Seen {
  format: string;
  fields: string;
  damaged: boolean;
  keyframe: boolean;
  low: readonly number[] | undefined;
  side: readonly (number | undefined)[];
}

async function decode(bytes: Uint8Array, options: DiracDecoderOptions = {}) {
  const decoder = new DiracDecoder({ threads: 2, ...options });
  const seen: Seen[] = [];
  await Pipeline([bytes], decoder, (frame: VideoFrame) => {
    const { format, fields, damaged, keyframe, lowBand, sideData } = frame;
    const low = lowBand && [lowBand.width, lowBand.height, lowBand.level, lowBand.data.length];
    for (const { kind } of sideData) expect(kind).toBe('dirac-auxiliary');
    seen.push({ format, fields, damaged, keyframe, low, side: sideData.map(({ data }) => data[0]) });
    frame.close();
  }).run();
  return { seen, stats: decoder.stats };
}

/** Where the data units of a stream begin, and their codes. */
function unitsOf(bytes: Uint8Array): { at: number; code: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const units: { at: number; code: number }[] = [];
  for (let at = 0; at + 13 <= bytes.length; at += Math.max(13, view.getUint32(at + 5))) {
    units.push({ at, code: view.getUint8(at + 4) });
  }
  return units;
}

const intraUnits = unitsOf(testcard).filter(({ code }) => code === 0x0c);

describe('DiracDecoder on parts of a stream', () => {
  it('begins anew after reset(), at an intra picture without a sequence header', async () => {
    const decoder = new DiracDecoder({ threads: 1 });
    const seek = intraUnits[2]?.at ?? 0;
    const seen: { keyframe: boolean; discontinuity: boolean; damaged: boolean }[] = [];
    let sought = (): void => {};
    const seeking = new Promise<void>((resolve) => {
      sought = resolve;
    });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield testcard.subarray(0, 60_000);
      await seeking;
      yield testcard.subarray(seek);
    }
    await Pipeline(source(), decoder, (frame: VideoFrame) => {
      const { keyframe, discontinuity, damaged } = frame;
      seen.push({ keyframe, discontinuity, damaged });
      frame.close();
      if (seen.length !== 5) return;
      decoder.reset();
      sought();
    }).run();
    expect(seen.length).toBeGreaterThan(50);
    expect(seen[5]).toEqual({ keyframe: true, discontinuity: true, damaged: false });
    expect(seen.slice(6).some(({ discontinuity }) => discontinuity)).toBe(false);
    expect(decoder.stats?.damaged).toBe(0);
  });

  it('leaves out what refers to pictures that are not there, or makes do without them', async () => {
    const [, ...units] = unitsOf(testcard);
    const first = units.findIndex(({ at }) => at === intraUnits[0]?.at);
    const header = testcard.subarray(0, units[0]?.at);
    const without = Buffer.concat([header, testcard.subarray(units[first + 1]?.at, units[first + 6]?.at)]);
    const skipped = await decode(without);
    expect(skipped.seen).toEqual([]);
    expect(skipped.stats).toMatchObject({ skippedPictures: 5 });
    const made = await decode(without, { missingReferences: 'substitute' });
    expect(made.seen.map(({ damaged }) => damaged)).toEqual([true, true, true, true, true]);
  });

  it('hands on the low-low band of intra pictures when it is asked for', async () => {
    const some = testcard.subarray(0, 60_000);
    expect((await decode(some)).seen.some(({ low }) => low !== undefined)).toBe(false);
    const { seen } = await decode(some, { lowBand: true });
    const [first, ...others] = seen;
    const [width = 0, height = 0, level = 0, size] = first?.low ?? [];
    expect(width).toBe(640 >> level);
    expect(height).toBe(Math.ceil(360 / 2 ** level));
    expect(size).toBe(width * height);
    expect(others.every(({ keyframe, low }) => keyframe === (low !== undefined))).toBe(true);
  });
});

describe.skipIf(!existsSync(streams))('DiracDecoder on every profile (needs ../shared)', () => {
  it('gives frames of the format, depth and fields that the stream has', async () => {
    for (const [file, format, fields] of [
      ['dr_vlc.drc', 'I420', 'progressive'],
      ['schro_ld_422_10bit.drc', 'I422P10', 'progressive'],
      ['ff_hq_420_10.vc2', 'I420P10', 'progressive'],
      ['ff_hq_422_12.vc2', 'I422P12', 'progressive'],
      ['bbc_hq_daub97_444_12b.vc2', 'I444P12', 'progressive'],
      ['ff_hq_444_8.vc2', 'I444', 'progressive'],
      ['dr_field.drc', 'I420', 'bff'],
    ] as const) {
      const { seen, stats } = await decode(stream(file));
      expect(new Set(seen.map((frame) => frame.format)), file).toEqual(new Set([format]));
      expect(new Set(seen.map((frame) => frame.fields)), file).toEqual(new Set([fields]));
      expect(stats, file).toMatchObject({ damaged: 0, skippedPictures: 0, lostSync: 0 });
    }
  });

  it('hands on auxiliary data, and verifies the checksums in it', async () => {
    const { seen, stats } = await decode(stream('schro_md5_aux.drc'));
    expect(stats).toMatchObject({ checksumsRight: 9, checksumsWrong: 0, auxiliary: 10 });
    // Kind 3 are checksums, kind 1 is the encoder's name.
    expect(seen.map(({ side }) => side)).toEqual([[3, 1], ...Array(8).fill([3])]);
  });

  it('tells the two dialects of quantisers apart, or does as it is told', async () => {
    const legacy = stream('dr_multiquants.drc');
    expect((await decode(legacy)).stats?.damaged).toBe(0);
    expect((await decode(legacy, { quantiserDialect: 'legacy' })).stats?.damaged).toBe(0);
    expect((await decode(legacy, { quantiserDialect: 'standard' })).stats?.damaged).toBeGreaterThan(0);
  });

  it('writes YUV4MPEG2 of deep samples', async () => {
    const header: string[] = [];
    let bytes = 0;
    await Pipeline([stream('ff_hq_422_10.vc2')], new DiracDecoder(), new FrameToYUV4MPEG(), (data: Uint8Array) => {
      if (bytes === 0) header.push(new TextDecoder().decode(data));
      bytes += data.length;
    }).run();
    expect(header[0]).toMatch(/^YUV4MPEG2 W352 H288 .* C422p10 /);
    expect(bytes).toBe((header[0]?.length ?? 0) + 3 * (6 + 352 * 288 * 2 * 2));
  });

  it('says in a probe what kind of stream it is', () => {
    const probed = (file: string) => {
      const probe = new DiracProbe();
      probe.push(stream(file));
      return probe.finish();
    };
    expect(probed('schro_md5_aux.drc')).toMatchObject({
      encoder: 'Schroedinger 1.0.11',
      auxiliaryUnits: 10,
      paddingUnits: 0,
      fragmented: false,
    });
    expect(probed('bbc_hq_fragments.vc2')).toMatchObject({ fragmented: true, frames: 3, syntax: 'high quality' });
    expect(probed('bbc_hq_fields_dd137.vc2')).toMatchObject({ fieldCoding: true, frames: 3, intra: 6 });
    expect(probed('bbc_hq_padding_aux.vc2').paddingUnits).toBeGreaterThan(0);
  });
});
