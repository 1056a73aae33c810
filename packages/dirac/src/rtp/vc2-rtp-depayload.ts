// SPDX-License-Identifier: Apache-2.0
import { Component, type Duration, type Steps } from '@kamaelia/axon';
import type { EncodedChunk } from '@kamaelia/media';
import { ReorderWindow } from './reorder-window.js';
import { RtpPacket, u16 } from './rtp-packet.js';
import { readVC2Session } from './session-description.js';
import { VC2Assembler } from './vc2-assembler.js';

/** An RTP packet, or a datagram with one in it as the UDP components of `@kamaelia/components` give them. */
export type RTPDatagram = Uint8Array | readonly [Uint8Array, unknown] | readonly [unknown, Uint8Array];

/** Options of a {@link VC2RTPDepayload}. */
export interface VC2RTPDepayloadOptions {
  /** Description of the session (SDP): says the payload type and the clock's rate. Default: none. */
  readonly sdp?: string;
  /** 0 to 127. Default: that of `sdp`, and without one that of the first packet. Others are counted and left out. */
  readonly payloadType?: number;
  /** Packets, 0 to 2048: a missing one is given up when one so much later is there. Default 128. */
  readonly reorderPackets?: number;
  /** How long a missing packet is waited for, at most. Default 20 ms. */
  readonly reorderTime?: Duration;
}

/** Counters of a {@link VC2RTPDepayload}. */
export interface VC2RTPDepayloadStats {
  /** Packets of the stream that came, `duplicate` and `late` ones among them. */
  readonly received: number;
  /** Packets that did not come in time. */
  readonly lost: number;
  /** Packets that came in time, but behind later ones. */
  readonly reordered: number;
  /** Packets that came again. */
  readonly duplicate: number;
  /** Packets that came when they had been given up, or from before the first one. */
  readonly late: number;
  /** Datagrams that are no RTP packet, or whose payload makes no sense. */
  readonly malformed: number;
  /** Datagrams of other payload types or other senders, RTCP, and packets far away from all others. */
  readonly ignored: number;
  /** Packets of pictures that cannot be shown: before the first sequence header, or behind their picture's end. */
  readonly unusable: number;
  /** Pictures (frames, or fields) that were sent on, `picturesDamaged` among them. */
  readonly pictures: number;
  /** Pictures that lack slices, or whose parameters had to be taken from the one before. */
  readonly picturesDamaged: number;
  /** Pictures of which no slice came, as far as picture numbers tell. */
  readonly picturesLost: number;
  /** Times that another sender took over, or that it began to count anew. */
  readonly restarts: number;
  /** When the last packet came, in microseconds of the runtime's clock; undefined before the first. */
  readonly lastPacketUs: number | undefined;
  /** When packets were last found to be lost. */
  readonly lastLossUs: number | undefined;
}

const DEFAULT_CLOCK_RATE = 90_000;
const DEFAULT_PACKETS = 128;
const MOST_PACKETS = 2048;
const DEFAULT_TIME_US = 20_000;
/** A sender that was silent for so long may be followed by another. */
const SILENCE_US = 100_000;
const LOG_EVERY_US = 1_000_000;
/** A high quality picture of 1080 lines is some hundred packets, which come at once. */
const CAPACITY = 512;

