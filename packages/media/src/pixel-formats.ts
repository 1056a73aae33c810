// SPDX-License-Identifier: Apache-2.0

/** One plane of a pixel format, against the luma grid. */
export interface PlaneGeometry {
  /** log2 of the horizontal subsampling: width is rounded up. */
  readonly horizontalShift: 0 | 1;
  /** log2 of the vertical subsampling. */
  readonly verticalShift: 0 | 1;
  /** Values that lie side by side for one position: 2 for the chroma plane of NV12, 4 for RGBA. */
  readonly components: 1 | 2 | 3 | 4;
}

/** How the samples of a format lie in memory. Samples of more than 8 bits are 16-bit little-endian, low-aligned. */
export interface PixelFormatInfo {
  readonly name: PixelFormat;
  readonly model: 'yuv' | 'grey' | 'rgb';
  /** Bits of a sample that count. */
  readonly bitDepth: 8 | 10 | 12 | 16;
  readonly bytesPerSample: 1 | 2;
  readonly alpha: boolean;
  readonly planes: readonly PlaneGeometry[];
}

const depths = { '': 8, P10: 10, P12: 12, P16: 16 } as const;
const chroma = { I420: [1, 1], I422: [1, 0], I444: [0, 0] } as const;

type Depth = keyof typeof depths;
type Sampling = keyof typeof chroma;

/** Names of WebCodecs where it has one; 16-bit ones, grey and semi-planar formats are named alike. */
export type PixelFormat =
  | `${Sampling}${'' | 'A'}${Depth}`
  | `GREY${Depth}`
  | 'NV12'
  | 'P010'
  | 'RGB'
  | 'RGBA'
  | 'RGBX'
  | 'BGRA'
  | 'BGRX';

const plane = (horizontalShift: 0 | 1 = 0, verticalShift: 0 | 1 = 0, components: 1 | 2 | 3 | 4 = 1): PlaneGeometry => ({
  horizontalShift,
  verticalShift,
  components,
});

function build(): Map<PixelFormat, PixelFormatInfo> {
  const table = new Map<PixelFormat, PixelFormatInfo>();
  const add = (
    name: PixelFormat,
    model: PixelFormatInfo['model'],
    bitDepth: PixelFormatInfo['bitDepth'],
    alpha: boolean,
    planes: readonly PlaneGeometry[],
  ): void => {
    table.set(name, { name, model, bitDepth, bytesPerSample: bitDepth > 8 ? 2 : 1, alpha, planes });
  };
  for (const depth of Object.keys(depths) as Depth[]) {
    for (const sampling of Object.keys(chroma) as Sampling[]) {
      const [h, v] = chroma[sampling];
      add(`${sampling}${depth}`, 'yuv', depths[depth], false, [plane(), plane(h, v), plane(h, v)]);
      add(`${sampling}A${depth}`, 'yuv', depths[depth], true, [plane(), plane(h, v), plane(h, v), plane()]);
    }
    add(`GREY${depth}`, 'grey', depths[depth], false, [plane()]);
  }
  add('NV12', 'yuv', 8, false, [plane(), plane(1, 1, 2)]);
  add('P010', 'yuv', 10, false, [plane(), plane(1, 1, 2)]);
  add('RGB', 'rgb', 8, false, [plane(0, 0, 3)]);
  for (const name of ['RGBA', 'RGBX', 'BGRA', 'BGRX'] as const) {
    add(name, 'rgb', 8, name.endsWith('A'), [plane(0, 0, 4)]);
  }
  return table;
}

const table = build();

/** Every declared format. */
export const pixelFormats: ReadonlyMap<PixelFormat, PixelFormatInfo> = table;

/** The geometry of a format. An unknown name is a TypeError. */
export function pixelFormat(name: PixelFormat): PixelFormatInfo {
  const info = table.get(name);
  if (info === undefined) {
    throw new TypeError(`pixelFormat: Expected one of ${[...table.keys()].join(', ')} but received ${String(name)}`);
  }
  return info;
}

/** Bytes of each plane of a picture, tightly packed. `width` and `height` are luma samples. */
export function planeSizes(
  format: PixelFormat,
  width: number,
  height: number,
): { readonly rowBytes: number; readonly rows: number; readonly bytes: number }[] {
  const { planes, bytesPerSample } = pixelFormat(format);
  return planes.map(({ horizontalShift, verticalShift, components }) => {
    const rowBytes = ((width + (1 << horizontalShift) - 1) >> horizontalShift) * components * bytesPerSample;
    const rows = (height + (1 << verticalShift) - 1) >> verticalShift;
    return { rowBytes, rows, bytes: rowBytes * rows };
  });
}
