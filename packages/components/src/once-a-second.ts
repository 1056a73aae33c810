// SPDX-License-Identifier: Apache-2.0
const SECOND_US = 1_000_000;

/** Whether something may be said again: the first time, and then once a second at most. */
export class OnceASecond {
  #lastUs = Number.NEGATIVE_INFINITY;

  /** True when it may be said now, in microseconds of the runtime's clock; then it counts as said. */
  isDue(nowUs: number): boolean {
    if (nowUs - this.#lastUs < SECOND_US) return false;
    this.#lastUs = nowUs;
    return true;
  }
}
