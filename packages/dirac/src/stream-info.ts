// SPDX-License-Identifier: Apache-2.0
import { type NativeUnit, type NativeVideoFormat, openParser } from '@kamaelia/dirac-native';
import type { ColorSpace, PixelFormat, Rational, Rect } from '@kamaelia/media';
import { DiracError } from './dirac-error.js';
import { PICTURE } from './parse-info.js';
import { cleanAreaOf, colorSpaceOf, fieldsOf, pixelFormatOf } from './video-properties.js';

const PROFILES: Readonly<Record<number, string>> = {
  0: 'low delay',
  1: 'simple',
  2: 'main (intra)',
  3: 'high quality',
  8: 'main (long GOP)',
};

/** How the pictures of a stream are coded. */
export type DiracSyntax = 'core, arithmetic coding' | 'core, VLC' | 'low delay' | 'high quality';

/** What the headers of a Dirac stream say, from reading all of it without decoding. */
export interface DiracStreamInfo {
  /** Every field of the first sequence header, presets resolved, numbers as in the stream. */
  readonly header: NativeVideoFormat;
  readonly profile: string;
  readonly syntax: DiracSyntax | undefined;
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly cleanArea: Rect;
  readonly frameRate: Rational;
  readonly pixelAspect: Rational;
  readonly fields: 'progressive' | 'tff' | 'bff';
  /** Pictures come in fragments (VC-2 version 3). */
  readonly fragmented: boolean;
  /** What the first auxiliary unit of that kind calls the encoder. */
  readonly encoder: string | undefined;
  readonly auxiliaryUnits: number;
  readonly paddingUnits: number;
  /** Coded as one picture a field. */
  readonly fieldCoding: boolean;
  readonly colorSpace: ColorSpace;
  readonly sequences: number;
  /** Frames that the stream's pictures make. */
  readonly frames: number;
  /** Coded pictures by the number of their references. */
  readonly intra: number;
  readonly oneReference: number;
  readonly twoReferences: number;
  /** Bytes read. */
  readonly bytes: number;
  /** Bytes that belong to no data unit. */
  readonly bytesSkipped: number;
  /** Data units whose end is missing. */
  readonly damagedUnits: number;
  /** Seconds at the stream's frame rate; for display. */
  readonly duration: number;
  /** Bits a second at the stream's frame rate. */
  readonly bitrate: number;
}

function syntaxOf(code: number): DiracSyntax {
  if ((code & 0x88) === 0x08) return (code & 0x48) === 0x08 ? 'core, arithmetic coding' : 'core, VLC';
  return (code & 0xf8) === 0xe8 ? 'high quality' : 'low delay';
}

/**
 * Reads the headers of a Dirac stream that comes in pieces.
 *
 * @example
 * import { readFileSync } from 'node:fs';
 * import { DiracProbe } from '@kamaelia/dirac';
 * const probe = new DiracProbe();
 * probe.push(readFileSync('testcard.drc'));
 * const { width, height, frames } = probe.finish();
 * console.log(width, height, frames); // 640 360 300
 */
export class DiracProbe {
  readonly #parser = openParser({ data: 'auxiliary' });
  #header: NativeVideoFormat | undefined;
  #syntax: DiracSyntax | undefined;
  #sequences = 0;
  #inSequence = false;
  readonly #pictures: [number, number, number] = [0, 0, 0];
  #bytes = 0;
  #damagedUnits = 0;
  #auxiliary = 0;
  #padding = 0;
  #fragmented = false;
  #encoder: string | undefined;

  /** Takes bytes, cut anywhere. They are copied. */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    for (const unit of this.#parser.push(bytes)) this.#add(unit);
  }

  #add(unit: NativeUnit): void {
    if (unit.damaged) this.#damagedUnits++;
    if (unit.code === 0x10) this.#inSequence = false;
    if (unit.format !== undefined) {
      this.#header ??= unit.format;
      if (!this.#inSequence) this.#sequences++;
      this.#inSequence = true;
    }
    if (unit.code === 0x30) this.#padding++;
    if ((unit.code & 0xf8) === 0x20) {
      this.#auxiliary++;
      // Behind the parse info: kind 1, then the encoder's name.
      if (unit.data?.[13] === 1) this.#encoder ??= new TextDecoder('latin1').decode(unit.data.subarray(14, 270));
    }
    if ((unit.code & PICTURE) === 0 || this.#header === undefined) return;
    if (unit.slices !== undefined && this.#header.majorVersion >= 3) {
      this.#fragmented = true;
      if (unit.slices > 0) return;
    }
    this.#syntax ??= syntaxOf(unit.code);
    const references = unit.references ?? 0;
    if (references <= 2) this.#pictures[references as 0 | 1 | 2]++;
  }

  /** What the headers said. Throws {@link DiracError} `NO_SEQUENCE_HEADER` when there was none. */
  finish(): DiracStreamInfo {
    for (const unit of this.#parser.finish()) this.#add(unit);
    const header = this.#header;
    if (header === undefined) {
      throw new DiracError(
        `DiracProbe: Expected a Dirac stream but received no sequence header in ${this.#bytes} bytes`,
        { code: 'NO_SEQUENCE_HEADER', position: this.#bytes },
      );
    }
    const [intra, oneReference, twoReferences] = this.#pictures;
    const fieldCoding = header.pictureCodingMode === 1;
    const frames = Math.floor((intra + oneReference + twoReferences) / (fieldCoding ? 2 : 1));
    const duration = (frames * header.frameRate.den) / header.frameRate.num;
    return {
      header,
      profile: PROFILES[header.profile] ?? `reserved (${header.profile})`,
      syntax: this.#syntax,
      format: pixelFormatOf(header),
      width: header.width,
      height: header.height,
      cleanArea: cleanAreaOf(header),
      frameRate: header.frameRate,
      pixelAspect: header.pixelAspect,
      fields: fieldsOf(header),
      fieldCoding,
      fragmented: this.#fragmented,
      encoder: this.#encoder,
      auxiliaryUnits: this.#auxiliary,
      paddingUnits: this.#padding,
      colorSpace: colorSpaceOf(header),
      sequences: this.#sequences,
      frames,
      intra,
      oneReference,
      twoReferences,
      bytes: this.#bytes,
      bytesSkipped: this.#parser.bytesSkipped(),
      damagedUnits: this.#damagedUnits,
      duration,
      bitrate: duration > 0 ? (this.#bytes * 8) / duration : 0,
    };
  }
}

/** Reads all of a stream and says what its headers say. See {@link DiracProbe}. */
export async function probeDirac(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<DiracStreamInfo> {
  const probe = new DiracProbe();
  for await (const bytes of source) probe.push(bytes);
  return probe.finish();
}
