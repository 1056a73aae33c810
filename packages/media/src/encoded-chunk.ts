// SPDX-License-Identifier: Apache-2.0
import type { Rational } from './video-frame.js';

/** One coded picture, a part of one as it arrives, or a stretch of coded sound, with its times. */
export interface EncodedChunk {
  /** Read-only. */
  readonly data: Uint8Array;
  /** When it is shown, in units of `timebase`. A safe integer. */
  readonly pts: number;
  /** When it is decoded, in units of `timebase`; never after `pts`. */
  readonly dts: number;
  /** Seconds of one unit, as a ratio. */
  readonly timebase: Rational;
  /** In units of `timebase`. */
  readonly duration: number;
  /** Can be decoded without others. */
  readonly keyframe: boolean;
  /** First after a break of the stream. */
  readonly discontinuity: boolean;
  /** Something of it is known to be missing, or was made up. */
  readonly damaged?: boolean;
}
