// SPDX-License-Identifier: Apache-2.0
import type { WebSocket } from 'ws';
import type { FrameMessage } from './frame-message.js';

/** What a viewer has to know of its overlay. */
export interface ViewerOptions {
  /** Sent when the page asks for the first time, unless a newer one has come. */
  readonly first: FrameMessage | undefined;
  readonly now: () => number;
  readonly onDrop: () => void;
}

/**
 * One page that is open. It gets one frame when it asks, which it does when it has drawn the one before, and none while
 * that one is under way, however often it asks; of the frames that wait only the newest is kept, the others are dropped
 * and counted.
 */
export class Viewer {
  readonly #socket: WebSocket;
  readonly #onDrop: () => void;
  readonly #now: () => number;
  #asked = false;
  #hidden = false;
  #probed = false;
  /** The last frame has not left this machine yet. */
  #underWay = false;
  #waiting: FrameMessage | undefined;
  /** True while what waits is from before the page came: nothing is lost when a newer frame takes its place. */
  #waitingIsOld = false;
  // Counted from the first frame that had to wait, however many newer ones took its place.
  #silentSinceUs: number | undefined;
  /** Frames sent. */
  sent = 0;

  constructor(socket: WebSocket, { first, now, onDrop }: ViewerOptions) {
    this.#socket = socket;
    this.#now = now;
    this.#onDrop = onDrop;
    if (first !== undefined) this.#wait(first, true);
    socket.on('pong', () => {
      this.#probed = false;
      if (this.#hidden) this.#silentSinceUs = undefined;
    });
  }

  /** Understands what the page says; anything else is not from our page. False when the connection is to be closed. */
  told(text: string): boolean {
    if (text !== 'ready' && text !== 'hidden') return false;
    this.#hidden = text === 'hidden';
    // One that talks and does not read is as silent as one that does neither.
    if (!this.#underWay) this.#silentSinceUs = undefined;
    if (text === 'ready') {
      this.#asked = true;
      this.#sendWaiting();
    }
    return true;
  }

  /** A new frame; sent now, later, or never if a newer one comes first. */
  offer(message: FrameMessage): void {
    if (this.#waiting !== undefined && !this.#waitingIsOld) this.#onDrop();
    this.#wait(message, false);
    this.#sendWaiting();
  }

  #wait(message: FrameMessage, old: boolean): void {
    this.#waiting = message;
    this.#waitingIsOld = old;
    this.#silentSinceUs ??= this.#now();
  }

  #sendWaiting(): void {
    const message = this.#waiting;
    if (message === undefined || !this.#asked || this.#underWay) return;
    this.#waiting = undefined;
    this.#silentSinceUs = undefined;
    this.#asked = false;
    this.#underWay = true;
    this.sent++;
    this.#socket.send(message.bytes, { binary: true, compress: false }, (error) => {
      if (error) return;
      this.#underWay = false;
      if (this.#asked) this.#silentSinceUs = undefined;
      this.#sendWaiting();
    });
  }

  /** True while a frame waits for a page that is seen. */
  get waiting(): boolean {
    return this.#waiting !== undefined && !this.#hidden;
  }

  /** Since when frames wait for it, in microseconds of the clock. */
  get silentSinceUs(): number | undefined {
    return this.#silentSinceUs;
  }

  /**
   * Called when the page was silent for too long. One that said that nobody sees it need not ask for frames; its
   * browser must answer a ping, though, until the next time, and what was sent to it
   * must leave. False when the page is to be let go.
   */
  probe(): boolean {
    if (!this.#hidden || this.#probed || this.#socket.bufferedAmount > 0) return false;
    this.#probed = true;
    this.#silentSinceUs = this.#now();
    this.#socket.ping();
    return true;
  }

  /** Tells the page that the stream has ended, and closes in order. */
  end(totals: { readonly frames: number; readonly dropped: number }): void {
    this.#socket.send(JSON.stringify({ kind: 'end', ...totals }));
    this.#socket.close(1000, 'ended');
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#waiting = undefined;
    this.#silentSinceUs = undefined;
    this.#socket.terminate();
  }
}
