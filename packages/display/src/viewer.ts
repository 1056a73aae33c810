// SPDX-License-Identifier: Apache-2.0
import type { WebSocket } from 'ws';
import type { FrameMessage } from './frame-message.js';

/** What a page may ask for at once. */
const MOST_CREDIT = 1;

/**
 * One page that is open. It gets a frame only when it has asked for one; of those that wait only the newest is kept,
 * the others are dropped and counted.
 */
export class Viewer {
  readonly #socket: WebSocket;
  readonly #onDrop: () => void;
  readonly #now: () => number;
  #credit = 0;
  #hidden = false;
  #waiting: FrameMessage | undefined;
  // Counted from the first frame that had to wait, however many newer ones took its place.
  #silentSinceUs: number | undefined;
  /** Frames sent. */
  sent = 0;

  constructor(socket: WebSocket, { now, onDrop }: { now: () => number; onDrop: () => void }) {
    this.#socket = socket;
    this.#now = now;
    this.#onDrop = onDrop;
  }

  /** Understands what the page says; anything else is not from our page. False when the connection is to be closed. */
  told(text: string): boolean {
    if (text === 'ready') {
      this.#hidden = false;
      this.#credit = Math.min(MOST_CREDIT, this.#credit + 1);
      this.#sendWaiting();
      return true;
    }
    if (text !== 'hidden') return false;
    this.#hidden = true;
    this.#credit = 0;
    this.#silentSinceUs = undefined;
    this.#drop();
    return true;
  }

  /** A new frame; sent now, later, or never if a newer one comes first. */
  offer(message: FrameMessage): void {
    this.#drop();
    if (this.#hidden) {
      this.#onDrop();
      return;
    }
    this.#waiting = message;
    this.#silentSinceUs ??= this.#now();
    this.#sendWaiting();
  }

  #drop(): void {
    if (this.#waiting === undefined) return;
    this.#waiting = undefined;
    this.#onDrop();
  }

  #sendWaiting(): void {
    const message = this.#waiting;
    if (message === undefined || this.#credit === 0) return;
    this.#waiting = undefined;
    this.#silentSinceUs = undefined;
    this.#credit--;
    this.sent++;
    this.#socket.send(message.bytes, { binary: true, compress: false });
  }

  /** True while a frame waits for the page to ask for it. */
  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Since when frames wait for it, in microseconds of the clock. */
  get silentSinceUs(): number | undefined {
    return this.#silentSinceUs;
  }

  /** Tells the page that the stream has ended, and closes in order. */
  end(totals: { frames: number; dropped: number }): void {
    this.#socket.send(JSON.stringify({ kind: 'end', ...totals }));
    this.#socket.close(1000, 'ended');
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#waiting = undefined;
    this.#socket.terminate();
  }
}
