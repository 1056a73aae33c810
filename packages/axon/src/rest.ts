// SPDX-License-Identifier: Apache-2.0
import type { Schedule } from './turns.js';

const KEEP_ALIVE_MS = 2 ** 30;

/**
 * What a scheduler does when nothing is runnable: it keeps the process alive while work outside is outstanding, and
 * tells those who wait for quiet.
 */
export class Rest {
  /** Tasks waiting for a promise, plus tasks with outstanding `hold()`s. */
  outside = 0;
  readonly #schedule: Schedule;
  readonly #isIdle: () => boolean;
  #settlers: (() => void)[] = [];
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #checkComing = false;

  /** `isIdle` says that nothing is runnable or running. */
  constructor(schedule: Schedule, isIdle: () => boolean) {
    this.#schedule = schedule;
    this.#isIdle = isIdle;
  }

  /** True when a change of {@link outside} needs {@link begin} to be called. */
  get concerned(): boolean {
    return this.#settlers.length > 0 || this.#keepAliveIsWrong();
  }

  /**
   * Resolves when nothing is runnable and no outside work is outstanding. Rejects after `withinMs` of real time, with
   * the names `outsideWork` gives of those that still wait.
   */
  async settled(withinMs: number = Number.POSITIVE_INFINITY, outsideWork: () => string[] = () => []): Promise<void> {
    do {
      if (!this.#isQuiet()) await this.#quiet(withinMs, outsideWork);
      // Handlers of promises that just settled may give the graph something to do.
      await new Promise<void>((resolve) => this.#schedule(resolve));
    } while (!this.#isQuiet());
  }

  async #quiet(withinMs: number, outsideWork: () => string[]): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#settlers.push(resolve);
      if (withinMs === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => {
        const names = outsideWork().join(', ');
        reject(new Error(`VirtualClock: Expected outside work to end within ${withinMs} ms but these wait: ${names}`));
      }, withinMs);
    }).finally(() => clearTimeout(timer));
  }

  /** The run queue is empty. */
  begin(): void {
    // Once a turn at most: a component that awaits every message would set and clear a timer for each.
    if (this.#keepAliveIsWrong() && !this.#checkComing) {
      this.#checkComing = true;
      this.#schedule(() => this.#keepProcessAlive());
    }
    if (this.#settlers.length > 0 && this.#isQuiet()) {
      const settlers = this.#settlers;
      this.#settlers = [];
      for (const resolve of settlers) resolve();
    }
  }

  #isQuiet(): boolean {
    return this.outside === 0 && this.#isIdle();
  }

  #keepAliveIsWrong(): boolean {
    return this.outside > 0 === (this.#keepAlive === undefined);
  }

  #keepProcessAlive(): void {
    this.#checkComing = false;
    if (this.outside > 0) {
      this.#keepAlive ??= setInterval(() => {}, KEEP_ALIVE_MS);
    } else if (this.#keepAlive !== undefined) {
      clearInterval(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }
}
