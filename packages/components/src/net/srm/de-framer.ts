// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../../bytes.js';
import { OnceASecond } from '../../once-a-second.js';
import { decodeFrame, ShortFrameError, type Tagged } from './simple-frame.js';

/** Counters of a {@link DeFramer}. */
export interface DeFramerStats {
  readonly frames: number;
  /** Dropped: shorter than they say, or no frames at all. */
  readonly damaged: number;
}

/**
 * Takes the frames of `Framer` apart. One that is shorter than it says, or none, is dropped, counted (`stats`), and
 * logged once a second; what lies behind its data is ignored.
 *
 * `inbox`: a `Uint8Array`, or a string, for each frame. `outbox`: `[number, data]`, the data with a buffer of its own.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { DeFramer, Framer } from '@kamaelia/components/net';
 *
 * await Pipeline([[1, 'one'], [2, 'two']], new Framer(), new DeFramer(), ([n, data]) => console.log(n, data)).run();
 */
export class DeFramer extends Component {
  readonly inbox = this.in<Sendable>('inbox');
  readonly outbox = this.out<Tagged>('outbox');
  readonly #seldom = new OnceASecond();
  #frames = 0;
  #damaged = 0;

  /** What it has done so far. */
  get stats(): DeFramerStats {
    return { frames: this.#frames, damaged: this.#damaged };
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const tagged = this.#decoded(bytesOf('DeFramer', inbox.recv()));
        if (tagged === undefined) continue;
        this.#frames++;
        outbox.send(tagged);
      }
      yield;
    }
  }

  #decoded(frame: Uint8Array): Tagged | undefined {
    try {
      return decodeFrame(frame);
    } catch (error) {
      if (!(error instanceof ShortFrameError)) throw error;
      this.#damaged++;
      if (this.#seldom.isDue(this.clock.now())) {
        this.log('warn', `a damaged frame is dropped: ${error.message}`, { damaged: this.#damaged });
      }
      return undefined;
    }
  }
}
