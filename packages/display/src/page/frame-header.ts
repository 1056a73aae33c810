// SPDX-License-Identifier: Apache-2.0
// The first bytes of a message to the page, written by the server and read by the page. Little-endian.

/** Version of the layout; the page refuses others. */
export const VERSION = 1;
/** Bytes before the first plane. */
export const HEADER_BYTES = 112;

/** Chroma subsampling of the planes that follow: 8 bit, tightly packed, Y, Cb, Cr. */
export const FORMATS = ['I420', 'I422', 'I444'] as const;
/** Where a chroma sample lies between its luma samples. */
export const CHROMA_LOCATIONS = ['left', 'center', 'topleft'] as const;
/** Order of the fields in alternate rows. */
export const FIELDS = ['progressive', 'tff', 'bff'] as const;

/** What the page has to know of a frame. */
export interface FrameHeader {
  readonly format: (typeof FORMATS)[number];
  readonly chromaLocation: (typeof CHROMA_LOCATIONS)[number];
  readonly fields: (typeof FIELDS)[number];
  readonly damaged: boolean;
  /** Samples of the luma plane that follows. */
  readonly width: number;
  readonly height: number;
  /** Size at which the picture is meant to be seen, in square pixels. */
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** Frames that the server had received before this one. */
  readonly number: number;
  /** Presentation time in units of `timebase`. */
  readonly pts: number;
  readonly timebase: { readonly num: number; readonly den: number };
  /** Frames a second; 0/1 where it is not known. */
  readonly frameRate: { readonly num: number; readonly den: number };
  /** Rows of the matrix of rgb = matrix * (yuv - offset), with all values 0 to 255. */
  readonly matrix: readonly number[];
  readonly offset: readonly number[];
}

const MATRIX_AT = 56;
const OFFSET_AT = MATRIX_AT + 9 * 4;

/** Writes a header to the first {@link HEADER_BYTES} bytes of `bytes`. */
export function writeHeader(bytes: Uint8Array, header: FrameHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  view.setUint8(0, VERSION);
  view.setUint8(1, FORMATS.indexOf(header.format));
  view.setUint8(2, CHROMA_LOCATIONS.indexOf(header.chromaLocation));
  view.setUint8(3, FIELDS.indexOf(header.fields));
  view.setUint8(4, header.damaged ? 1 : 0);
  view.setUint32(8, header.width, true);
  view.setUint32(12, header.height, true);
  view.setUint32(16, header.displayWidth, true);
  view.setUint32(20, header.displayHeight, true);
  view.setFloat64(24, header.number, true);
  view.setFloat64(32, header.pts, true);
  view.setUint32(40, header.timebase.num, true);
  view.setUint32(44, header.timebase.den, true);
  view.setUint32(48, header.frameRate.num, true);
  view.setUint32(52, header.frameRate.den, true);
  for (let i = 0; i < 9; i++) view.setFloat32(MATRIX_AT + i * 4, header.matrix[i] ?? 0, true);
  for (let i = 0; i < 3; i++) view.setFloat32(OFFSET_AT + i * 4, header.offset[i] ?? 0, true);
}

/** Reads the header of a message. Throws a RangeError for another version or a message that is too short. */
export function readHeader(message: ArrayBuffer): FrameHeader {
  if (message.byteLength < HEADER_BYTES) {
    throw new RangeError(`Expected at least ${HEADER_BYTES} bytes for a frame but received ${message.byteLength}`);
  }
  const view = new DataView(message);
  const version = view.getUint8(0);
  if (version !== VERSION) throw new RangeError(`Expected version ${VERSION} for a frame but received ${version}`);
  const floats = (at: number, count: number) =>
    Array.from({ length: count }, (_, i) => view.getFloat32(at + i * 4, true));
  return {
    format: FORMATS[view.getUint8(1)] ?? 'I420',
    chromaLocation: CHROMA_LOCATIONS[view.getUint8(2)] ?? 'left',
    fields: FIELDS[view.getUint8(3)] ?? 'progressive',
    damaged: view.getUint8(4) === 1,
    width: view.getUint32(8, true),
    height: view.getUint32(12, true),
    displayWidth: view.getUint32(16, true),
    displayHeight: view.getUint32(20, true),
    number: view.getFloat64(24, true),
    pts: view.getFloat64(32, true),
    timebase: { num: view.getUint32(40, true), den: view.getUint32(44, true) },
    frameRate: { num: view.getUint32(48, true), den: view.getUint32(52, true) },
    matrix: floats(MATRIX_AT, 9),
    offset: floats(OFFSET_AT, 3),
  };
}

/** Width and height of the chroma planes of a format. */
export function chromaSize(format: FrameHeader['format'], width: number, height: number): [number, number] {
  return [format === 'I444' ? width : (width + 1) >> 1, format === 'I420' ? (height + 1) >> 1 : height];
}
