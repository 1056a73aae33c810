// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { Component, type External, type Steps } from '@kamaelia/axon';
import {
  baseOffsetOf,
  type NativeDiracDecoder,
  type NativeEvent,
  type NativeStats,
  openDecoder,
} from '@kamaelia/dirac-native';
import {
  type EncodedChunk,
  FramePool,
  type FramePoolStats,
  type FrameTimes,
  type PoolGeneration,
  type Rational,
  type VideoFrame,
} from '@kamaelia/media';
import { ChunkTimes } from './chunk-times.js';
import { DiracError } from './dirac-error.js';
import { frameLayoutOf } from './video-properties.js';

type ErrorEvent = Extract<NativeEvent, { kind: 'error' }>;
type FormatEvent = Extract<NativeEvent, { kind: 'format' }>;
type PictureEvent = Extract<NativeEvent, { kind: 'picture' }>;

/** Slots beyond what the decoder itself needs: a few frames may be on their way without a wait. */
const SPARE_SLOTS = 4;
const MAX_THREADS = 64;
const DEFAULT_MAX_PIXELS = 8192 * 4320;
/** Whatever `maxPixels` says: more does not fit a slot. */
const MOST_PIXELS = 2 ** 28;
const LOG_EVERY_US = 1_000_000;

/** Options of a {@link DiracDecoder}. */
export interface DiracDecoderOptions {
  /** Threads that decode, 1 to 64. Default: as many as there are processors. */
  readonly threads?: number;
  /** Largest picture accepted, width times height. Default 8192 x 4320. */
  readonly maxPixels?: number;
  /** Frames of picture memory at most; components downstream hold them. Default 96. */
  readonly maxFrames?: number;
  /** Bytes of picture memory at most. Default 256 MiB, but always enough for the decoder itself. */
  readonly maxBytes?: number;
  /**
   * What becomes of a picture of which a reference is missing, as after a seek: `'skip'` leaves it out; `'substitute'`
   * puts the nearest picture there is, or mid-grey, in the place of what is missing and marks it `damaged`. Default
   * `'skip'`.
   */
  readonly missingReferences?: 'skip' | 'substitute';
  /** Whether intra pictures come with `lowBand`, the low-low band of their luma. Default false. */
  readonly lowBand?: boolean;
  /**
   * Whether frames of intra pictures come as soon as the last byte of their picture was taken, for live input (as
   * `optimizeForLatency` of WebCodecs). Slices of low delay and high quality pictures and of fragments are decoded as
   * they come; while a sequence has no reference picture, no frame waits for one of a lower number; of predicted streams
   * frames come as soon as their order allows. They are the same, at some cost of speed with several `threads`. A data
   * unit that does not say how long it is has to wait for the next one all the same, and one that lost bytes may not be
   * `damaged` where only what follows would tell. Default false.
   */
  readonly lowDelay?: boolean;
  /**
   * How codeblocks with quantisers of their own are read in bands of a single codeblock: `'standard'`, or `'legacy'` as
   * dirac-research and schroedinger up to 1.0.7 wrote them. Default `'detect'`: whichever fits the first such picture of
   * a sequence.
   */
  readonly quantiserDialect?: 'detect' | 'standard' | 'legacy';
}

/** Counters of a {@link DiracDecoder}. */
export interface DiracDecoderStats extends NativeStats {
  readonly pool: Readonly<FramePoolStats>;
  /** Frames of the present format that are open somewhere, the decoder's own references among them. */
  readonly framesHeld: number;
}

/**
 * Decodes a Dirac or VC-2 elementary stream in native threads, straight into counted picture memory.
 *
 * `inbox`: bytes, cut anywhere, or chunks as `DiracParser` makes them; read-only, copied. `outbox`: {@link VideoFrame}s
 * in presentation order, each to be closed by its receiver. From bytes `pts` counts frames from 0 through all sequences
 * and `timebase` is one frame; frames of chunks have the times of their chunk, and are `damaged` where it is. Auxiliary data units in front of a picture
 * are its `sideData` (`kind` `'dirac-auxiliary'`, its own kind in the first byte); checksums among them are verified and
 * counted in `stats`. The two fields of a frame that are coded one by one lie in alternate rows. Damage does not stop it:
 * it finds the next picture, marks what was harmed (`damaged`), counts in `stats` and logs once a second at most. When
 * every frame is held downstream it waits, and takes more memory only if nobody could give one back.
 *
 * Ends its graph with {@link DiracError} for input without a sequence header, with pictures above `maxPixels`, with
 * samples of less than 8 or more than 16 bits, or with an asymmetric transform that has no quantisation matrix.
 *
 * @example
 * import { createReadStream } from 'node:fs';
 * import { Pipeline } from '@kamaelia/axon';
 * import { DiracDecoder } from '@kamaelia/dirac';
 * let frames = 0;
 * await Pipeline(createReadStream('testcard.drc'), new DiracDecoder(), (frame) => {
 *   frames++;
 *   frame.close();
 * }).run();
 * console.log(frames); // 300
 */
