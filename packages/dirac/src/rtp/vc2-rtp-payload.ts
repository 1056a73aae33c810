// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { Component, type Steps } from '@kamaelia/axon';
import { type NativeUnit, type NativeVideoFormat, openParser } from '@kamaelia/dirac-native';
import type { EncodedChunk } from '@kamaelia/media';
import { ChunkTimes } from '../chunk-times.js';
import { DiracError } from '../dirac-error.js';
import {
  AUXILIARY,
  END_OF_SEQUENCE,
  FRAGMENT,
  HIGH_QUALITY_PICTURE,
  PADDING,
  PARSE_INFO,
  SEQUENCE_HEADER,
} from '../parse-info.js';
import { u16, u32 } from './rtp-packet.js';
import {
  readTransformParameters,
  sliceSize,
  type TransformParameters,
  withMajorVersion3,
  withSymmetryFlags,
} from './transform-parameters.js';

/** Options of a {@link VC2RTPPayload}. */
export interface VC2RTPPayloadOptions {
  /** 0 to 127, default 96. */
  readonly payloadType?: number;
  /** Bytes of a packet at most, its RTP header among them, 100 to 65507. Default 1400. */
  readonly maxPacketBytes?: number;
  /** Whom the packets are from, a whole number of 32 bits. Default: by chance. */
  readonly ssrc?: number;
  /** Number of the first packet, a whole number of 32 bits. Default: by chance. */
  readonly firstSequence?: number;
  /** Timestamp of the first picture, a whole number of 32 bits. Default: by chance. */
  readonly firstTimestamp?: number;
}

const CLOCK_RATE = 90_000;
const HIGH_QUALITY = 3;

const RTP_HEADER = 12;
const PAYLOAD_HEADER = 4;
const PARAMETERS_HEADER = 16;
const SLICES_HEADER = 20;
const LARGEST_DATAGRAM = 65_507;
const HIGHEST_32 = 2 ** 32 - 1;

/** The picture of which packets are sent. */
interface SentPicture {
  readonly number: number;
  readonly parameters: TransformParameters;
  slices: number;
}

/**
 * Sends VC-2 (high quality profile) as RTP packets, as RFC 8450 says; whole pictures are cut into fragments of whole
 * slices. For a `SimplePeer`, and for `VC2RTPDepayload` at the other end.
 *
 * `inbox`: bytes of a VC-2 stream, cut anywhere, or chunks as `DiracParser` makes them; read-only. `outbox`: RTP packets
 * of at most `maxPacketBytes`, each with memory of its own. Timestamps are of 90 kHz: times of chunks, or for bytes one
 * frame after another. Streams of versions 1 and 2 are sent as of version 3, as they have to be. It does not pace: put
 * what paces in front of it.
 *
 * Ends its graph with {@link DiracError} for other profiles (`UNSUPPORTED`), and for slices that are longer than
 * `maxPacketBytes` allows (`LIMIT`).
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SimplePeer } from '@kamaelia/components/net';
 * import { VC2RTPPayload } from '@kamaelia/dirac';
 *
 * const stream = new Uint8Array(0); // of a VC-2 file
 * await Pipeline([stream], new VC2RTPPayload(), new SimplePeer({ receiverAddr: '127.0.0.1', receiverPort: 5004 })).run();
 */
export class VC2RTPPayload extends Component {
  readonly inbox = this.in<Uint8Array | EncodedChunk>('inbox', { capacity: 16 });
  readonly outbox = this.out<Uint8Array>('outbox');

  readonly #payloadType: number;
  readonly #most: number;
  readonly #ssrc: number;
  readonly #firstTimestamp: number;
  readonly #parser = openParser({ data: true });
  readonly #times = new ChunkTimes();
  #sequence: number;
  #timestamp: number;
  #format: NativeVideoFormat | undefined;
  #picture: SentPicture | undefined;
  /** Frames that came without times. */
  #frames = 0;
  /** That is being written. */
  #packet = new Uint8Array(0);

