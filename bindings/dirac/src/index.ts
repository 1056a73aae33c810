// SPDX-License-Identifier: Apache-2.0
import { loadNative } from '@kamaelia/native';

/** An exact ratio. */
export interface NativeRational {
  readonly num: number;
  readonly den: number;
}

/** Every parameter of a sequence header, presets resolved; numbers as in the stream. */
export interface NativeVideoFormat {
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly profile: number;
  readonly level: number;
  readonly baseVideoFormat: number;
  readonly width: number;
  readonly height: number;
  /** 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0. */
  readonly chroma: 0 | 1 | 2;
  /** 0 progressive, 1 interlaced. */
  readonly sourceSampling: number;
  readonly topFieldFirst: boolean;
  readonly frameRate: NativeRational;
  readonly pixelAspect: NativeRational;
  readonly cleanWidth: number;
  readonly cleanHeight: number;
  readonly cleanLeft: number;
  readonly cleanTop: number;
  readonly lumaOffset: number;
  readonly lumaExcursion: number;
  readonly chromaOffset: number;
  readonly chromaExcursion: number;
  readonly colourPrimaries: number;
  readonly colourMatrix: number;
  readonly transferFunction: number;
  /** 0 pictures are frames, 1 pictures are fields. */
  readonly pictureCodingMode: number;
  readonly lumaDepth: number;
  readonly chromaDepth: number;
}

