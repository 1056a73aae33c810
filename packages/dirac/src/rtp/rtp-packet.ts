// SPDX-License-Identifier: Apache-2.0

const VERSION = 2;
const FIXED_HEADER = 12;
/** RTCP packets beside RTP on one port (RFC 5761, 4) look like these payload types. */
const FIRST_OF_RTCP = 64;
const LAST_OF_RTCP = 95;

/** @internal An RTP packet's header (RFC 3550, 5.1). One object is used for all packets. */
export class RtpPacket {
  bytes: Uint8Array = new Uint8Array(0);
  payloadType = 0;
  marker = false;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  /** Where the payload begins and ends, behind contributing sources and extension, without padding. */
  start = 0;
  end = 0;

  /** False for what is no RTP packet; the fields then mean nothing. */
  read(bytes: Uint8Array): boolean {
    const { length } = bytes;
    const first = at(bytes, 0);
    if (length < FIXED_HEADER || first >> 6 !== VERSION) return false;
    const second = at(bytes, 1);
    let start = FIXED_HEADER + 4 * (first & 15);
    if ((first & 0x10) !== 0) {
      if (start + 4 > length) return false;
      start += 4 + 4 * u16(bytes, start + 2);
    }
    const padding = (first & 0x20) !== 0 ? at(bytes, length - 1) : 0;
    const end = length - padding;
    if (((first & 0x20) !== 0 && padding === 0) || start > end) return false;
    this.bytes = bytes;
    this.payloadType = second & 0x7f;
    this.marker = second >= 0x80;
    this.sequence = u16(bytes, 2);
    this.timestamp = u32(bytes, 4);
    this.ssrc = u32(bytes, 8);
    this.start = start;
    this.end = end;
    return true;
  }

  get isRtcp(): boolean {
    return this.payloadType >= FIRST_OF_RTCP && this.payloadType <= LAST_OF_RTCP;
  }
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

/** @internal Network byte order; bytes beyond the end are zero. */
export function u16(bytes: Uint8Array, offset: number): number {
  return (at(bytes, offset) << 8) | at(bytes, offset + 1);
}

/** @internal Network byte order; bytes beyond the end are zero. */
export function u32(bytes: Uint8Array, offset: number): number {
  return ((u16(bytes, offset) << 16) | u16(bytes, offset + 2)) >>> 0;
}
