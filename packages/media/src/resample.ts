// SPDX-License-Identifier: Apache-2.0

/** Samples of one component; `stride` counts samples. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly stride: number;
}

/**
 * For each sample of a result along one axis, `taps` source samples (their indices) and how much it takes of each; the
 * weights of a sample add up to 1.
 */
export interface Axis {
  readonly length: number;
  readonly taps: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

/** Where the samples of a result lie among those of the source. */
export interface Placing {
  /** Samples of the result. */
  readonly length: number;
  /** Position of the result's first sample; 0 is the centre of source sample 0. */
  readonly first: number;
  /** From one sample of the result to the next, in source samples. */
  readonly step: number;
  /** Source samples there are: `begin` to before `end`. Beyond them the outermost ones are repeated. */
  readonly begin: number;
  readonly end: number;
}

/** Linear interpolation where the result has as many samples as the source or more, else the mean over `step` samples. */
export function axisOf({ length, first, step, begin, end }: Placing): Axis {
  const copies = step === 1 && Number.isInteger(first) && first >= begin && first + length <= end;
  const taps = copies ? 1 : step > 1 ? Math.ceil(step) + 1 : 2;
  const index = new Int32Array(length * taps);
  const weight = new Float64Array(length * taps);
  for (let i = 0; i < length; i++) {
    const at = first + i * step;
    const low = step > 1 ? Math.floor(at - step / 2 + 0.5) : Math.floor(at);
    for (let tap = 0; tap < taps; tap++) {
      index[i * taps + tap] = Math.min(end - 1, Math.max(begin, low + tap));
      weight[i * taps + tap] = step > 1 ? overlap(low + tap, at, step) : Math.max(0, 1 - Math.abs(low + tap - at));
    }
  }
  return { length, taps, index, weight };
}

/** The part of `[at - step / 2, at + step / 2]` that source sample `index`, half to either side of it, makes up. */
function overlap(index: number, at: number, step: number): number {
  const begin = Math.max(index - 0.5, at - step / 2);
  const end = Math.min(index + 0.5, at + step / 2);
  return Math.max(0, end - begin) / step;
}

/**
 * An axis of rows that two fields take turns in. `result` gives the axis of the rows 0, 2, 4... of the result and that
 * of 1, 3, 5..., each among the rows of one source field; `parity` is the frame row at which that field begins.
 */
export function interleaved(result: readonly [Axis, Axis], parity: readonly [number, number]): Axis {
  const length = result[0].length + result[1].length;
  const taps = Math.max(result[0].taps, result[1].taps);
  const index = new Int32Array(length * taps);
  const weight = new Float64Array(length * taps);
  for (let i = 0; i < length; i++) {
    const turn = (i & 1) as 0 | 1;
    const axis = result[turn];
    const from = (i >> 1) * axis.taps;
    for (let tap = 0; tap < taps; tap++) {
      const last = Math.min(tap, axis.taps - 1);
      index[i * taps + tap] = (axis.index[from + last] as number) * 2 + parity[turn];
      weight[i * taps + tap] = tap < axis.taps ? (axis.weight[from + tap] as number) : 0;
    }
  }
  return { length, taps, index, weight };
}

/** Rows of a plane resampled along both axes, made one at a time. */
export class Resampler {
  readonly width: number;
  readonly height: number;
  readonly #source: Samples;
  readonly #across: Axis;
  readonly #down: Axis;
  /** Source rows, resampled across, that the last rows of the result were made of; `#held` says which. */
  readonly #lines: Float32Array[];
  readonly #held: Int32Array;
  readonly #row: Float32Array;

  constructor(source: Samples, across: Axis, down: Axis) {
    this.width = across.length;
    this.height = down.length;
    this.#source = source;
    this.#across = across;
    this.#down = down;
    // Rows of one field are two apart, so twice as many lines as taps never meet in one place.
    this.#lines = Array.from({ length: 2 * down.taps }, () => new Float32Array(across.length));
    this.#held = new Int32Array(this.#lines.length).fill(-1);
    this.#row = new Float32Array(across.length);
  }

  /** Row `y` of the result. Valid until the next call. */
  row(y: number): Float32Array {
    const { taps, index, weight } = this.#down;
    if (taps === 1) return this.#line(index[y] as number);
    const row = this.#row;
    for (let tap = 0; tap < taps; tap++) {
      const w = weight[y * taps + tap] as number;
      const line = this.#line(index[y * taps + tap] as number);
      if (tap === 0) for (let x = 0; x < row.length; x++) row[x] = w * (line[x] as number);
      else for (let x = 0; x < row.length; x++) row[x] = (row[x] as number) + w * (line[x] as number);
    }
    return row;
  }

  #line(source: number): Float32Array {
    const place = source % this.#lines.length;
    const line = this.#lines[place] as Float32Array;
    if (this.#held[place] === source) return line;
    this.#held[place] = source;
    const { taps, index, weight } = this.#across;
    const { data, stride } = this.#source;
    const from = source * stride;
    if (taps === 1) {
      const begin = from + (index[0] as number);
      line.set(data.subarray(begin, begin + line.length));
      return line;
    }
    for (let x = 0, tap = 0; x < line.length; x++) {
      let sum = 0;
      for (const end = tap + taps; tap < end; tap++) {
        sum += (weight[tap] as number) * (data[from + (index[tap] as number)] as number);
      }
      line[x] = sum;
    }
    return line;
  }
}