/**
 * Receives VC-2 (high quality profile) from RTP packets: RFC 8450, and as ffmpeg sends it. Feeds a `DiracDecoder`.
 *
 * `inbox`: RTP packets, or datagrams as `SimplePeer` and `Multicast_receiver` give them; read-only, kept until their
 * picture is sent on. `outbox`:
 * {@link EncodedChunk}s of a VC-2 stream in the order of the stream. The slices of a picture are sent on as they come,
 * so several chunks of one `pts` may make one picture. Times are those of the RTP clock (`timebase` 1/90000 unless `sdp`
 * says otherwise), the first picture's is 0, and they go on through the 32 bits of a timestamp and through senders.
 *
 * Packets are put in order by their sequence numbers. One that is missing is waited for as long as `reorderPackets` and
 * `reorderTime` allow. What is lost costs its slices only: the picture is sent on all the same, and its frame comes
 * `damaged` from the decoder. A picture of which nothing came is left out. Whatever the network does is counted (`stats`)
 * and logged once a second at most.
 *
 * One sender is listened to, known by its SSRC; another one takes over when that one was silent for 100 ms.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SimplePeer } from '@kamaelia/components/net';
 * import { readVC2Session, VC2RTPDepayload, vc2SessionDescription } from '@kamaelia/dirac';
 *
 * const sdp = vc2SessionDescription({ host: '127.0.0.1', port: 30016 }); // or the text of the sender's file
 * const peer = new SimplePeer({ localport: readVC2Session(sdp).port });
 * const depayload = new VC2RTPDepayload({ sdp });
 * // A DiracDecoder would stand in the place of the function.
 * const receiving = Pipeline(peer, depayload, ({ pts, data }) => console.log(pts, data.length)).activate();
 * receiving.stop();
 * await receiving.done;
 * console.log(depayload.stats.received); // 0
 */
export class VC2RTPDepayload extends Component {
  readonly inbox = this.in<RTPDatagram>('inbox', { capacity: CAPACITY });
  readonly outbox = this.out<EncodedChunk>('outbox');

  readonly #packet = new RtpPacket();
  readonly #assembler: VC2Assembler;
  readonly #window: ReorderWindow;
  #payloadType: number | undefined;
  #ssrc: number | undefined;
  #received = 0;
  #malformed = 0;
  #ignored = 0;
  #sources = 0;
  #nowUs = 0;
  #lastPacketUs: number | undefined;
  #lastLossUs: number | undefined;
  #alarmUs = Number.POSITIVE_INFINITY;
  #loggedAtUs = Number.NEGATIVE_INFINITY;
  #loggedHarm = 0;
  #lostBefore = 0;

