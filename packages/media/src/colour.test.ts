// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { painted, quietPool } from '../test/frames.js';
import { type ColorSpace, type PixelFormat, yuvTransform } from './index.js';

// Worked out by hand from the definitions (BT.601-7 2.5.1, BT.709-6 3.2 and 3.4, BT.2020-2 table 4), Kg = 1 - Kr - Kb:
//   R = Y' + 2(1-Kr) Cr',  B = Y' + 2(1-Kb) Cb',  G = Y' - 2(1-Kb)(Kb/Kg) Cb' - 2(1-Kr)(Kr/Kg) Cr'
//   limited: Y' = (Y-16) 255/219, C' = (C-128) 255/224; full: Y' = Y, C' = C-128.
//                                    Cr->R     Cb->G     Cr->G     Cb->B
// BT.601   Kr .299   Kb .114   full  1.402     0.344136  0.714136  1.772
//                           limited  1.596027  0.391762  0.812968  2.017232
// BT.709   Kr .2126  Kb .0722  full  1.5748    0.187324  0.468124  1.8556
//                           limited  1.792741  0.213249  0.532909  2.112402
// BT.2020  Kr .2627  Kb .0593  full  1.4746    0.164553  0.571353  1.8814
//                           limited  1.678674  0.187326  0.650424  2.141772
const LIMITED_LUMA = 1.164384;
const coefficients = [
  ['smpte170m', true, 1.402, 0.344136, 0.714136, 1.772],
  ['smpte170m', false, 1.596027, 0.391762, 0.812968, 2.017232],
  ['bt470bg', false, 1.596027, 0.391762, 0.812968, 2.017232],
  ['bt709', true, 1.5748, 0.187324, 0.468124, 1.8556],
  ['bt709', false, 1.792741, 0.213249, 0.532909, 2.112402],
  ['bt2020-ncl', true, 1.4746, 0.164553, 0.571353, 1.8814],
  ['bt2020-ncl', false, 1.678674, 0.187326, 0.650424, 2.141772],
] as const;

const space = (matrix: ColorSpace['matrix'], fullRange: boolean): ColorSpace => ({
  primaries: null,
  transfer: null,
  matrix,
  fullRange,
});

