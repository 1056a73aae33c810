// SPDX-License-Identifier: Apache-2.0
import { type NativeVideoFormat, openParser } from '@kamaelia/dirac-native';
import type { EncodedChunk } from '@kamaelia/media';
import { AUXILIARY, END_OF_SEQUENCE, FRAGMENT, PADDING, SEQUENCE_HEADER } from '../parse-info.js';
import { partsAroundGap, partsOfRuns, type SliceRun, writePicture } from './high-quality-picture.js';
import { MediaTimes } from './media-times.js';
import { type RtpPacket, u16, u32 } from './rtp-packet.js';
import { readTransformParameters, sliceSize, type TransformParameters } from './transform-parameters.js';
import { UnitWriter } from './unit-writer.js';

const PAYLOAD_HEADER = 4;
const AUXILIARY_HEADER = 8;
const PARAMETERS_HEADER = 16;
const SLICES_HEADER = 20;
const FIRST_OF_UNIT = 0x80;
const LAST_OF_UNIT = 0x40;

/** The first version that has picture fragments. */
const VERSION_OF_FRAGMENTS = 3;
const MOST_AUXILIARY_BYTES = 1 << 20;
/** As much as the decoder takes of one picture. */
const MOST_PICTURE_BYTES = 60 << 20;
/** A step of picture numbers that is larger is none of pictures lost. */
const MOST_LOST_PICTURES = 1 << 16;

/** @internal */
export interface AssemblerCounts {
  pictures: number;
  picturesDamaged: number;
  picturesLost: number;
  malformed: number;
  unusable: number;
}

/** The picture of which packets come. */
interface OpenPicture {
  readonly number: number;
  readonly timestamp: number;
  readonly parameters: KnownParameters;
  /** Its parameters or its sequence header did not come: they are those of the picture before. */
  readonly guessed: boolean;
  /** How its data is cut; known from the first packet of it. */
  cut: 'slices' | 'bytes' | undefined;
  /** Packets are missing since it began. */
  gap: boolean;
  slices: number;
  bytes: number;
  runs: SliceRun[];
  /** Of data that is cut anywhere: in front of the gap, and behind the last one. */
  front: Uint8Array[];
  back: Uint8Array[];
}

interface KnownParameters extends TransformParameters {
  readonly payload: Uint8Array;
}

/**
 * Makes a VC-2 stream of the payloads of RTP packets in their order (RFC 8450, 4).
 *
 * @internal
 */
export class VC2Assembler {
  readonly counts: AssemblerCounts = { pictures: 0, picturesDamaged: 0, picturesLost: 0, malformed: 0, unusable: 0 };
  readonly #send: (chunk: EncodedChunk) => void;
  readonly #writer = new UnitWriter();
  readonly #times: MediaTimes;
  #header: Uint8Array | undefined;
  #format: NativeVideoFormat | undefined;
  #inSequence = false;
  #parameters: KnownParameters | undefined;
  #picture: OpenPicture | undefined;
  #lastNumber: number | undefined;
  /** Packets were lost since the last picture ended. */
  #gap = false;
  /** The first field of a frame is lost: the decoder is not to wait for it. */
  #breakBehindField = false;
  #discontinuity = false;
  /** Of the chunk that is being written. */
  #pts = 0;
  #hasPicture = false;
  #damaged = false;
  #auxiliary: Uint8Array[] | undefined;
  #auxiliaryBytes = 0;

  /** `clockRate`: ticks of its timestamps a second. */
  constructor(clockRate: number, send: (chunk: EncodedChunk) => void) {
    this.#times = new MediaTimes(clockRate);
    this.#send = send;
  }

  /** Takes a packet, `lost` numbers behind the one before. */
  take(packet: RtpPacket, lost: number): void {
    if (lost > 0) this.#noteGap();
    const { bytes, start, end } = packet;
    if (end - start < PAYLOAD_HEADER) {
      this.counts.malformed++;
      return;
    }
    switch (bytes[start + 3]) {
      case SEQUENCE_HEADER:
        this.#sequenceHeader(bytes.subarray(start + PAYLOAD_HEADER, end));
        break;
      case END_OF_SEQUENCE:
        this.#closePicture(false);
        this.#endSequence();
        break;
      case AUXILIARY:
        this.#addAuxiliary(packet);
        break;
      case PADDING:
        break;
      case FRAGMENT:
        this.#fragment(packet);
        break;
      default:
        this.counts.malformed++;
    }
  }

