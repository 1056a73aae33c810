// SPDX-License-Identifier: Apache-2.0
import { type Clock, WallClock } from './clock.js';
import { type Duration, toInstant, toMicroseconds } from './steps.js';

/** Options of {@link SlavedClock}. */
export interface SlavedClockOptions {
  /** What runs between the reports, and rings the alarms. Default: real time. */
  readonly base?: Clock;
  /** Time within which a small error is made good, by running a little faster or slower. Default 1 s. */
  readonly settle?: Duration;
  /** Errors above this are no drift but a jump. Less than `settle`; default 100 ms. */
  readonly step?: Duration;
  /** A jump ahead above this is a new beginning. Default 10 s. */
  readonly jump?: Duration;
  /** How much faster or slower than its base the master may run: a part of 1, default 0.01. */
  readonly maxDrift?: number;
}

/** Options of {@link SlavedClock.report}. */
export interface PositionReport {
  /** When the master was there, in microseconds of the base. Default: now. */
  readonly atUs?: number;
  /** The position has nothing to do with those before, as after a seek or a discontinuity of a PCR. Default false. */
  readonly discontinuity?: boolean;
}

interface Sample {
  readonly baseUs: number;
  readonly positionUs: number;
}

interface Alarm {
  readonly atUs: number;
  readonly order: number;
  readonly ring: () => void;
  disarm: () => void;
}

const MOST_SAMPLES = 64;

/**
 * A clock that follows another one of which only the position is known now and then: the PCR of a transport stream, or
 * what an audio output has played. Graphs that run on it keep the pace of that master.
 *
 * It counts microseconds from where its base stood and never goes back; {@link timeOf} says when the master comes to a
 * position. Between reports it runs at the rate that the reports show, their jitter smoothed over the last 64. A small
 * error is made good within `settle`. A report that is off by more than `step` is taken for late and left out, unless the
 * next one agrees: then the master has jumped. Ahead by up to `jump`, the clock jumps with it, and every alarm that is
 * due by that rings at once, in order. Back, or further ahead, or told to be a `discontinuity`, it is a new beginning: the
 * clock goes on from where it is, and positions have other times from then on.
 *
 * @example
 * import assert from 'node:assert/strict';
 * import { SlavedClock } from '@kamaelia/axon';
 * import { virtualClock } from '@kamaelia/axon/testing';
 *
 * const base = virtualClock();
 * const clock = new SlavedClock({ base });
 * // A sound card that plays 1 part in 1000 too fast.
 * for (let n = 0; n <= 100; n++) {
 *   clock.report(n * 100_100);
 *   await base.advance({ ms: 100 });
 * }
 * assert.ok(Math.abs(clock.rate - 1.001) < 1e-6);
 * assert.ok(Math.abs(clock.timeOf(101 * 100_100) - clock.now()) < 1000);
 */
export class SlavedClock implements Clock {
  readonly #base: Clock;
  readonly #settleUs: number;
  readonly #stepUs: number;
  readonly #jumpUs: number;
  readonly #maxDrift: number;
  // From #baseUs on time is #timeUs and runs at #slewRate, and behind the end of that at #rate.
  #baseUs: number;
  #timeUs: number;
  #slewEndUs: number;
  #slewRate = 1;
  #rate = 1;
  #latestUs: number;
  /** Time of the clock at which the master was, or would have been, at position 0. */
  #offsetUs = 0;
  #samples: Sample[] = [];
  /** Error of the last report, which was left out. */
  #suspectUs: number | undefined;
  #errorUs = 0;
  #jumps = 0;
  #discontinuities = 0;
  #order = 0;
  readonly #alarms = new Set<Alarm>();