describe('yuvTransform', () => {
  it.each(coefficients)('has the coefficients of %s, full range %s', (name, fullRange, crR, cbG, crG, cbB) => {
    const { matrix, offset } = yuvTransform(space(name, fullRange));
    const y = fullRange ? 1 : LIMITED_LUMA;
    const expected = [y, 0, crR, y, -cbG, -crG, y, cbB, 0];
    expect(matrix).toHaveLength(9);
    for (const [i, value] of matrix.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    expect(offset).toEqual([fullRange ? 0 : 16, 128, 128]);
  });

  it('takes BT.601 up to 576 rows and BT.709 above, where the matrix is not named', () => {
    const unnamed = space(null, false);
    expect(yuvTransform(unnamed, 576)).toEqual(yuvTransform(space('smpte170m', false)));
    expect(yuvTransform(unnamed, 577)).toEqual(yuvTransform(space('bt709', false)));
    expect(yuvTransform(unnamed)).toEqual(yuvTransform(unnamed, 576));
    expect(yuvTransform(space('smpte170m', false), 1080)).toEqual(yuvTransform(space('smpte170m', false)));
  });
});

/** A flat picture of one colour as RGB. */
async function rgbOf(
  colorSpace: ColorSpace,
  yuv: readonly number[],
  format: PixelFormat = 'I444',
  size = { codedWidth: 2, codedHeight: 2 },
): Promise<number[]> {
  using frame = painted(quietPool(), { format, ...size, colorSpace }, (plane) => yuv[plane] as number);
  const options = { format: 'RGB', rect: { x: 0, y: 0, width: 1, height: 1 } } as const;
  const rgb = new Uint8Array(frame.allocationSize(options));
  await frame.copyTo(rgb, options);
  return [...rgb];
}

describe('copyTo() RGB', () => {
  // For example the last of BT.2020: Y' = 144 * 1.164384 = 167.671; R = 167.671 + 27 * 1.678674 = 212.995;
  //   G = 167.671 + 18 * 0.187326 - 27 * 0.650424 = 153.48; B = 167.671 - 18 * 2.141772 = 129.12.
  // And limited red of BT.2020, Y = 16 + .2627 * 219 = 73.5, Cb = 128 - .2627 / 1.8814 * 224 = 96.7, Cr = 240:
  //   Y' = 58 * 1.164384 = 67.534; R = 67.534 + 112 * 1.678674 = 255.5; G = 67.534 + 31 * 0.187326 - 112 * 0.650424 = 0.49;
  //   B = 67.534 - 31 * 2.141772 = 1.1.
  it.each<[ColorSpace['matrix'], boolean, readonly number[], readonly number[]]>([
    ['smpte170m', false, [235, 128, 128], [255, 255, 255]],
    ['smpte170m', false, [16, 128, 128], [0, 0, 0]],
    ['smpte170m', false, [126, 128, 128], [128, 128, 128]],
    ['smpte170m', false, [81, 90, 240], [254, 0, 0]],
    ['smpte170m', false, [145, 54, 34], [0, 255, 1]],
    ['smpte170m', false, [41, 240, 110], [0, 0, 255]],
    ['smpte170m', false, [160, 110, 155], [211, 153, 131]],
    ['smpte170m', true, [76, 85, 255], [254, 0, 0]],
    ['smpte170m', true, [160, 110, 155], [198, 147, 128]],
    ['bt470bg', false, [160, 110, 155], [211, 153, 131]],
    ['bt709', false, [63, 102, 240], [255, 1, 0]],
    ['bt709', false, [173, 42, 26], [0, 255, 1]],
    ['bt709', false, [160, 110, 155], [216, 157, 130]],
    ['bt709', true, [54, 99, 255], [254, 0, 0]],
    ['bt709', true, [160, 110, 155], [203, 151, 127]],
    ['bt2020-ncl', false, [74, 97, 240], [255, 0, 1]],
    ['bt2020-ncl', false, [160, 110, 155], [213, 153, 129]],
    ['bt2020-ncl', true, [160, 110, 155], [200, 148, 126]],
    // R = Y - Cg + Co, G = Y + Cg, B = Y - Cg - Co (H.273, 8.3), Cg in the second plane and Co in the third.
    ['ycgco', true, [100, 138, 131], [93, 110, 87]],
    // 84 * 255 / 219 = 97.81, 10 * 255 / 224 = 11.38, 3 * 255 / 224 = 3.42.
    ['ycgco', false, [100, 138, 131], [90, 109, 83]],
    // Planes hold G, B, R.
    ['rgb', true, [10, 20, 30], [30, 10, 20]],
    // (20 - 16) * 255 / 219 = 4.66.
    ['rgb', false, [20, 16, 235], [255, 5, 0]],
  ])('of %s, full range %s, turns %j into %j', async (matrix, fullRange, yuv, rgb) => {
    expect(await rgbOf(space(matrix, fullRange), yuv)).toEqual(rgb);
  });

  it('clips what is blacker than black and whiter than white', async () => {
    expect(await rgbOf(space('bt709', false), [1, 128, 128])).toEqual([0, 0, 0]);
    expect(await rgbOf(space('bt709', false), [254, 128, 128])).toEqual([255, 255, 255]);
  });

  it('takes the unnamed matrix from the height of the picture, not of the part or size that is wanted', async () => {
    const unnamed = space(null, false);
    expect(await rgbOf(unnamed, [160, 110, 155], 'I444', { codedWidth: 2, codedHeight: 576 })).toEqual([211, 153, 131]);
    expect(await rgbOf(unnamed, [160, 110, 155], 'I444', { codedWidth: 2, codedHeight: 577 })).toEqual([216, 157, 130]);
    using frame = painted(quietPool(), { format: 'I444', codedWidth: 2, codedHeight: 1080 }, (plane) =>
      plane === 0 ? 160 : plane === 1 ? 110 : 155,
    );
    const rgb = new Uint8Array(3);
    await frame.copyTo(rgb, { format: 'RGB', width: 1, height: 1 });
    expect([...rgb]).toEqual([216, 157, 130]);
  });

  it('does not round samples over 8 bits before the matrix', async () => {
    // (78 - 64) * 255 / 876 = 4.08, while 20 of 8 bits would give 4.66.
    expect(await rgbOf(space('bt709', false), [78, 512, 512], 'I444P10')).toEqual([4, 4, 4]);
    expect(await rgbOf(space('bt709', false), [940, 512, 512], 'I444P10')).toEqual([255, 255, 255]);
    // Four times the 8-bit samples of above.
    expect(await rgbOf(space('bt709', false), [640, 440, 620], 'I444P10')).toEqual([216, 157, 130]);
    expect(await rgbOf(space('bt2020-ncl', false), [160 << 8, 110 << 8, 155 << 8], 'I444P16')).toEqual([213, 153, 129]);
  });

  it('takes full range over all values of a depth', async () => {
    // 65535 / 65535 * 255; 1023 / 1023 * 255; 500 * 255 / 1023 = 124.6, neutral chroma is 512.
    expect(await rgbOf(space('bt709', true), [65_535, 32_768, 32_768], 'I444P16')).toEqual([255, 255, 255]);
    expect(await rgbOf(space('bt709', true), [500, 512, 512], 'I444P10')).toEqual([125, 125, 125]);
    // 498 * 255 / 1023 = 124.13 and 124.5 by quarters; Cr' = 100 * 255 / 1023 = 24.93: R = 124.13 + 39.25, G = 124.13 - 11.67.
    expect(await rgbOf(space('bt709', true), [498, 512, 612], 'I444P10')).toEqual([163, 112, 124]);
    expect(await rgbOf(space('rgb', true), [1023, 0, 500], 'I444P10')).toEqual([125, 255, 0]);
  });
});
