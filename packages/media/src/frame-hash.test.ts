// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { frameOf, painted, quietPool } from '../test/frames.js';
import { addFrame, FrameHash, frameDigest } from './index.js';

// RFC 1321, A.5.
const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
const MD5_OF_ABC = '900150983cd24fb0d6963f7d28e17f72';
const MD5_OF_THE_ALPHABET = 'c3fcd3d76192e4007dfb496cca67e13b';

const pool = quietPool();
const codes = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const md5 = (bytes: readonly number[]) => createHash('md5').update(Uint8Array.from(bytes)).digest('hex');

function letters(text: string, pts = 0) {
  return frameOf(pool, { format: 'GREY', codedWidth: text.length, codedHeight: 1 }, [[codes(text)]], { pts });
}

describe('frameDigest', () => {
  it('is the md5 of the samples by default, or another digest by name', () => {
    using frame = letters('abc');
    expect(frameDigest(frame)).toBe(MD5_OF_ABC);
    // FIPS 180-2, A.1.
    expect(frameDigest(frame, 'sha1')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(() => frameDigest(frame, 'none such')).toThrow();
  });

  it('takes the planes one after the other, row by row without the gaps between rows', () => {
    const shape = { format: 'I420', codedWidth: 10, codedHeight: 2 } as const;
    const rows = [[codes('abcdefghij'), codes('klmnopqrst')], [codes('uvwxy')], [codes('z0123')]];
    using frame = frameOf(pool, shape, rows);
    expect(frameDigest(frame)).toBe(md5(codes('abcdefghijklmnopqrstuvwxyz0123')));
  });

  it('takes the visible part alone, chroma beginning at half of x and y', () => {
    const visibleRect = { x: 2, y: 4, width: 3, height: 3 };
    const shape = { format: 'I420', codedWidth: 8, codedHeight: 8, visibleRect } as const;
    using frame = painted(pool, shape, (plane, x, y) => plane * 100 + y * 10 + x);
    const luma = [42, 43, 44, 52, 53, 54, 62, 63, 64];
    expect(frameDigest(frame)).toBe(md5([...luma, 121, 122, 131, 132, 221, 222, 231, 232]));
  });

  it('takes rows that fill their stride, from the visible rows only', () => {
    const visibleRect = { x: 0, y: 1, width: 64, height: 2 };
    const shape = { format: 'GREY', codedWidth: 64, codedHeight: 4, visibleRect } as const;
    using frame = painted(pool, shape, (_plane, x, y) => 64 * y + x);
    expect(frameDigest(frame)).toBe(md5(Array.from({ length: 128 }, (_, i) => 64 + i)));
  });

  it('takes samples over 8 bits as 16-bit little-endian', () => {
    using frame = frameOf(pool, { format: 'GREYP10', codedWidth: 2, codedHeight: 1 }, [[[0x3fe, 0x001]]]);
    expect(frameDigest(frame)).toBe(md5([0xfe, 0x03, 0x01, 0x00]));
  });

  it('takes both values of a position of a semi-planar plane', () => {
    using frame = frameOf(pool, { format: 'NV12', codedWidth: 3, codedHeight: 1 }, [[[1, 2, 3]], [[4, 5, 6, 7]]]);
    expect(frameDigest(frame)).toBe(md5([1, 2, 3, 4, 5, 6, 7]));
  });

  it('refuses a closed frame', () => {
    const frame = letters('abc');
    frame.close();
    expect(() => frameDigest(frame)).toThrow('VideoFrame: Expected an open frame for planes but it is closed');
  });
});

describe('FrameHash', () => {
  it('is the digest of all frames as if they lay in one file, and counts them', () => {
    const hash = new FrameHash();
    for (const text of ['abcdefgh', 'ijklmnop', 'qrstuvwx', 'yz']) {
      const frame = letters(text);
      hash.add(frame);
      expect(frame.closed).toBe(false);
      frame.close();
    }
    expect(hash.frames).toBe(4);
    expect(hash.digest()).toBe(MD5_OF_THE_ALPHABET);
  });

  it('is the digest of nothing when there was no frame', () => {
    const hash = new FrameHash();
    expect([hash.frames, hash.digest()]).toEqual([0, MD5_OF_NOTHING]);
  });

  it('adds a frame to a hash of the caller', () => {
    const hash = createHash('md5').update('a');
    using frame = letters('bc');
    addFrame(hash, frame);
    expect(hash.digest('hex')).toBe(MD5_OF_ABC);
  });
});