  constructor(options: VC2RTPPayloadOptions = {}) {
    super();
    const { payloadType = 96, maxPacketBytes = 1400 } = options;
    const { ssrc = byChance(), firstSequence = byChance(), firstTimestamp = byChance() } = options;
    whole('payloadType', payloadType, 0, 127);
    whole('maxPacketBytes', maxPacketBytes, 100, LARGEST_DATAGRAM);
    whole('ssrc', ssrc, 0, HIGHEST_32);
    whole('firstSequence', firstSequence, 0, HIGHEST_32);
    whole('firstTimestamp', firstTimestamp, 0, HIGHEST_32);
    this.#payloadType = payloadType;
    this.#most = maxPacketBytes;
    this.#ssrc = ssrc;
    this.#sequence = firstSequence;
    this.#firstTimestamp = firstTimestamp;
    this.#timestamp = firstTimestamp;
  }

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message: unknown = inbox.recv();
        for (const unit of this.#parser.push(this.#bytesOf(message))) this.#sendUnit(unit);
      }
      yield;
    }
    for (const unit of this.#parser.finish()) this.#sendUnit(unit);
  }

  #bytesOf(message: unknown): Uint8Array {
    if (message instanceof Uint8Array) return message;
    const data = (message as Partial<EncodedChunk> | undefined)?.data;
    if (data instanceof Uint8Array) {
      this.#times.add(message as EncodedChunk);
      return data;
    }
    throw new TypeError(
      `VC2RTPPayload: Expected a Uint8Array or an EncodedChunk for inbox but received ${describe(message)}`,
    );
  }

  #sendUnit(unit: NativeUnit): void {
    const { code, data, format } = unit;
    if (data === undefined) return;
    const payload = data.subarray(PARSE_INFO);
    if (format !== undefined) this.#format = format;
    switch (code) {
      case SEQUENCE_HEADER:
        if (format === undefined) return;
        if (format.profile !== HIGH_QUALITY) throw this.#unsupported(unit, `profile ${format.profile}`);
        this.#picture = undefined;
        this.#sendWhole(code, format.majorVersion < 3 ? withMajorVersion3(payload) : payload);
        break;
      case END_OF_SEQUENCE:
        this.#picture = undefined;
        this.#sendWhole(code, payload.subarray(0, 0));
        break;
      case AUXILIARY:
        this.#sendAuxiliary(payload);
        break;
      case PADDING:
        this.#begin(code, 4, false, 0xc0).setUint32(RTP_HEADER + PAYLOAD_HEADER, payload.length);
        this.#end();
        break;
      case HIGH_QUALITY_PICTURE:
        if (this.#format !== undefined && payload.length > 4) this.#sendPicture(unit, payload);
        break;
      case FRAGMENT:
        if (this.#format !== undefined && payload.length > 8) this.#sendFragment(unit, payload);
        break;
      default:
        if ((code & 8) !== 0 && this.#format !== undefined) {
          throw this.#unsupported(unit, `a picture of parse code 0x${code.toString(16)}`);
        }
    }
  }

  /** Begins a packet with `bytes` behind the payload header. */
  #begin(code: number, bytes: number, marker: boolean, flags: number): DataView {
    const packet = new Uint8Array(RTP_HEADER + PAYLOAD_HEADER + bytes);
    const view = new DataView(packet.buffer);
    const sequence = this.#sequence;
    packet[0] = 0x80;
    packet[1] = (marker ? 0x80 : 0) | this.#payloadType;
    view.setUint16(2, sequence & 0xffff);
    view.setUint32(4, this.#timestamp);
    view.setUint32(8, this.#ssrc);
    view.setUint16(RTP_HEADER, sequence >>> 16);
    packet[RTP_HEADER + 2] = flags;
    packet[RTP_HEADER + 3] = code;
    this.#sequence = (sequence + 1) >>> 0;
    this.#packet = packet;
    return view;
  }

  #end(): void {
    this.outbox.send(this.#packet);
  }

  #sendWhole(code: number, payload: Uint8Array): void {
    this.#begin(code, payload.length, false, 0);
    this.#packet.set(payload, RTP_HEADER + PAYLOAD_HEADER);
    this.#end();
  }

  #sendAuxiliary(payload: Uint8Array): void {
    const most = this.#most - RTP_HEADER - PAYLOAD_HEADER - 4;
    for (let at = 0; at < Math.max(1, payload.length); at += most) {
      const part = payload.subarray(at, at + most);
      const flags = (at === 0 ? 0x80 : 0) | (at + most >= payload.length ? 0x40 : 0);
      this.#begin(AUXILIARY, 4 + part.length, false, flags).setUint32(RTP_HEADER + PAYLOAD_HEADER, part.length);
      this.#packet.set(part, RTP_HEADER + PAYLOAD_HEADER + 4);
      this.#end();
    }
  }

  #sendPicture(unit: NativeUnit, payload: Uint8Array): void {
    const version = this.#format?.majorVersion ?? 0;
    const own = payload.subarray(4);
    const picture = this.#beginPicture(u32(payload, 0), own, version);
    // One without sense is not sent: receivers could not make more of it.
    if (picture === undefined) return;
    const { bytes } = picture.parameters;
    const parameters = own.subarray(0, bytes);
    this.#sendParameters(picture, version < 3 ? withSymmetryFlags(parameters) : parameters);
    this.#sendSlices(unit, picture, 0, picture.parameters.slicesX * picture.parameters.slicesY, own.subarray(bytes));
  }

  #sendFragment(unit: NativeUnit, payload: Uint8Array): void {
    const count = u16(payload, 6);
    if (count === 0) {
      const parameters = payload.subarray(8);
      const begun = this.#beginPicture(u32(payload, 0), parameters, 3);
      if (begun !== undefined) this.#sendParameters(begun, parameters);
      return;
    }
    const picture = this.#picture;
    if (picture === undefined || picture.number !== u32(payload, 0)) return;
    const first = u16(payload, 10) * picture.parameters.slicesX + u16(payload, 8);
    this.#sendSlices(unit, picture, first, count, payload.subarray(12));
  }

  #beginPicture(number: number, parameters: Uint8Array, version: number): SentPicture | undefined {
    const known = readTransformParameters(parameters, version);
    if (known === undefined) return undefined;
    this.#setTimestamp(number);
    this.#picture = { number, parameters: known, slices: 0 };
    return this.#picture;
  }

  #setTimestamp(number: number): void {
    const { frameRate, pictureCodingMode } = this.#format as NativeVideoFormat;
    const fields = pictureCodingMode === 1;
    const ticks = (CLOCK_RATE * frameRate.den) / frameRate.num;
    const second = fields && (number & 1) === 1;
    const times = this.#times.take(number, false);
    let at: number;
    if (times !== undefined) at = (times.pts * times.timebase.num * CLOCK_RATE) / times.timebase.den;
    // The first field of the frame has its time.
    else at = ticks * (second ? this.#frames - 1 : this.#frames++) + (second ? ticks / 2 : 0);
    this.#timestamp = (this.#firstTimestamp + Math.round(at)) % 2 ** 32;
  }

  get #fieldFlags(): number {
    if (this.#format?.pictureCodingMode !== 1) return 0;
    return 2 | ((this.#picture?.number ?? 0) & 1);
  }

  #sendParameters(picture: SentPicture, parameters: Uint8Array): void {
    this.#writeFragment(picture, PARAMETERS_HEADER, parameters, 0, false);
    this.#end();
  }

  #writeFragment(
    { number, parameters }: SentPicture,
    header: number,
    data: Uint8Array,
    count: number,
    marker: boolean,
  ): DataView {
    const view = this.#begin(FRAGMENT, header - PAYLOAD_HEADER + data.length, marker, this.#fieldFlags);
    view.setUint32(RTP_HEADER + 4, number);
    view.setUint16(RTP_HEADER + 8, parameters.prefixBytes);
    view.setUint16(RTP_HEADER + 10, parameters.sizeScaler);
    view.setUint16(RTP_HEADER + 12, data.length);
    view.setUint16(RTP_HEADER + 14, count);
    this.#packet.set(data, RTP_HEADER + header);
    return view;
  }

  /** Sends `count` slices from `first` on, in raster order, as many in a packet as fit. */
  #sendSlices(unit: NativeUnit, picture: SentPicture, first: number, count: number, bytes: Uint8Array): void {
    const { parameters } = picture;
    const { slicesX, slicesY } = parameters;
    const most = this.#most - RTP_HEADER - SLICES_HEADER;
    let begin = 0;
    let slice = 0;
    while (slice < count) {
      let end = begin;
      let inPacket = 0;
      while (slice + inPacket < count) {
        const size = sliceSize(bytes, end, parameters);
        if (inPacket === 0 && size > most && end + size <= bytes.length) {
          throw new DiracError(
            `VC2RTPPayload: Expected slices of at most ${most} bytes (option maxPacketBytes) but received ${size} ` +
              `(at byte ${unit.position})`,
            { code: 'LIMIT', position: unit.position },
          );
        }
        if (end + size > bytes.length || end + size - begin > most) break;
        end += size;
        inPacket++;
      }
      // The rest is missing.
      if (inPacket === 0) return;
      picture.slices += inPacket;
      const marker = picture.slices >= slicesX * slicesY;
      const at = first + slice;
      const view = this.#writeFragment(picture, SLICES_HEADER, bytes.subarray(begin, end), inPacket, marker);
      view.setUint16(RTP_HEADER + 16, at % slicesX);
      view.setUint16(RTP_HEADER + 18, Math.floor(at / slicesX));
      this.#end();
      begin = end;
      slice += inPacket;
    }
  }

  #unsupported({ position }: NativeUnit, received: string): DiracError {
    return new DiracError(
      `VC2RTPPayload: Expected VC-2 of the high quality profile but received ${received} (at byte ${position})`,
      { code: 'UNSUPPORTED', position },
    );
  }
}

function byChance(): number {
  return randomBytes(4).readUInt32BE();
}

function whole(name: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new RangeError(
    `VC2RTPPayload: Expected a whole number of ${least} to ${most} for ${name} but received ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  return String(value);
}
