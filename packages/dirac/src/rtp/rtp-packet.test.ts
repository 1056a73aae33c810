// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { RtpPacket } from './rtp-packet.js';

const fixed = [0x80, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef];

function read(...bytes: number[]) {
  const packet = new RtpPacket();
  return packet.read(Uint8Array.from(bytes)) ? packet : undefined;
}

const withFirst = (first: number) => [first, ...fixed.slice(1)];

describe('RtpPacket', () => {
  it('reads the fields of the fixed header', () => {
    expect(read(...fixed, 1, 2, 3)).toMatchObject({
      payloadType: 96,
      marker: true,
      sequence: 0x1234,
      timestamp: 9,
      ssrc: 0xdeadbeef,
      start: 12,
      end: 15,
      isRtcp: false,
    });
  });

  it('passes contributing sources and an extension', () => {
    expect(read(...withFirst(0x82), ...Array(8).fill(7), 5, 6)).toMatchObject({ start: 20, end: 22 });
    expect(read(...withFirst(0x90), 0xbe, 0xde, 0, 1, 1, 1, 1, 1, 5)).toMatchObject({ start: 20, end: 21 });
    expect(read(...withFirst(0x91), 0, 0, 0, 0, 0, 0, 0, 0, 5)).toMatchObject({ start: 20, end: 21 });
  });

  it('leaves padding out', () => {
    expect(read(...withFirst(0xa0), 5, 6, 0, 0, 3)).toMatchObject({ start: 12, end: 14 });
    expect(read(...withFirst(0xa0), 0, 0, 3)).toMatchObject({ start: 12, end: 12 });
  });

  it('knows RTCP beside it', () => {
    expect(read(0x80, 200, ...fixed.slice(2))).toMatchObject({ isRtcp: true });
  });

  it.each([
    ['an empty datagram', []],
    ['a short one', fixed.slice(0, 11)],
    ['another version', withFirst(0x40)],
    ['more sources than bytes', [...withFirst(0x83), 1, 2, 3]],
    ['an extension that does not fit', [...withFirst(0x90), 0, 0, 0, 9, 1]],
    ['an extension without a length', [...withFirst(0x90), 0, 0]],
    ['padding of no bytes', [...withFirst(0xa0), 5, 0]],
    ['more padding than payload', [...withFirst(0xa0), 5, 3]],
  ])('refuses %s', (_, bytes) => {
    expect(read(...bytes)).toBeUndefined();
  });
});
