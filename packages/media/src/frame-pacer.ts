// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import type { VideoFrame } from './video-frame.js';

/** A frame later than this begins a new time line instead of being hurried after. */
const MOST_LATE_US = 1_000_000;

/**
 * Sends each frame on at its presentation time by the runtime's clock; the first one, and one behind a discontinuity,
 * is due at once. A frame that is late is sent at once; more than a second late, the times after it follow it.
 *
 * `inbox`, `outbox`: frames, passed on as they are. It holds one and lets four wait.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { FramePacer, FramePool } from '@kamaelia/media';
 * const pool = new FramePool();
 * const shape = { format: 'I420', codedWidth: 16, codedHeight: 16 };
 * const frames = [0, 1, 2].map((pts) => pool.acquire(shape, { pts, timebase: { num: 1, den: 100 } }));
 * await Pipeline(frames, new FramePacer(), (frame) => {
 *   console.log(frame.pts);
 *   frame.close();
 * }).run();
 */
export class FramePacer extends Component {
  readonly inbox = this.in<VideoFrame>('inbox', { capacity: 4 });
  readonly outbox = this.out<VideoFrame>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    let offsetUs: number | undefined;
    while (!inbox.ended) {
      while (inbox.ready) {
        const frame = inbox.recv();
        let passedOn = false;
        try {
          const nowUs = this.clock.now();
          const { timestamp, discontinuity } = frame;
          const late = offsetUs === undefined ? 0 : nowUs - offsetUs - timestamp;
          if (offsetUs === undefined || discontinuity || late > MOST_LATE_US) offsetUs = nowUs - timestamp;
          else if (late < 0) yield* this.sleepUntil(offsetUs + timestamp);
          passedOn = true;
          outbox.send(frame);
        } finally {
          if (!passedOn) frame.close();
        }
      }
      yield;
    }
  }
}