/** Where planes lie in a slot, in bytes from its 64-byte aligned base. */
export interface NativeFrameLayout {
  readonly planes: readonly {
    readonly offset: number;
    readonly stride: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly bytesPerSample: number;
  readonly slotBytes: number;
  /** With fewer slots the decoder may wait for ever. */
  readonly minimumSlots: number;
}

/** The low-low band of a picture's luma, rows without gaps. */
export interface NativeLowBand {
  readonly data: Int16Array | Int32Array;
  readonly width: number;
  readonly height: number;
  /** Transform levels above it. */
  readonly level: number;
}

/** What `poll()` gives, in order. */
export type NativeEvent =
  | {
      readonly kind: 'format';
      readonly generation: number;
      readonly format: NativeVideoFormat;
      readonly layout: NativeFrameLayout;
    }
  | {
      readonly kind: 'picture';
      readonly generation: number;
      /** Counted once for the receiver. */
      readonly slot: number;
      /** Output index, in units of 1 / frameRate. */
      readonly pts: number;
      readonly pictureNumber: number;
      readonly damaged: boolean;
      readonly discontinuity: boolean;
      readonly intra: boolean;
      /** Of intra pictures, where the option `lowBand` is set. */
      readonly lowBand?: NativeLowBand;
      /** Payloads of the auxiliary units in front of the picture, where there were some. */
      readonly sideData?: readonly Uint8Array[];
    }
  | {
      readonly kind: 'needSlots';
      readonly generation: number;
      /** Calls of `release()` that the decoder had seen; if more were made since, this is old news. */
      readonly releases: number;
    }
  | {
      /** Everything pushed so far has been used. */
      readonly kind: 'needInput';
      /** Bytes that the queue had taken since the decoder was opened; if more were since, this is old news. */
      readonly pushed: number;
    }
  | { readonly kind: 'error'; readonly code: string; readonly position: number; readonly detail: string }
  | { readonly kind: 'end' };

/** Plain numbers since the decoder was opened. */
export interface NativeStats {
  readonly bytes: number;
  readonly bytesSkipped: number;
  readonly units: number;
  readonly sequences: number;
  readonly pictures: number;
  readonly delivered: number;
  readonly damaged: number;
  readonly skippedPictures: number;
  readonly lostSync: number;
  /** Pictures that are what the checksum in front of them says. */
  readonly checksumsRight: number;
  readonly checksumsWrong: number;
  /** Auxiliary data units. */
  readonly auxiliary: number;
  /** Padding units. */
  readonly padding: number;
}

/** Options of {@link NativeDiracDecoder}. */
export interface NativeDecoderOptions {
  /** Threads that take part in one picture, 1 to 64. */
  readonly threads?: number;
  /** Largest picture accepted, width times height. */
  readonly maxPixels?: number;
  /** How codeblocks with quantisers of their own are read in bands of one codeblock. Default `'detect'`. */
  readonly quantiserDialect?: 'detect' | 'standard' | 'legacy';
  /** What becomes of a picture of which a reference is missing. Default `'skip'`. */
  readonly missingReferences?: 'skip' | 'substitute';
  /** Whether intra pictures come with their low-low band. Default false. */
  readonly lowBand?: boolean;
  /** Whether intra pictures come as soon as their last byte was pushed. Default false. */
  readonly lowDelay?: boolean;
  /** Called on this thread when there is something to poll or room to push; at most one call is pending. */
  readonly onWake: () => void;
}

/** A decoder on a thread of its own. Every call returns at once, but `close()`, which joins the thread. */
export interface NativeDiracDecoder {
  /** Bytes taken (copied) into the bounded queue; 0 when it is full: wait for `onWake`. */
  push(bytes: Uint8Array): number;
  /** All or nothing; always taken when the queue is empty. */
  pushChunk(bytes: Uint8Array): boolean;
  poll(): NativeEvent[];
  /** All slots of a generation, the earlier ones first; called again with more of them to grow it. */
  provideSlots(
    generation: number,
    slots: readonly Uint8Array[],
    baseOffsets: readonly number[],
    counts: Int32Array<SharedArrayBuffer>,
  ): void;
  /** A slot's count fell to 0. */
  release(generation: number, slot: number): void;
  finish(): void;
  reset(): void;
  close(): void;
  stats(): NativeStats;
}

/** One data unit of a stream. */
export interface NativeUnit {
  readonly code: number;
  readonly position: number;
  /** Bytes with the parse info. */
  readonly size: number;
  readonly damaged: boolean;
  readonly pictureNumber?: number;
  readonly references?: number;
  readonly format?: NativeVideoFormat;
  /** Slices of a fragment, 0 for its parameters; given for codes that are fragments in VC-2 version 3. */
  readonly slices?: number;
  /** The whole unit, where the parser was opened with data. */
  readonly data?: Uint8Array<ArrayBuffer>;
}

/** Cuts a stream into data units and reads their headers, without decoding. */
export interface NativeDiracParser {
  push(bytes: Uint8Array): NativeUnit[];
  finish(): NativeUnit[];
  /** Bytes outside data units so far. */
  bytesSkipped(): number;
}

interface Addon {
  readonly NativeDiracDecoder: new (options: NativeDecoderOptions) => NativeDiracDecoder;
  readonly NativeDiracParser: new (data: boolean | 'auxiliary') => NativeDiracParser;
  readonly baseOffsetOf: (buffer: Uint8Array) => number;
}

const addon = loadNative<Addon>('@kamaelia/dirac-native', new URL('../', import.meta.url), 'KAMAELIA_NATIVE_DIRAC');

/** Opens a decoder. Wrong options throw TypeError or RangeError. */
export function openDecoder(options: NativeDecoderOptions): NativeDiracDecoder {
  return new addon.NativeDiracDecoder(options);
}

/** Opens a parser; its units have their bytes where `data` is true, or only auxiliary ones where it is `'auxiliary'`. */
export function openParser({ data = false }: { readonly data?: boolean | 'auxiliary' } = {}): NativeDiracParser {
  return new addon.NativeDiracParser(data);
}

/** Bytes from a buffer's beginning to its first address that is a multiple of 64: 0 to 63. */
export function baseOffsetOf(buffer: SharedArrayBuffer): number {
  if (!(buffer instanceof SharedArrayBuffer)) {
    const given: unknown = buffer;
    const what = typeof given === 'object' && given !== null ? (given.constructor?.name ?? 'an object') : String(given);
    throw new TypeError(`baseOffsetOf: Expected a SharedArrayBuffer for buffer but received ${what}`);
  }
  return addon.baseOffsetOf(new Uint8Array(buffer));
}
