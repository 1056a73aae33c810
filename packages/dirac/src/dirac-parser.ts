// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { type NativeUnit, type NativeVideoFormat, openParser } from '@kamaelia/dirac-native';
import type { EncodedChunk, Rational } from '@kamaelia/media';
import { END_OF_SEQUENCE, PICTURE } from './parse-info.js';

const REFERENCES = 0x03;
const LONG_GOP = 8;
/** Pictures that may be decoded before one that is shown earlier. */
const REORDERING = 4;

/** Bytes of units that wait for a picture at most; the oldest but sequence headers go first. */
const MOST_WAITING = 16 << 20;

/** What is known of the access unit at hand. */
interface AccessUnit {
  units: Uint8Array[];
  bytes: number;
  /** Of its frame, unwrapped and through all sequences; undefined before its picture. */
  frame: number | undefined;
  intra: boolean;
  /** Fields or fragments may still follow. */
  complete: boolean;
  discontinuity: boolean;
}

/**
 * Cuts a Dirac or VC-2 elementary stream into access units: one coded frame each (its two fields, or all its fragments),
 * with the data units in front of it.
 *
 * `inbox`: `Uint8Array`s, cut anywhere; read-only, copied. `outbox`: {@link EncodedChunk}s in coding order; all
 * data units up to the last picture, and the end of its sequence, are in one of them. `pts` follows from picture numbers, through all sequences from 0 on, in units of a frame
 * (`timebase`); `dts` counts chunks, four less where pictures may be reordered (profile 8), so that it is never after
 * `pts`. `keyframe`: of intra pictures only; `discontinuity`: the first of a further sequence. Bytes that belong to no
 * data unit are left out, and counted in `bytesSkipped`. Input without a sequence header gives no chunk.
 *
 * @example
 * import { createReadStream } from 'node:fs';
 * import { Pipeline } from '@kamaelia/axon';
 * import { DiracParser } from '@kamaelia/dirac';
 * let keyframes = 0;
 * await Pipeline(createReadStream('testcard.drc'), new DiracParser(), ({ keyframe }) => {
 *   if (keyframe) keyframes++;
 * }).run();
 * console.log(keyframes); // 3
 */
export class DiracParser extends Component {
  readonly inbox = this.in<Uint8Array>('inbox', { capacity: 16 });
  readonly outbox = this.out<EncodedChunk>('outbox');

  readonly #parser = openParser({ data: true });
  #format: NativeVideoFormat | undefined;
  #inSequence = false;
  #sequences = 0;
  #unit: AccessUnit = emptyUnit();
  /** Picture number, or half of it for fields, that has the pts `#base`. */
  #firstNumber: number | undefined;
  #base = 0;
  #highest = -1;
  #chunks = 0;
  #timebase: Rational = { num: 1, den: 25 };

  /** Bytes that belong to no data unit, so far. */
  get bytesSkipped(): number {
    return this.#parser.bytesSkipped();
  }

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const bytes: unknown = inbox.recv();
        if (!(bytes instanceof Uint8Array)) {
          throw new TypeError(`DiracParser: Expected a Uint8Array for inbox but received ${typeof bytes}`);
        }
        for (const unit of this.#parser.push(bytes)) this.#add(unit);
      }
      yield;
    }
    for (const unit of this.#parser.finish()) this.#add(unit);
    this.#flush();
  }

  #add(unit: NativeUnit): void {
    const { code, data } = unit;
    if (data === undefined) return;
    const access = this.#unit;
    const isPicture = (code & PICTURE) !== 0 && this.#format !== undefined && unit.pictureNumber !== undefined;
    if (code === END_OF_SEQUENCE) {
      // It closes what came before it.
      this.#keep(data);
      this.#inSequence = false;
      if (access.frame !== undefined) this.#flush();
      return;
    }
    const goesOn = isPicture && access.frame !== undefined && this.#continues(unit);
    if (access.frame !== undefined && !goesOn && (isPicture || access.complete)) this.#flush();
    if (unit.format !== undefined) this.#header(unit.format);
    this.#keep(data);
    if (isPicture) this.#picture(unit, goesOn);
  }

  #keep(data: Uint8Array): void {
    const access = this.#unit;
    access.units.push(data);
    access.bytes += data.length;
    while (access.frame === undefined && access.bytes > MOST_WAITING) {
      const at = access.units.findIndex((unit) => unit[4] !== 0);
      const [gone] = access.units.splice(Math.max(0, at), 1);
      access.bytes -= gone?.length ?? 0;
    }
  }

  #header(format: NativeVideoFormat): void {
    this.#format = format;
    this.#timebase = { num: format.frameRate.den, den: format.frameRate.num };
    if (this.#inSequence) return;
    this.#inSequence = true;
    this.#unit.discontinuity = this.#sequences++ > 0;
    this.#base = this.#highest + 1;
    this.#firstNumber = undefined;
  }

  get #isFieldCoded(): boolean {
    return this.#format?.pictureCodingMode === 1;
  }

  /** Whether a picture unit belongs to the frame at hand: its second field, or a further fragment. */
  #continues(unit: NativeUnit): boolean {
    const isFragment = unit.slices !== undefined && (this.#format?.majorVersion ?? 0) >= 3;
    return this.#frameOf(unit.pictureNumber ?? 0) === this.#unit.frame && (this.#isFieldCoded || isFragment);
  }

  /** Numbers are counted modulo 2^32. */
  #frameOf(number: number): number {
    const half = this.#isFieldCoded ? number >>> 1 : number;
    const modulus = this.#isFieldCoded ? 2 ** 31 : 2 ** 32;
    this.#firstNumber ??= half;
    const ahead = (((half - this.#firstNumber) % modulus) + modulus) % modulus;
    return this.#base + (ahead >= modulus / 2 ? ahead - modulus : ahead);
  }

  #picture(unit: NativeUnit, goesOn: boolean): void {
    const access = this.#unit;
    const number = unit.pictureNumber ?? 0;
    const isInter = (unit.code & 0x88) === 0x08 && (unit.code & REFERENCES) !== 0;
    access.frame = this.#frameOf(number);
    access.intra = !isInter && (!goesOn || access.intra);
    const isFragment = unit.slices !== undefined && (this.#format?.majorVersion ?? 0) >= 3;
    access.complete = !isFragment && (!this.#isFieldCoded || goesOn);
    this.#highest = Math.max(this.#highest, access.frame);
  }

  /** Sends what was collected; units without a picture stay for the next. */
  #flush(): void {
    const { units, frame, intra, discontinuity } = this.#unit;
    if (frame === undefined) return;
    const pts = Math.max(0, frame);
    const reordering = this.#format?.profile === LONG_GOP ? REORDERING : 0;
    this.outbox.send({
      data: joined(units),
      pts,
      dts: Math.min(this.#chunks++ - reordering, pts),
      timebase: this.#timebase,
      duration: 1,
      keyframe: intra,
      discontinuity,
    });
    this.#unit = emptyUnit();
  }
}

function emptyUnit(): AccessUnit {
  return { units: [], bytes: 0, frame: undefined, intra: false, complete: false, discontinuity: false };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
