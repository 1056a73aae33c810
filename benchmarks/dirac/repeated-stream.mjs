// SPDX-License-Identifier: Apache-2.0
// Makes streams long enough to be timed: the data units of a Dirac stream several times over, as one sequence
// where it is one.

const END_OF_SEQUENCE = 0x10;
const HEADER_BYTES = 13;
const END = Buffer.from([0x42, 0x42, 0x43, 0x44, END_OF_SEQUENCE, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Offset, parse code and size of each data unit. */
function* units(bytes) {
  for (let at = 0, size = 0; at + HEADER_BYTES <= bytes.length; at += size) {
    size = bytes.readUInt32BE(at + 5) || HEADER_BYTES;
    const code = bytes[at + 4];
    yield { at, code, size, picture: (code & 8) !== 0 };
  }
}

/** The sequence header and the first two pictures of a stream: what it takes to start and stop. ffmpeg wants two. */
export function firstPictures(bytes) {
  const second = [...units(bytes)].filter(({ picture }) => picture)[1];
  return Buffer.concat([bytes.subarray(0, second.at + second.size), END]);
}

/**
 * The stream several times over, its pictures numbered on: ffmpeg drops numbers that come again. As one sequence, unless
 * it has several itself, such as ffmpeg writes, which wants to see each of them end.
 */
export function repeated(bytes, times) {
  const found = [...units(bytes)];
  const several = found.filter(({ code }) => code === END_OF_SEQUENCE).length > 1;
  const all = several ? found : found.filter(({ code }) => code !== END_OF_SEQUENCE);
  const pictures = all.filter(({ picture }) => picture).length;
  const parts = [];
  for (let n = 0; n < times; n += 1) {
    for (const { at, size, picture } of all) {
      const unit = Buffer.from(bytes.subarray(at, at + size));
      if (picture) unit.writeUInt32BE((unit.readUInt32BE(HEADER_BYTES) + n * pictures) >>> 0, HEADER_BYTES);
      parts.push(unit);
    }
  }
  return { bytes: Buffer.concat(several ? parts : [...parts, END]), pictures: pictures * times };
}
