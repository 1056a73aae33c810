// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from '@kamaelia/axon';

/** Of a second, at most so much is spent on looking. */
const SHARE = 0.1;

/** Looks at a graph every `everyMs`, less often where there is so much to see that it would slow the graph down. */
export class Watch {
  /** Before anything had run. */
  readonly first: Inspection;
  /** The latest while the graph ran. */
  last: Inspection;
  readonly #look: () => Inspection;
  readonly #everyMs: number;
  readonly #onLook: (before: Inspection, now: Inspection) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(look: () => Inspection, everyMs: number, onLook: (before: Inspection, now: Inspection) => void) {
    this.#look = look;
    this.#everyMs = everyMs;
    this.#onLook = onLook;
    this.first = look();
    this.last = this.first;
    this.#wait(everyMs);
  }

  /** Looks no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    // Looking must not keep a process that has nothing else to do.
    this.#timer = setTimeout(() => this.#next(), ms).unref();
  }

  #next(): void {
    const beganMs = performance.now();
    const before = this.last;
    this.last = this.#look();
    this.#onLook(before, this.last);
    const tookMs = performance.now() - beganMs;
    this.#wait(Math.max(this.#everyMs, tookMs / SHARE));
  }
}