export class DiracDecoder extends Component {
  readonly inbox = this.in<Uint8Array | EncodedChunk>('inbox', { capacity: 16 });
  readonly outbox = this.out<VideoFrame>('outbox');

  readonly #options: Required<Pick<DiracDecoderOptions, 'threads' | 'maxPixels'>> & DiracDecoderOptions;
  #decoder: NativeDiracDecoder | undefined;
  #pool: FramePool | undefined;
  #generation: PoolGeneration | undefined;
  #nativeGeneration = 0;
  #fieldCoding = false;
  #timebase: Rational = { num: 1, den: 25 };
  readonly #times = new ChunkTimes();
  #external: External | undefined;
  #lastStats: NativeStats | undefined;

  /** Native work is under way that will end in a wake. */
  #busy = false;
  #held = false;
  #starved = false;
  #releases = 0;
  #ended = false;
  #finished = false;
  #waiting: Uint8Array | undefined;
  /** Bytes that the native queue has taken. */
  #pushed = 0;
  #events: NativeEvent[] = [];
  #nextEvent = 0;
  #damagedBefore = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DiracDecoderOptions = {}) {
    super();
    const { threads = Math.min(availableParallelism(), MAX_THREADS), maxPixels = DEFAULT_MAX_PIXELS } = options;
    whole('threads', threads, MAX_THREADS);
    whole('maxPixels', maxPixels, Number.MAX_SAFE_INTEGER);
    if (options.maxFrames !== undefined) whole('maxFrames', options.maxFrames, 65_536);
    if (options.maxBytes !== undefined) whole('maxBytes', options.maxBytes, Number.MAX_SAFE_INTEGER);
    oneOf('missingReferences', options.missingReferences, ['skip', 'substitute', undefined]);
    oneOf('quantiserDialect', options.quantiserDialect, ['detect', 'standard', 'legacy', undefined]);
    oneOf('lowBand', options.lowBand, [true, false, undefined]);
    oneOf('lowDelay', options.lowDelay, [true, false, undefined]);
    this.#options = { ...options, threads, maxPixels };
  }

  /** Numbers since the start; undefined before it. */
  get stats(): DiracDecoderStats | undefined {
    const native = this.#decoder?.stats() ?? this.#lastStats;
    return native && this.#pool && { ...native, pool: this.#pool.stats, framesHeld: this.#generation?.used ?? 0 };
  }

  override *main(): Steps {
    const { maxFrames, maxBytes, threads, maxPixels, missingReferences, lowBand, lowDelay, quantiserDialect } =
      this.#options;
    const ext = this.external();
    this.#external = ext;
    const onWarning = (message: string) => this.log('warn', message);
    this.#pool = new FramePool({
      name: this.path,
      onWarning,
      ...(maxFrames === undefined ? {} : { maxFrames }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    const decoder = openDecoder({
      threads,
      maxPixels,
      onWake: () => ext.wake(),
      ...(missingReferences === undefined ? {} : { missingReferences }),
      ...(lowBand === undefined ? {} : { lowBand }),
      ...(lowDelay === undefined ? {} : { lowDelay }),
      ...(quantiserDialect === undefined ? {} : { quantiserDialect }),
    });
    this.#decoder = decoder;
    try {
      while (!this.#ended) {
        // In this order: that it had asked for input is no news once it has got some.
        this.#take(decoder, ext);
        if (!this.#ended) this.#push(decoder);
        // Each time anew, as a wake takes it back: one may come late that has no news.
        if (this.#starved) this.#starve(decoder, ext);
        this.#hold(ext);
        if (!this.#ended) yield;
      }
      this.#logDamage(true);
    } finally {
      this.#close(decoder);
    }
  }

  /**
   * Begins anew, as before a seek: what waits in the inbox and inside is forgotten, and frames come again from the first
   * picture that can be decoded of what is sent from now on; it need not begin with a sequence header. Frames that were
   * sent already are not touched. Does nothing before the start and after the end.
   */
  reset(): void {
    const decoder = this.#decoder;
    if (decoder === undefined || this.#ended) return;
    while (this.inbox.ready) this.inbox.recv();
    this.#waiting = undefined;
    this.#times.clear();
    // A format stays: its slots are still to be provided.
    const formats = [...this.#events.slice(this.#nextEvent), ...decoder.poll()].filter((event) => {
      if (event.kind === 'picture' && event.generation === this.#nativeGeneration) {
        this.#generation?.release(event.slot);
      }
      return event.kind === 'format';
    });
    this.#events = formats;
    this.#nextEvent = 0;
    decoder.reset();
    this.#finished = false;
    this.#starved = false;
    this.#busy = false;
    this.#external?.wake();
  }

  /** Hands over what has arrived, as far as the native queue has room. */
  #push(decoder: NativeDiracDecoder): void {
    const { inbox } = this;
    for (;;) {
      if (this.#waiting === undefined) {
        if (!inbox.ready) break;
        const bytes = this.#bytesOf(inbox.recv());
        if (bytes.length === 0) continue;
        this.#waiting = bytes;
      }
      const taken = decoder.push(this.#waiting);
      this.#pushed += taken;
      this.#busy = true;
      if (taken < this.#waiting.length) {
        this.#waiting = this.#waiting.subarray(taken);
        return;
      }
      this.#waiting = undefined;
    }
    if (inbox.ended && !this.#finished) {
      this.#finished = true;
      this.#busy = true;
      decoder.finish();
    }
  }

  #bytesOf(message: unknown): Uint8Array {
    if (message instanceof Uint8Array) return message;
    const chunk = message as Partial<EncodedChunk> | null | undefined;
    if (typeof message === 'object' && chunk?.data instanceof Uint8Array) {
      this.#times.add(chunk as EncodedChunk);
      return chunk.data;
    }
    throw new TypeError(
      `DiracDecoder: Expected a Uint8Array or an EncodedChunk for inbox but received ${describe(message)}`,
    );
  }

  /** Works through the decoder's events while the outbox has room; what is left over comes first the next time. */
  #take(decoder: NativeDiracDecoder, ext: External): void {
    const { outbox } = this;
    while (outbox.open) {
      if (this.#nextEvent === this.#events.length) {
        this.#events = decoder.poll();
        this.#nextEvent = 0;
        if (this.#events.length === 0) return;
      }
      const event = this.#events[this.#nextEvent++];
      if (event !== undefined) this.#handle(event, decoder, ext);
    }
  }

  #handle(event: NativeEvent, decoder: NativeDiracDecoder, ext: External): void {
    switch (event.kind) {
      case 'format':
        this.#busy = true;
        this.#configure(event, decoder, ext);
        break;
      case 'picture':
        this.#busy = true;
        this.#deliver(event);
        break;
      case 'needInput':
        // It may have asked before it got what was pushed since.
        this.#busy = this.#waiting !== undefined || this.#finished || event.pushed < this.#pushed;
        break;
      case 'needSlots':
        if (event.releases === this.#releases && event.generation === this.#nativeGeneration) this.#starved = true;
        break;
      case 'error':
        throw this.#error(event);
      case 'end':
        this.#ended = true;
    }
  }

  #configure(event: FormatEvent, decoder: NativeDiracDecoder, ext: External): void {
    const layout = frameLayoutOf(event.format, event.layout);
    const initial = event.layout.minimumSlots + SPARE_SLOTS;
    if (this.#generation !== undefined) this.#generation.onFree = undefined;
    const generation = this.#poolOrThrow().configure(layout, initial, baseOffsetOf);
    this.#generation = generation;
    this.#nativeGeneration = event.generation;
    this.#fieldCoding = event.format.pictureCodingMode === 1;
    const { num, den } = event.format.frameRate;
    this.#timebase = { num: den, den: num };
    generation.onFree = (slot) => {
      this.#releases++;
      decoder.release(event.generation, slot);
      if (!this.#starved) return;
      this.#starved = false;
      this.#busy = true;
      ext.wake();
    };
    this.#provide(decoder, generation);
  }

  #provide(decoder: NativeDiracDecoder, { slots, counts }: PoolGeneration): void {
    decoder.provideSlots(
      this.#nativeGeneration,
      slots.map(({ buffer }) => new Uint8Array(buffer)),
      slots.map(({ baseOffset }) => baseOffset),
      counts,
    );
  }

  #deliver(event: PictureEvent): void {
    const generation = this.#generation;
    if (generation === undefined) return;
    const { pts, discontinuity, intra: keyframe, lowBand, sideData } = event;
    const ofChunk = this.#times.take(event.pictureNumber, this.#fieldCoding);
    const damaged = event.damaged || ofChunk?.damaged === true;
    if (event.damaged) this.#logDamage(false);
    const times: FrameTimes = {
      pts,
      timebase: this.#timebase,
      ...ofChunk,
      damaged,
      discontinuity,
      keyframe,
      ...(lowBand === undefined ? {} : { lowBand }),
      ...(sideData === undefined ? {} : { sideData: sideData.map((data) => ({ kind: 'dirac-auxiliary', data })) }),
    };
    this.outbox.send(generation.adopt(event.slot, times));
  }

  /** Every frame is held downstream. It is for those who hold them to go on; only if none of them can is there more. */
  #starve(decoder: NativeDiracDecoder, ext: External): void {
    this.#busy = false;
    ext.starved(() => {
      const generation = this.#generation;
      if (generation === undefined) return;
      if (!this.#poolOrThrow().relieve(generation)) throw generation.exhausted();
      this.#starved = false;
      this.#busy = true;
      this.#provide(decoder, generation);
      ext.wake();
    });
  }

  /** While the outbox is blocked it is the consumer's turn, so native work then holds nothing up. */
  #hold(ext: External): void {
    const wanted = this.#busy && this.outbox.open && !this.#ended;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) ext.hold();
    else ext.release();
  }

  #poolOrThrow(): FramePool {
    if (this.#pool === undefined) throw new TypeError('DiracDecoder: Expected a running component');
    return this.#pool;
  }

  #error({ code, detail, position }: ErrorEvent): Error {
    const maxPixels = Math.min(this.#options.maxPixels, MOST_PIXELS);
    const text: Record<string, string> = {
      NO_SEQUENCE_HEADER: `Expected a Dirac stream but received ${detail}`,
      UNSUPPORTED: `Expected samples of 8 to 16 bits and a known quantisation matrix but received ${detail}`,
      LIMIT: `Expected pictures of at most ${maxPixels} pixels (option maxPixels) but received larger ones`,
    };
    const message = `DiracDecoder: ${text[code] ?? `Expected decoding to succeed but ${detail}`} (at byte ${position})`;
    return new DiracError(message, { code, position });
  }

  #logDamage(last: boolean): void {
    const stats = this.#decoder?.stats();
    const now = this.clock.now();
    if (stats === undefined || (!last && now - this.#loggedAt < LOG_EVERY_US)) return;
    const harmed = stats.damaged + stats.skippedPictures + stats.lostSync;
    if (harmed === this.#damagedBefore) return;
    this.#damagedBefore = harmed;
    this.#loggedAt = now;
    const { damaged, skippedPictures, bytesSkipped } = stats;
    this.log(
      'warn',
      `damaged input: ${damaged} pictures damaged, ${skippedPictures} lost, ${bytesSkipped} bytes skipped so far`,
      { damaged, skippedPictures, bytesSkipped },
    );
  }

  #close(decoder: NativeDiracDecoder): void {
    const generation = this.#generation;
    for (const event of this.#events.slice(this.#nextEvent)) {
      if (event.kind === 'picture' && event.generation === this.#nativeGeneration) generation?.release(event.slot);
    }
    this.#events = [];
    this.#nextEvent = 0;
    // Before it is closed, which breaks off the picture that is being decoded: that is no damage of the input.
    this.#lastStats = decoder.stats();
    decoder.close();
    this.#decoder = undefined;
    this.#times.clear();
    if (generation !== undefined) generation.onFree = undefined;
  }
}

function oneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  const names = allowed.filter((word) => word !== undefined).map(describe);
  throw new TypeError(`DiracDecoder: Expected ${names.join(' or ')} for ${name} but received ${describe(value)}`);
}

function whole(name: string, value: unknown, highest: number): void {
  if (!(Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= highest)) {
    throw new RangeError(
      `DiracDecoder: Expected an integer of 1 to ${highest} for ${name} but received ${describe(value)}`,
    );
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  return String(value);
}
