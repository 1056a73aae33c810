// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import { type EncodedChunk, FrameHash, type VideoFrame } from '@kamaelia/media';
import {
  DiracDecoder,
  VC2RTPDepayload,
  type VC2RTPDepayloadOptions,
  type VC2RTPDepayloadStats,
  VC2RTPPayload,
  type VC2RTPPayloadOptions,
} from '../index.js';

/** A frame that was decoded, and closed since. */
export interface SeenFrame {
  readonly pts: number;
  readonly damaged: boolean;
  readonly discontinuity: boolean;
  /** Of its samples. */
  readonly md5: string;
  readonly luma: Uint8Array;
}

/** The packets of a stream as RFC 8450 says. */
export async function packetsOf(
  stream: Uint8Array | readonly EncodedChunk[],
  options: VC2RTPPayloadOptions = {},
): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  const numbers = { ssrc: 7, firstSequence: 65_500, firstTimestamp: 2 ** 32 - 4000, ...options };
  await Pipeline(stream instanceof Uint8Array ? [stream] : stream, new VC2RTPPayload(numbers), (packet) => {
    packets.push(packet);
  }).run();
  return packets;
}

/** What becomes of packets. */
export async function receive(
  packets: Iterable<Uint8Array>,
  options: VC2RTPDepayloadOptions = {},
): Promise<{ frames: SeenFrame[]; stats: VC2RTPDepayloadStats; logs: string[] }> {
  const depayload = new VC2RTPDepayload(options);
  const frames: SeenFrame[] = [];
  const logs: string[] = [];
  await Pipeline(packets, depayload, new DiracDecoder({ threads: 1 }), (frame: VideoFrame) => {
    frames.push(seen(frame));
    frame.close();
  }).run({ onLog: ({ level, message }) => level === 'warn' && logs.push(message) });
  return { frames, stats: depayload.stats, logs };
}

/** The frames of a stream that did not travel. */
export async function framesOf(stream: Uint8Array): Promise<SeenFrame[]> {
  const frames: SeenFrame[] = [];
  await Pipeline([stream], new DiracDecoder({ threads: 1 }), (frame: VideoFrame) => {
    frames.push(seen(frame));
    frame.close();
  }).run({ onLog: () => {} });
  return frames;
}

function seen(frame: VideoFrame): SeenFrame {
  const { pts, damaged, discontinuity, planes } = frame;
  const hash = new FrameHash();
  hash.add(frame);
  const luma = planes[0] === undefined ? new Uint8Array(0) : planes[0].data.slice();
  return { pts, damaged, discontinuity, md5: hash.digest(), luma };
}

/** The packets of a stream as ffmpeg makes them: data cut at any byte, each piece said to be the first slice. */
export function piecesOf(stream: Uint8Array, parameterBytes: number, most: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const add = (code: number, header: number[], data: Uint8Array, marker: boolean) => {
    const packet = new Uint8Array(16 + header.length + data.length);
    packet.set([0x80, marker ? 0xe0 : 0x60]);
    new DataView(packet.buffer).setUint16(2, packets.length);
    packet[15] = code;
    packet.set(header, 16);
    packet.set(data, 16 + header.length);
    packets.push(packet);
  };
  for (let at = 0, size = 0; at + 13 <= stream.length; at += size) {
    size = view.getUint32(at + 5) || 13;
    const code = view.getUint8(at + 4);
    const payload = stream.subarray(at + 13, at + size);
    if (code !== 0xe8) {
      if (code < 0x20) add(code, [], payload, false);
      continue;
    }
    const number = payload.subarray(0, 4);
    const u16 = (value: number) => [value >> 8, value & 255];
    add(0xec, [...number, 0, 0, 0, 1, ...u16(parameterBytes), 0, 0], payload.subarray(4, 4 + parameterBytes), false);
    for (let cut = 4 + parameterBytes; cut < payload.length; cut += most) {
      const data = payload.subarray(cut, cut + most);
      add(0xec, [...number, 0, 0, 0, 1, ...u16(data.length), 0, 1, 0, 0, 0, 0], data, cut + most >= payload.length);
    }
  }
  return packets;
}

/** Without the packets at these places. */
export function without(packets: readonly Uint8Array[], ...places: number[]): Uint8Array[] {
  return packets.filter((_, i) => !places.includes(i));
}

/** The packet's place in the 32-bit numbering, its payload header's parse code, and the marker. */
export function read(packet: Uint8Array) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const code = view.getUint8(15);
  const fragment = code === 0xec;
  return {
    sequence: view.getUint16(2) + 65_536 * view.getUint16(12),
    timestamp: view.getUint32(4),
    marker: view.getUint8(1) >= 0x80,
    code,
    flags: view.getUint8(14),
    picture: fragment ? view.getUint32(16) : undefined,
    slices: fragment ? view.getUint16(26) : undefined,
    x: fragment ? view.getUint16(28) : undefined,
    y: fragment ? view.getUint16(30) : undefined,
  };
}
