// SPDX-License-Identifier: Apache-2.0
import type { MessageCodec, SharedValueReader, SharedValueWriter } from '@kamaelia/axon';
import { heldBy, type Loan, loanTo, takeBackFrom } from './frame-loans.js';
import { admit, generationOf, passportOf } from './guest-generation.js';
import type { FrameSlot, PoolGeneration } from './pool-generation.js';
import type { PostedPassport } from './pool-passport.js';
import {
  type FrameTimes,
  type LowBand,
  type Rational,
  type SideData,
  type Timecode,
  VideoFrame,
} from './video-frame.js';

/** Number of the generation's passport or loan, slot, number of its memory, pts, duration, number of the timebase, flags. */
type Numbers = [number, number, number, number, number, number, number];
/** What a few frames have beside that. */
type Rare = Pick<FrameTimes, 'timecode' | 'sideData' | 'lowBand'>;
type Descriptor = Numbers | { readonly numbers: Numbers; readonly rare: Rare };

const DAMAGED = 1;
const DISCONTINUITY = 2;
const KEYFRAME = 4;

/** The timebase that frames of a generation had last: one object for all of them crosses once. */
const timebases = new WeakMap<PoolGeneration, Rational>();

/**
 * Video frames cross to other threads in the memory they are in: format and counts once for each pool, a slot's memory
 * once, and then for each frame seven numbers. Its count goes with it; a thread that may end before this one notes which
 * counts it has.
 */
export const videoFrameCodec: MessageCodec<VideoFrame, Descriptor> = {
  name: 'kamaelia.VideoFrame',

  is: (message): message is VideoFrame => message instanceof VideoFrame,

  encode(frame: VideoFrame, values: SharedValueWriter): Descriptor {
    const { generation, slot, lowBand } = frame.handOver();
    const numbers: Numbers = [
      values.put(values.outlives ? loanTo(values, generation) : passportOf(generation)),
      slot,
      values.put(generation.slots[slot] as FrameSlot),
      frame.pts,
      frame.duration,
      values.put(sharedTimebase(generation, frame.timebase)),
      (frame.damaged ? DAMAGED : 0) | (frame.discontinuity ? DISCONTINUITY : 0) | (frame.keyframe ? KEYFRAME : 0),
    ];
    const { timecode, sideData } = frame;
    if (timecode === undefined && lowBand === undefined && sideData.length === 0) return numbers;
    return { numbers, rare: rareOf(timecode, sideData, lowBand) };
  },

  decode(descriptor: Descriptor, values: SharedValueReader): VideoFrame {
    const numbers = Array.isArray(descriptor) ? descriptor : descriptor.numbers;
    const [passport, slot, memory, pts, duration, timebase, flags] = numbers;
    const given = values.get(passport) as PostedPassport | Loan;
    const generation = generationOf(passportIn(given));
    admit(generation, slot, values.get(memory) as FrameSlot);
    const times: FrameTimes = {
      pts,
      duration,
      timebase: values.get(timebase) as Rational,
      damaged: (flags & DAMAGED) !== 0,
      discontinuity: (flags & DISCONTINUITY) !== 0,
      keyframe: (flags & KEYFRAME) !== 0,
    };
    const frame = generation.adopt(slot, Array.isArray(descriptor) ? times : { ...times, ...descriptor.rare });
    if ('held' in given) frame.lentBy(given.held);
    return frame;
  },

  dispose(descriptor: Descriptor, values: SharedValueReader): void {
    const [passport, slot] = Array.isArray(descriptor) ? descriptor : descriptor.numbers;
    generationOf(passportIn(values.get(passport) as PostedPassport | Loan)).release(slot);
  },

  claim: (frame: VideoFrame) => frame.claim(),
  held: heldBy,
  abandon: takeBackFrom,
};

function passportIn(given: PostedPassport | Loan): PostedPassport {
  return 'held' in given ? given.passport : given;
}

function sharedTimebase(generation: PoolGeneration, timebase: Rational): Rational {
  const last = timebases.get(generation);
  if (last?.num === timebase.num && last.den === timebase.den) return last;
  const { num, den } = timebase;
  const shared = { num, den };
  timebases.set(generation, shared);
  return shared;
}

function rareOf(timecode: Timecode | undefined, sideData: readonly SideData[], lowBand: LowBand | undefined): Rare {
  return {
    ...(timecode === undefined ? {} : { timecode }),
    // Clones take the whole memory along that they are a part of.
    sideData: sideData.map(({ kind, data }) => ({ kind, data: data.slice() })),
    ...(lowBand === undefined ? {} : { lowBand: { ...lowBand, data: lowBand.data.slice() } }),
  };
}
