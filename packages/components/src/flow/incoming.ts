// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { Outbox } from '@kamaelia/axon';
import { ownBytes } from '../bytes.js';

// What waits between the stream and a full outbox before the other side is made to wait.
const MOST_ARRIVED_BYTES = 256 * 1024;

/** Bytes on their way from a stream of the world outside to an outbox; a full outbox pauses the stream. */
export class Incoming {
  /** Bytes that arrived. */
  bytes = 0;
  /** The stream has ended, or is gone; nothing more will arrive. */
  ended = false;
  /** Why it is gone, if not for its end. */
  error: unknown;
  readonly #stream: Readable;
  readonly #outbox: Outbox<Uint8Array>;
  readonly #onChange: () => void;
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #paused: boolean;

  /** `onChange` is called when there is something to {@link pump}, and at the end. */
  constructor(stream: Readable, outbox: Outbox<Uint8Array>, onChange: () => void) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#onChange = onChange;
    this.#paused = stream.isPaused();
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onError);
    stream.on('close', this.#onEnd);
    // It may have failed before somebody listened.
    if (stream.destroyed) this.#onError(stream.errored ?? undefined);
  }

  /** Everything that arrived has been sent on. */
  get delivered(): boolean {
    return this.#arrived.length === 0;
  }

  /** Bytes that arrived and were not sent on yet. */
  get waiting(): number {
    return this.#arrivedBytes;
  }

  /** Takes nothing more, as though the other side had ended; what arrived is still sent on. */
  finish(): void {
    this.#stream.off('data', this.#onData);
    this.#stream.pause();
    this.#paused = false;
    this.#onEnd();
  }

  /** Sends what the outbox has room for, and lets the stream go on when little is left. */
  pump(): void {
    if (this.#arrived.length > 0) this.#sendOn();
    if (!this.#paused || this.#arrivedBytes >= MOST_ARRIVED_BYTES / 2) return;
    this.#paused = false;
    this.#stream.resume();
  }

  #sendOn(): void {
    const outbox = this.#outbox;
    let moved = 0;
    // What nobody wants any more is let go, so that the end behind it is seen.
    while (moved < this.#arrived.length && (outbox.open || outbox.cancelled))
      outbox.send(this.#arrived[moved++] as Uint8Array);
    if (moved === 0) return;
    for (const chunk of this.#arrived.splice(0, moved)) this.#arrivedBytes -= chunk.length;
  }

  /** Takes nothing more; what was not sent on is lost. The stream itself is left to whoever destroys it. */
  close(): void {
    const stream = this.#stream;
    stream.off('data', this.#onData);
    stream.off('end', this.#onEnd);
    stream.off('close', this.#onEnd);
    // The error listener stays: it may still fail while it closes, which is of no interest but must be heard.
    this.#arrived = [];
    this.#arrivedBytes = 0;
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytes += chunk.length;
    this.#arrivedBytes += chunk.length;
    this.#arrived.push(ownBytes(chunk));
    if (this.#arrivedBytes >= MOST_ARRIVED_BYTES) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#onChange();
  };

  readonly #onEnd = (): void => {
    if (this.ended) return;
    this.ended = true;
    this.#onChange();
  };

  readonly #onError = (error: unknown): void => {
    // Behind the other side's end it would only say that what we still sent was not wanted.
    if (!this.ended) this.error ??= error;
    this.#onEnd();
  };
}
