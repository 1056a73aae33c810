// SPDX-License-Identifier: Apache-2.0

/** A number that says which message it is, and its data. */
export type Tagged<T = Uint8Array> = readonly [tag: number, data: T];

/** A frame was shorter than it says, or is none. */
export class ShortFrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShortFrameError';
  }
}

const LINE_FEED = 0x0a;
// Two numbers of 16 digits with their signs.
const LONGEST_HEADER = 40;

/** `tag length\n` in ASCII, then the data. */
export function encodeFrame([tag, data]: Tagged): Uint8Array {
  const header = Buffer.from(`${tag} ${data.length}\n`, 'latin1');
  const frame = new Uint8Array(header.length + data.length);
  frame.set(header);
  frame.set(data, header.length);
  return frame;
}

/** What {@link encodeFrame} was given; what lies behind the data is ignored. Throws a {@link ShortFrameError}. */
export function decodeFrame(frame: Uint8Array): Tagged {
  const end = frame.subarray(0, LONGEST_HEADER).indexOf(LINE_FEED);
  if (end < 0) throw new ShortFrameError('Expected a header of two numbers and a line feed but received none');
  const header = Buffer.from(frame.buffer, frame.byteOffset, end).toString('latin1');
  const [tag, length] = (/^\s*(-?\d+)\s+(\d+)\s*$/.exec(header) ?? []).slice(1).map(Number);
  if (tag === undefined || length === undefined || !Number.isSafeInteger(tag)) {
    throw new ShortFrameError(`Expected a header of two numbers but received ${JSON.stringify(header)}`);
  }
  // A copy: slice() of one of Node's buffers would be a part of the same memory.
  const data = new Uint8Array(frame.subarray(end + 1, end + 1 + length));
  if (data.length < length) {
    throw new ShortFrameError(`Expected ${length} bytes in frame ${tag} but received ${data.length}`);
  }
  return [tag, data];
}
