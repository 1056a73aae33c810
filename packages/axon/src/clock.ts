// SPDX-License-Identifier: Apache-2.0
import { type Duration, toMicroseconds } from './steps.js';

/** Source of time of a scheduler. */
export interface Clock {
  /** Microseconds since an arbitrary beginning; never goes back. */
  now(): number;
  /** Calls `ring` once when `now()` has reached `atUs`. Returns a function that takes the alarm back. */
  alarm(atUs: number, ring: () => void): () => void;
  /** Called by each scheduler that runs on this clock. `settled` resolves when nothing is left to do at this instant. */
  attach?(settled: () => Promise<void>): void;
}

// setTimeout takes 31 bits of milliseconds; a longer wait is rung early and armed again.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Real time, from `performance.now()` and one `setTimeout` per alarm. */
export class WallClock implements Clock {
  now(): number {
    return performance.now() * 1000;
  }

  alarm(atUs: number, ring: () => void): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      const leftMs = Math.max(0, Math.ceil((atUs - this.now()) / 1000));
      timer = setTimeout(
        () => {
          // Timers may fire up to a millisecond early.
          if (this.now() < atUs) arm();
          else ring();
        },
        Math.min(leftMs, LONGEST_TIMEOUT_MS),
      );
    };
    arm();
    return () => clearTimeout(timer);
  }
}

interface Alarm {
  readonly atUs: number;
  readonly order: number;
  readonly ring: () => void;
}

/**
 * Time that stands still until it is told to go on. Made by `virtualClock()` of the testing kit.
 *
 * `advance()` stops at every alarm on the way and lets the graph do all it can before time goes on, so a run is the
 * same whatever the machine's load. Time does not move while a component has outside work outstanding (`hold()`, or
 * a promise it waits for).
 */
export class VirtualClock implements Clock {
  #nowUs: number;
  #order = 0;
  #alarms: Alarm[] = [];
  readonly #settlers: (() => Promise<void>)[] = [];

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  now(): number {
    return this.#nowUs;
  }

  alarm(atUs: number, ring: () => void): () => void {
    const alarm: Alarm = { atUs, order: this.#order++, ring };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((a) => a !== alarm);
    };
  }

  attach(settled: () => Promise<void>): void {
    this.#settlers.push(settled);
  }

  /** Resolves when every graph on this clock has done all it can at the present instant. */
  async settle(): Promise<void> {
    for (const settled of this.#settlers) await settled();
  }

  /** Lets `duration` pass. Resolves when everything due by then has happened. */
  async advance(duration: Duration): Promise<void> {
    const target = this.#nowUs + toMicroseconds(duration, 'VirtualClock');
    await this.settle();
    while (await this.#ringNext(target));
    this.#nowUs = target;
    await this.settle();
  }

  /** Goes on to the next alarm, however far. Resolves to false when there is none. */
  async advanceToNextAlarm(): Promise<boolean> {
    await this.settle();
    return this.#ringNext(Number.POSITIVE_INFINITY);
  }

  async #ringNext(latestUs: number): Promise<boolean> {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (first === undefined || alarm.atUs < first.atUs || (alarm.atUs === first.atUs && alarm.order < first.order)) {
        first = alarm;
      }
    }
    if (first === undefined || first.atUs > latestUs) return false;
    this.#alarms.splice(this.#alarms.indexOf(first), 1);
    this.#nowUs = Math.max(this.#nowUs, first.atUs);
    first.ring();
    await this.settle();
    return true;
  }
}