  /** What comes from now on follows nothing that came before; `another`: it is not even of the same sender. */
  restarted(another: boolean): void {
    this.#closePicture(false);
    this.#endSequence();
    if (another) {
      this.#header = undefined;
      this.#parameters = undefined;
    }
    this.#lastNumber = undefined;
    this.#auxiliary = undefined;
    this.#gap = false;
    this.#discontinuity = true;
    this.#times.restart();
  }

  /** Nothing more will come. */
  finish(): void {
    this.#closePicture(false);
    this.flush();
  }

  /** Sends what there is so far. */
  flush(): void {
    const { length } = this.#writer;
    if (length === 0) return;
    const chunk: EncodedChunk = {
      data: this.#writer.take(),
      pts: this.#pts,
      dts: this.#pts,
      timebase: this.#times.timebase,
      duration: this.#times.duration,
      keyframe: true,
      discontinuity: this.#hasPicture && this.#discontinuity,
      ...(this.#damaged ? { damaged: true } : {}),
    };
    if (this.#hasPicture) this.#discontinuity = false;
    this.#hasPicture = false;
    this.#damaged = false;
    this.#send(chunk);
  }

  #noteGap(): void {
    this.#gap = true;
    this.#auxiliary = undefined;
    const picture = this.#picture;
    if (picture === undefined) return;
    picture.gap = true;
    picture.back = [];
  }

  #sequenceHeader(header: Uint8Array): void {
    this.#closePicture(false);
    const known = this.#header;
    if (this.#inSequence && known !== undefined && isSame(header, known)) return;
    if (known === undefined || !isSame(header, known)) {
      const format = formatOf(header);
      if (format === undefined) {
        this.counts.malformed++;
        return;
      }
      this.#endSequence();
      this.#header = header.slice();
      this.#format = format;
      this.#parameters = undefined;
      this.#times.frameRate = format.frameRate;
    }
    this.#beginSequence();
  }

  #beginSequence(): void {
    this.#writeHeader();
    this.#inSequence = true;
    this.#breakBehindField = false;
  }

