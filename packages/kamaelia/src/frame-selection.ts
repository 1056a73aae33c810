// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import type { VideoFrame } from '@kamaelia/media';

/** Passes `frames` frames on after dropping the first `start`, then ends, which stops what comes before it. */
export class FrameSelection extends Component {
  readonly inbox = this.in<VideoFrame>('inbox', { capacity: 4 });
  readonly outbox = this.out<VideoFrame>('outbox');
  readonly #start: number;
  readonly #frames: number;

  constructor({ start = 0, frames = Number.POSITIVE_INFINITY }: { start?: number; frames?: number }) {
    super();
    this.#start = start;
    this.#frames = frames;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const last = this.#start + this.#frames;
    for (let seen = 0; seen < last && !inbox.ended; ) {
      while (seen < last && inbox.ready) {
        const frame = inbox.recv();
        if (seen++ < this.#start) frame.close();
        else outbox.send(frame);
      }
      if (seen < last) yield;
    }
  }
}
