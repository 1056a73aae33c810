// SPDX-License-Identifier: Apache-2.0
import type { Rational } from '@kamaelia/media';

/** Further back, a timestamp is of a clock that was set anew. */
const MOST_BACK_SECONDS = 1;

/**
 * Presentation times from RTP timestamps: from 0 on, beyond 32 bits, and on through other senders' clocks.
 *
 * @internal
 */
export class MediaTimes {
  readonly timebase: Rational;
  /** Of the last picture, in units of `timebase`. */
  pts = 0;
  /** The last picture's does not follow from the one before by its timestamp. */
  broken = false;
  /** Of a frame; 0 while no frame rate is known. */
  duration = 0;
  #last: number | undefined;
  #restarted = false;
  #started = false;

  /** `clockRate`: ticks of a timestamp a second. */
  constructor(clockRate: number) {
    this.timebase = { num: 1, den: clockRate };
  }

  set frameRate({ num, den }: Rational) {
    this.duration = Math.round((this.timebase.den * den) / num);
  }

  /** Timestamp of the last picture. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The timestamp of another picture, `frames` after the last one: 0 for a second field. */
  at(timestamp: number, frames: number): void {
    const step = this.#last === undefined ? 0 : (timestamp - this.#last) | 0;
    this.broken = this.#started && (this.#restarted || step < -MOST_BACK_SECONDS * this.timebase.den);
    if (this.broken) this.pts += this.duration;
    // ffmpeg's stand still.
    else if (step === 0 && this.#started) this.pts += frames * this.duration;
    else this.pts += step;
    this.#restarted = false;
    this.#started = true;
    this.#last = timestamp;
  }

  /** Timestamps to come are of another clock. */
  restart(): void {
    this.#restarted = true;
    this.#last = undefined;
  }
}