  #writeHeader(): void {
    const header = this.#header;
    if (header === undefined) return;
    this.#writer.unit(SEQUENCE_HEADER, header.length);
    this.#writer.bytes(header);
  }

  #endSequence(): void {
    if (!this.#inSequence) return;
    this.#inSequence = false;
    this.#writer.unit(END_OF_SEQUENCE, 0);
    this.flush();
  }

  #addAuxiliary({ bytes, start, end }: RtpPacket): void {
    const flags = bytes[start + 2] ?? 0;
    const length = u32(bytes, start + PAYLOAD_HEADER);
    const begin = start + AUXILIARY_HEADER;
    if (begin > end || length > end - begin) {
      this.counts.malformed++;
      this.#auxiliary = undefined;
      return;
    }
    if ((flags & FIRST_OF_UNIT) !== 0) {
      this.#auxiliary = [];
      this.#auxiliaryBytes = 0;
    }
    const parts = this.#auxiliary;
    if (parts === undefined) return;
    parts.push(bytes.subarray(begin, begin + length));
    this.#auxiliaryBytes += length;
    if (this.#auxiliaryBytes > MOST_AUXILIARY_BYTES) {
      this.counts.malformed++;
      this.#auxiliary = undefined;
    } else if ((flags & LAST_OF_UNIT) !== 0) {
      this.#auxiliary = undefined;
      if (!this.#inSequence) return;
      this.#writer.unit(AUXILIARY, this.#auxiliaryBytes);
      for (const part of parts) this.#writer.bytes(part);
    }
  }

  #fragment(packet: RtpPacket): void {
    const { bytes, start, end } = packet;
    const slices = u16(bytes, start + 14);
    const begin = start + (slices === 0 ? PARAMETERS_HEADER : SLICES_HEADER);
    const length = u16(bytes, start + 12);
    if (begin + length > end || length === 0) {
      this.counts.malformed++;
      return;
    }
    if (this.#header === undefined) {
      this.counts.unusable++;
      return;
    }
    const data = bytes.subarray(begin, begin + length);
    if (slices === 0) this.#addParameters(packet, data);
    else this.#addSlices(packet, slices, data);
  }

  #addParameters({ bytes, start, timestamp }: RtpPacket, payload: Uint8Array): void {
    const number = u32(bytes, start + 4);
    // They may come several times, for safety.
    if (number === (this.#picture?.number ?? this.#lastNumber) && timestamp === this.#times.last) return;
    const known = readTransformParameters(payload, this.#format?.majorVersion ?? 0);
    if (known === undefined) {
      this.counts.malformed++;
      return;
    }
    this.#parameters = { ...known, payload: payload.slice() };
    this.#openPicture(number, timestamp, this.#parameters, false);
  }

  #addSlices({ bytes, start, timestamp, marker }: RtpPacket, count: number, data: Uint8Array): void {
    const number = u32(bytes, start + 4);
    if (this.#picture?.number !== number) {
      // Of a picture that ended, or without parameters of any picture.
      if ((number === this.#lastNumber && timestamp === this.#times.last) || this.#parameters === undefined) {
        this.counts.unusable++;
        return;
      }
      this.#openPicture(number, timestamp, this.#parameters, true);
    }
    const picture = this.#picture as OpenPicture;
    picture.bytes += data.length;
    picture.cut ??= this.#cutOf(picture, count, data);
    const x = u16(bytes, start + 16);
    const y = u16(bytes, start + 18);
    const added = picture.cut === 'bytes' ? addBytes(picture, data) : this.#addRun(picture, x, y, count, data);
    if (!added) {
      this.counts.malformed++;
      picture.gap = true;
    }
    const { slicesX, slicesY } = picture.parameters;
    if (marker && (picture.cut === 'bytes' || picture.gap || picture.guessed || picture.slices >= slicesX * slicesY)) {
      this.#closePicture(true);
    }
  }

  /** Whole slices have just the length that they say; what is cut anywhere has another, as ffmpeg's has. */
  #cutOf({ parameters }: OpenPicture, count: number, data: Uint8Array): 'slices' | 'bytes' {
    let at = 0;
    for (let slice = 0; slice < count && at < data.length; slice++) at += sliceSize(data, at, parameters);
    return at === data.length ? 'slices' : 'bytes';
  }

  #writesFragments(): boolean {
    return (this.#format?.majorVersion ?? 0) >= VERSION_OF_FRAGMENTS;
  }

  #addRun(picture: OpenPicture, x: number, y: number, count: number, data: Uint8Array): boolean {
    const { slicesX, slicesY } = picture.parameters;
    const first = y * slicesX + x;
    if (x >= slicesX || first + count > slicesX * slicesY || picture.bytes > MOST_PICTURE_BYTES) return false;
    const isFirst = picture.slices === 0;
    picture.slices += count;
    if (!this.#writesFragments()) {
      picture.runs.push({ first, count, data });
      return true;
    }
    const writer = this.#writer;
    if (isFirst) this.#writeParameters(picture);
    writer.unit(FRAGMENT, 12 + data.length);
    writer.u32(picture.number);
    writer.u16(data.length);
    writer.u16(count);
    writer.u16(x);
    writer.u16(y);
    writer.bytes(data);
    this.#hasPicture = true;
    return true;
  }

  #writeParameters({ number, parameters: { payload }, guessed }: OpenPicture): void {
    const writer = this.#writer;
    writer.unit(FRAGMENT, 8 + payload.length);
    writer.u32(number);
    writer.u16(payload.length);
    writer.u16(0);
    writer.bytes(payload);
    this.#damaged ||= guessed;
  }

  #openPicture(number: number, timestamp: number, parameters: KnownParameters, withoutParameters: boolean): void {
    this.#closePicture(false);
    const guessed = withoutParameters || !this.#inSequence;
    const step = this.#lastNumber === undefined ? 1 : (number - this.#lastNumber) >>> 0;
    this.#countLost(number, step);
    if (!this.#inSequence) this.#beginSequence();
    this.#times.at(timestamp, this.#framesIn(number, step));
    this.#pts = this.#times.pts;
    this.#discontinuity ||= this.#times.broken;
    this.#gap = false;
    this.#picture = {
      number,
      timestamp,
      parameters,
      guessed,
      cut: undefined,
      gap: false,
      slices: 0,
      bytes: 0,
      runs: [],
      front: [],
      back: [],
    };
  }

  /** Frames from the last picture to this one. A further sequence may begin at any number. */
  #framesIn(number: number, step: number): number {
    if (step === 0 || step > MOST_LOST_PICTURES) return 1;
    if (this.#format?.pictureCodingMode !== 1) return step;
    return (number >>> 1) - ((number - step) >>> 1);
  }

  /** Whole pictures that did not come: so that the decoder does not wait for them, it begins a sequence. */
  #countLost(number: number, step: number): void {
    const lost = this.#gap && step > 1 && step <= MOST_LOST_PICTURES ? step - 1 : 0;
    this.counts.picturesLost += lost;
    const second = this.#format?.pictureCodingMode === 1 && (number & 1) === 1;
    if (lost === 0 && (!this.#breakBehindField || second)) return;
    this.#endSequence();
    this.#discontinuity = true;
    if (this.#header !== undefined) this.#beginSequence();
    this.#breakBehindField = second;
  }

  /** `atEnd`: its last packet came. */
  #closePicture(atEnd: boolean): void {
    const picture = this.#picture;
    if (picture === undefined) return;
    this.#picture = undefined;
    const { number, parameters, guessed, cut, runs, front, back } = picture;
    const slices = parameters.slicesX * parameters.slicesY;
    this.#lastNumber = number;
    if (cut === undefined || (cut === 'slices' && picture.slices === 0)) {
      this.counts.picturesLost++;
      return;
    }
    const missing = cut === 'slices' ? picture.slices < slices : picture.gap || !atEnd;
    const damaged = missing || guessed;
    this.counts.pictures++;
    if (damaged) this.counts.picturesDamaged++;
    if (cut === 'slices' && this.#writesFragments()) {
      // Behind which the decoder knows that no more comes of it.
      if (missing) this.#writeHeader();
      this.#endUnit();
      return;
    }
    this.#damaged ||= damaged;
    this.#hasPicture = true;
    if (cut === 'slices') {
      writePicture(this.#writer, number, parameters.payload, parameters, partsOfRuns(runs, slices));
    } else if (!damaged) {
      writePicture(this.#writer, number, parameters.payload, parameters, front);
    } else {
      // A payload that is cut anywhere may have begun with slices; a guessed one has those of another picture.
      const own = guessed ? [] : [parameters.payload.subarray(parameters.bytes), ...front];
      const parts = partsAroundGap(joined(own), atEnd ? joined(back) : new Uint8Array(0), parameters);
      writePicture(this.#writer, number, parameters.payload.subarray(0, parameters.bytes), parameters, parts);
    }
    this.#endUnit();
  }

  /** A decoder trusts a unit when another one follows where it ends: a padding unit, so that it need not wait for it. */
  #endUnit(): void {
    this.#writer.unit(PADDING, 0);
    this.flush();
  }
}

/** False for more bytes than a picture may have. */
function addBytes(picture: OpenPicture, data: Uint8Array): boolean {
  if (picture.bytes > MOST_PICTURE_BYTES) return false;
  (picture.gap || picture.guessed ? picture.back : picture.front).push(data);
  return true;
}

/** The format that a sequence header describes. */
function formatOf(header: Uint8Array): NativeVideoFormat | undefined {
  const writer = new UnitWriter();
  writer.unit(SEQUENCE_HEADER, header.length);
  writer.bytes(header);
  writer.unit(END_OF_SEQUENCE, 0);
  const parser = openParser();
  return [...parser.push(writer.take()), ...parser.finish()].find(({ format }) => format !== undefined)?.format;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
