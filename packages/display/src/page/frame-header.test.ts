// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { chromaSize, type FrameHeader, HEADER_BYTES, readHeader, VERSION, writeHeader } from './frame-header.js';

const header: FrameHeader = {
  format: 'I422',
  chromaLocation: 'topleft',
  fields: 'bff',
  damaged: true,
  width: 1279,
  height: 719,
  displayWidth: 1280,
  displayHeight: 720,
  number: 2 ** 40 + 1,
  pts: -(2 ** 35) - 3,
  timebase: { num: 1001, den: 30_000 },
  frameRate: { num: 30_000, den: 1001 },
  matrix: [1, 0, 1.5, 1, -0.25, -0.5, 1, 1.75, 0],
  offset: [16, 128, 128],
};

describe('frame header', () => {
  it('is read as it was written, whole numbers beyond 32 bits included', () => {
    const message = new Uint8Array(HEADER_BYTES);
    writeHeader(message, header);
    expect(readHeader(message.buffer)).toEqual(header);
  });

  it('refuses another version and a message that is too short', () => {
    const message = new Uint8Array(HEADER_BYTES);
    writeHeader(message, header);
    message[0] = VERSION + 1;
    expect(() => readHeader(message.buffer)).toThrow(`Expected version ${VERSION} for a frame`);
    expect(() => readHeader(new ArrayBuffer(HEADER_BYTES - 1))).toThrow(`Expected at least ${HEADER_BYTES} bytes`);
  });

  it('rounds the size of chroma planes up', () => {
    expect(chromaSize('I420', 5, 3)).toEqual([3, 2]);
    expect(chromaSize('I422', 5, 3)).toEqual([3, 3]);
    expect(chromaSize('I444', 5, 3)).toEqual([5, 3]);
  });
});
