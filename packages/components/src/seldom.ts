// SPDX-License-Identifier: Apache-2.0

const INTERVAL_US = 1_000_000;

/** Keeps what may happen thousands of times a second from filling the log: once a second is said. */
export class Seldom {
  #saidUs = Number.NEGATIVE_INFINITY;

  /** Whether it may be said at this time, which then counts as said. */
  due(nowUs: number): boolean {
    if (nowUs - this.#saidUs < INTERVAL_US) return false;
    this.#saidUs = nowUs;
    return true;
  }
}