  constructor({ base = new WallClock(), settle, step, jump, maxDrift = 0.01 }: SlavedClockOptions = {}) {
    const owner = 'SlavedClock';
    this.#base = base;
    this.#settleUs = toMicroseconds(settle ?? { ms: 1000 }, owner);
    this.#stepUs = toMicroseconds(step ?? { ms: 100 }, owner);
    this.#jumpUs = toMicroseconds(jump ?? { ms: 10_000 }, owner);
    if (!(this.#stepUs < this.#settleUs)) {
      throw new RangeError(
        `${owner}: Expected less than settle, ${this.#settleUs} us, for step but received ${this.#stepUs} us`,
      );
    }
    if (!(maxDrift >= 0 && maxDrift < 0.5)) {
      throw new RangeError(`${owner}: Expected a number from 0 to below 0.5 for maxDrift but received ${maxDrift}`);
    }
    this.#maxDrift = maxDrift;
    this.#baseUs = this.#slewEndUs = base.now();
    this.#timeUs = this.#latestUs = this.#baseUs;
  }

  /** Microseconds of the master in one microsecond of the base, as the reports show; 1 before there are enough. */
  get rate(): number {
    return this.#rate;
  }

  /** What was to be made good at the last report, in microseconds: above 0 if the clock was behind. */
  get errorUs(): number {
    return this.#errorUs;
  }

  /** Times that the master has jumped ahead, and the clock with it. */
  get jumps(): number {
    return this.#jumps;
  }

  /** New beginnings, the first one not counted. */
  get discontinuities(): number {
    return this.#discontinuities;
  }

  now(): number {
    this.#latestUs = Math.max(this.#latestUs, this.#timeAt(this.#base.now()));
    return this.#latestUs;
  }

  /** When, by this clock, the master is at a position, by what is known now. 0 before the first report is position 0. */
  timeOf(positionUs: number): number {
    return toInstant(positionUs, 'SlavedClock') + this.#offsetUs;
  }

  /**
   * The master is, or was `atUs`, at a position, both in microseconds. Reports come in the order of their times, some of
   * them within `settle`; one that is earlier than the last is a RangeError.
   */
  report(positionUs: number, { atUs = this.#base.now(), discontinuity = false }: PositionReport = {}): void {
    if (!Number.isFinite(positionUs) || !Number.isFinite(atUs)) {
      const received = Number.isFinite(positionUs) ? atUs : positionUs;
      throw new TypeError(`SlavedClock: Expected microseconds for a position and its time but received ${received}`);
    }
    const last = this.#samples[this.#samples.length - 1];
    if (last !== undefined && atUs < last.baseUs) {
      throw new RangeError(`SlavedClock: Expected ${last.baseUs} or later for atUs but received ${atUs}`);
    }
    const sample = { baseUs: atUs, positionUs };
    if (last === undefined || discontinuity) {
      this.#begin(sample);
      return;
    }
    const offUs = positionUs - this.#positionAt(atUs);
    if (Math.abs(offUs) <= this.#stepUs) this.#follow(sample);
    else if (this.#suspectUs === undefined || Math.abs(offUs - this.#suspectUs) > this.#stepUs) this.#suspectUs = offUs;
    else if (offUs > 0 && offUs <= this.#jumpUs) this.#jumpTo(sample);
    else this.#begin(sample);
  }

  alarm(atUs: number, ring: () => void): () => void {
    const alarm: Alarm = { atUs, order: this.#order++, ring, disarm: () => {} };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => {
      alarm.disarm();
      this.#alarms.delete(alarm);
    };
  }

  attach(settled: () => Promise<void>): void {
    this.#base.attach?.(settled);
  }

  #begin(sample: Sample): void {
    if (this.#samples.length > 0) this.#discontinuities++;
    this.#samples = [sample];
    this.#suspectUs = undefined;
    // A past time may lie before the last change of rate.
    this.#offsetUs = this.now() - (this.#base.now() - sample.baseUs) * this.#rate - sample.positionUs;
    this.#errorUs = 0;
    this.#goOn(this.now(), 0);
  }

  #jumpTo(sample: Sample): void {
    this.#jumps++;
    this.#samples = [sample];
    this.#suspectUs = undefined;
    this.#errorUs = 0;
    const there = this.#offsetUs + this.#positionAt(this.#base.now());
    this.#goOn(Math.max(this.now(), there), 0);
  }

  #follow(sample: Sample): void {
    this.#suspectUs = undefined;
    const samples = this.#samples;
    if (samples[samples.length - 1]?.baseUs === sample.baseUs) samples.pop();
    samples.push(sample);
    if (samples.length > MOST_SAMPLES) samples.shift();
    this.#rate = this.#rateOfSamples();
    const now = this.now();
    this.#errorUs = this.#offsetUs + this.#positionAt(this.#base.now()) - now;
    this.#goOn(now, Math.max(-this.#stepUs, Math.min(this.#stepUs, this.#errorUs)));
  }

  /** From now on it is `timeUs`, and `errorUs` is made good within the time for that. */
  #goOn(timeUs: number, errorUs: number): void {
    this.#baseUs = this.#base.now();
    this.#timeUs = timeUs;
    this.#slewEndUs = this.#baseUs + this.#settleUs;
    this.#slewRate = this.#rate + errorUs / this.#settleUs;
    const now = this.now();
    const alarms = [...this.#alarms];
    for (const alarm of alarms) if (alarm.atUs > now) this.#arm(alarm);
    const due = alarms.filter(({ atUs }) => atUs <= now).sort((a, b) => a.atUs - b.atUs || a.order - b.order);
    for (const alarm of due) this.#ring(alarm);
  }

  #timeAt(baseUs: number): number {
    const slewUs = Math.min(baseUs, this.#slewEndUs) - this.#baseUs;
    return this.#timeUs + slewUs * this.#slewRate + Math.max(0, baseUs - this.#slewEndUs) * this.#rate;
  }

  #baseAt(timeUs: number): number {
    const slewEndTimeUs = this.#timeAt(this.#slewEndUs);
    if (timeUs <= slewEndTimeUs) return this.#baseUs + Math.max(0, timeUs - this.#timeUs) / this.#slewRate;
    return this.#slewEndUs + (timeUs - slewEndTimeUs) / this.#rate;
  }

  #arm(alarm: Alarm): void {
    alarm.disarm();
    alarm.disarm = this.#base.alarm(this.#baseAt(alarm.atUs), () => {
      // What is lost in rounding must not make it early.
      this.#latestUs = Math.max(this.#latestUs, alarm.atUs);
      this.#ring(alarm);
    });
  }

  #ring(alarm: Alarm): void {
    if (!this.#alarms.delete(alarm)) return;
    alarm.disarm();
    alarm.ring();
  }

  /** Where the master is by the reports: on the line through them, or so far behind the last one. */
  #positionAt(baseUs: number): number {
    const { meanBaseUs, meanPositionUs } = this.#means();
    return meanPositionUs + (baseUs - meanBaseUs) * this.#rate;
  }

  #means(): { readonly meanBaseUs: number; readonly meanPositionUs: number } {
    const samples = this.#samples;
    // As differences, so that nothing is lost where positions are large.
    const { baseUs, positionUs } = samples[0] as Sample;
    let [base, position] = [0, 0];
    for (const sample of samples) {
      base += sample.baseUs - baseUs;
      position += sample.positionUs - positionUs;
    }
    return { meanBaseUs: baseUs + base / samples.length, meanPositionUs: positionUs + position / samples.length };
  }

  /** Slope of the line through the reports, once they are of long enough. */
  #rateOfSamples(): number {
    const samples = this.#samples;
    const spanUs = (samples[samples.length - 1] as Sample).baseUs - (samples[0] as Sample).baseUs;
    if (spanUs < this.#settleUs) return this.#rate;
    const { meanBaseUs, meanPositionUs } = this.#means();
    let [covariance, variance] = [0, 0];
    for (const { baseUs, positionUs } of samples) {
      covariance += (baseUs - meanBaseUs) * (positionUs - meanPositionUs);
      variance += (baseUs - meanBaseUs) ** 2;
    }
    return Math.max(1 - this.#maxDrift, Math.min(1 + this.#maxDrift, covariance / variance));
  }
}
