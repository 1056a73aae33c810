// SPDX-License-Identifier: Apache-2.0
import type { ColorSpace } from '@kamaelia/media';

// Worked out by hand from the definitions (BT.601-7 2.5.1, BT.709-6 3.2 and 3.4), Kg = 1 - Kr - Kb:
//   R = Y' + 2(1-Kr) Cr',  B = Y' + 2(1-Kb) Cb',  G = Y' - 2(1-Kb)(Kb/Kg) Cb' - 2(1-Kr)(Kr/Kg) Cr'
//   limited: Y' = (Y-16) 255/219, C' = (C-128) 255/224; full: Y' = Y, C' = C-128; clipped to 0 to 255.
// BT.601, Kr = .299, Kb = .114: full     1.402     0.344136  0.714136  1.772     (Cr->R, Cb->G, Cr->G, Cb->B)
//                               limited  1.596027  0.391762  0.812968  2.017232  and 1.164384 for Y
// BT.709, Kr = .2126, Kb = .0722: full   1.5748    0.187324  0.468124  1.8556
//                               limited  1.792741  0.213249  0.532909  2.112402
// For example BT.601 limited, red (81, 90, 240): Y' = 65 * 1.164384 = 75.685;
//   R = 75.685 + 112 * 1.596027 = 254.44; G = 75.685 + 38 * 0.391762 - 112 * 0.812968 = -0.48;
//   B = 75.685 - 38 * 2.017232 = -0.97: (254, 0, 0).
// And skin (160, 110, 155): limited Y' = 144 * 1.164384 = 167.671; BT.601 R = 167.671 + 27 * 1.596027 = 210.76,
//   G = 167.671 + 18 * 0.391762 - 27 * 0.812968 = 152.77, B = 167.671 - 18 * 2.017232 = 131.36;
//   BT.709 R = 167.671 + 27 * 1.792741 = 216.08, G = 167.671 + 18 * 0.213249 - 27 * 0.532909 = 157.12,
//   B = 167.671 - 18 * 2.112402 = 129.65.
/** Samples of flat colours, and what they are in RGB. */
export const colourPatches: readonly {
  readonly colorSpace: ColorSpace;
  readonly colours: Readonly<Record<string, readonly [yuv: readonly number[], rgb: readonly number[]]>>;
}[] = [
  {
    colorSpace: { primaries: null, transfer: null, matrix: 'smpte170m', fullRange: false },
    colours: {
      white: [
        [235, 128, 128],
        [255, 255, 255],
      ],
      black: [
        [16, 128, 128],
        [0, 0, 0],
      ],
      red: [
        [81, 90, 240],
        [254, 0, 0],
      ],
      green: [
        [145, 54, 34],
        [0, 255, 1],
      ],
      blue: [
        [41, 240, 110],
        [0, 0, 255],
      ],
      skin: [
        [160, 110, 155],
        [211, 153, 131],
      ],
      'blacker than black': [
        [0, 128, 128],
        [0, 0, 0],
      ],
    },
  },
  {
    colorSpace: { primaries: null, transfer: null, matrix: 'smpte170m', fullRange: true },
    colours: {
      white: [
        [255, 128, 128],
        [255, 255, 255],
      ],
      black: [
        [0, 128, 128],
        [0, 0, 0],
      ],
      red: [
        [76, 85, 255],
        [254, 0, 0],
      ],
      green: [
        [150, 44, 21],
        [0, 255, 1],
      ],
      blue: [
        [29, 255, 107],
        [0, 0, 254],
      ],
      skin: [
        [160, 110, 155],
        [198, 147, 128],
      ],
      grey: [
        [16, 128, 128],
        [16, 16, 16],
      ],
    },
  },
  {
    colorSpace: { primaries: null, transfer: null, matrix: 'bt709', fullRange: false },
    colours: {
      white: [
        [235, 128, 128],
        [255, 255, 255],
      ],
      black: [
        [16, 128, 128],
        [0, 0, 0],
      ],
      red: [
        [63, 102, 240],
        [255, 1, 0],
      ],
      green: [
        [173, 42, 26],
        [0, 255, 1],
      ],
      blue: [
        [32, 240, 118],
        [1, 0, 255],
      ],
      skin: [
        [160, 110, 155],
        [216, 157, 130],
      ],
      'whiter than white': [
        [255, 128, 128],
        [255, 255, 255],
      ],
    },
  },
  {
    colorSpace: { primaries: null, transfer: null, matrix: 'bt709', fullRange: true },
    colours: {
      white: [
        [255, 128, 128],
        [255, 255, 255],
      ],
      black: [
        [0, 128, 128],
        [0, 0, 0],
      ],
      red: [
        [54, 99, 255],
        [254, 0, 0],
      ],
      green: [
        [182, 30, 12],
        [0, 255, 0],
      ],
      blue: [
        [18, 255, 116],
        [0, 0, 254],
      ],
      skin: [
        [160, 110, 155],
        [203, 151, 127],
      ],
      grey: [
        [235, 128, 128],
        [235, 235, 235],
      ],
    },
  },
];