  constructor(options: VC2RTPDepayloadOptions = {}) {
    super();
    const { sdp, reorderPackets = DEFAULT_PACKETS, reorderTime } = options;
    const session = sdp === undefined ? undefined : readVC2Session(sdp);
    const { payloadType = session?.payloadType } = options;
    if (payloadType !== undefined) whole('payloadType', payloadType, 127);
    if (session !== undefined && session.payloadType !== payloadType) {
      throw new TypeError(
        `VC2RTPDepayload: Expected ${session.payloadType}, as sdp says, for payloadType but received ${payloadType}`,
      );
    }
    whole('reorderPackets', reorderPackets, MOST_PACKETS);
    this.#payloadType = payloadType;
    this.#assembler = new VC2Assembler(session?.clockRate ?? DEFAULT_CLOCK_RATE, (chunk) => this.outbox.send(chunk));
    this.#window = new ReorderWindow(reorderPackets, durationUs(reorderTime), {
      take: (bytes, lost) => {
        this.#packet.read(bytes);
        this.#assembler.take(this.#packet, lost);
      },
      restarted: () => this.#assembler.restarted(false),
    });
  }

  /** Numbers since it was made. */
  get stats(): VC2RTPDepayloadStats {
    const { lost, reordered, duplicate, late, restarts, stray } = this.#window.counts;
    const { pictures, picturesDamaged, picturesLost, malformed, unusable } = this.#assembler.counts;
    return {
      received: this.#received,
      lost,
      reordered,
      duplicate,
      late,
      malformed: this.#malformed + malformed,
      ignored: this.#ignored + stray,
      unusable,
      pictures,
      picturesDamaged,
      picturesLost,
      restarts: restarts + Math.max(0, this.#sources - 1),
      lastPacketUs: this.#lastPacketUs,
      lastLossUs: this.#lastLossUs,
    };
  }

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      this.#nowUs = this.clock.now();
      while (inbox.ready) this.#take(datagramOf(inbox.recv()));
      this.#window.expire(this.#nowUs);
      this.#assembler.flush();
      this.#note(false);
      this.#setAlarm();
      yield;
    }
    this.#window.flush();
    this.#assembler.finish();
    this.#note(true);
  }

  #take(bytes: Uint8Array): void {
    const packet = this.#packet;
    if (!packet.read(bytes)) {
      this.#malformed++;
      return;
    }
    if (packet.isRtcp || (this.#payloadType !== undefined && packet.payloadType !== this.#payloadType)) {
      this.#ignored++;
      return;
    }
    const { ssrc, sequence, start } = packet;
    if (ssrc !== this.#ssrc && !this.#takeOver(ssrc)) {
      this.#ignored++;
      return;
    }
    this.#payloadType ??= packet.payloadType;
    this.#lastPacketUs = this.#nowUs;
    this.#received++;
    this.#window.add(bytes, sequence, start + 2 <= packet.end ? u16(bytes, start) : 0, this.#nowUs);
  }

  /** Whether another sender may go on where the one that was listened to left off. */
  #takeOver(ssrc: number): boolean {
    if (this.#ssrc !== undefined) {
      if (this.#nowUs - (this.#lastPacketUs ?? 0) < SILENCE_US) return false;
      const bytes = this.#packet.bytes;
      this.#window.flush();
      this.#window.reset();
      this.#assembler.restarted(true);
      this.#packet.read(bytes);
    }
    this.#ssrc = ssrc;
    this.#sources++;
    return true;
  }

  #setAlarm(): void {
    const { deadlineUs } = this.#window;
    if (this.#alarmUs <= this.#nowUs) this.#alarmUs = Number.POSITIVE_INFINITY;
    if (deadlineUs === undefined || deadlineUs >= this.#alarmUs) return;
    this.#alarmUs = deadlineUs;
    this.wakeAt(deadlineUs);
  }

  #note(last: boolean): void {
    const { lost, restarts } = this.#window.counts;
    const { picturesDamaged, picturesLost, malformed } = this.#assembler.counts;
    if (lost !== this.#lostBefore) this.#lastLossUs = this.#nowUs;
    this.#lostBefore = lost;
    const harm = lost + restarts + picturesDamaged + picturesLost + malformed + this.#malformed + this.#sources;
    if (harm === this.#loggedHarm) return;
    if (!last && this.#nowUs - this.#loggedAtUs < LOG_EVERY_US) return;
    this.#loggedHarm = harm;
    this.#loggedAtUs = this.#nowUs;
    const { stats } = this;
    if (stats.lost + stats.restarts + stats.malformed + picturesDamaged + picturesLost === 0) return;
    this.log(
      'warn',
      `${stats.lost} packets lost, ${stats.malformed} malformed, ${picturesDamaged} pictures damaged, ` +
        `${picturesLost} lost, ${stats.restarts} restarts so far`,
      { ...stats },
    );
  }
}

function datagramOf(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message;
  if (Array.isArray(message)) {
    for (const part of message) if (part instanceof Uint8Array) return part;
  }
  throw new TypeError(
    `VC2RTPDepayload: Expected a Uint8Array or a datagram for inbox but received ${describe(message)}`,
  );
}

function durationUs(value: Duration | undefined): number {
  if (value === undefined) return DEFAULT_TIME_US;
  const { ms, us } = (typeof value === 'object' && value !== null ? value : {}) as { ms?: number; us?: number };
  const total = ms === undefined && us === undefined ? Number.NaN : (ms ?? 0) * 1000 + (us ?? 0);
  if (Number.isFinite(total) && total >= 0) return total;
  throw new TypeError(
    `VC2RTPDepayload: Expected { ms } or { us } of at least 0 for reorderTime but received ${describe(value)}`,
  );
}

function whole(name: string, value: unknown, highest: number): void {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= highest) return;
  throw new RangeError(
    `VC2RTPDepayload: Expected a whole number of 0 to ${highest} for ${name} but received ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  return String(value);
}
