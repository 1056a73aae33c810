// SPDX-License-Identifier: Apache-2.0
import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/**
 * Reads a pipe that has a path. A read that waits is the event loop's, not a thread's: a thread that opens or reads a
 * pipe cannot be called back, and keeps the process from ending.
 */
export class PipeReader {
  readonly #socket: Socket;
  #error: Error | undefined;
  #ended = false;
  #wake: () => void = () => {};

  private constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('readable', () => this.#wake());
    for (const event of ['end', 'close']) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
    this.#socket.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** Does not wait for a writer; reading does. */
  static async open(filename: string): Promise<PipeReader> {
    return new PipeReader(await promisify(open)(filename, constants.O_RDONLY | constants.O_NONBLOCK));
  }

  /** Fills a part of `buffer`; `bytesRead` is 0 when the last writer has closed the pipe, or it was closed here. */
  async read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }> {
    const socket = this.#socket;
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const size = Math.min(length, socket.readableLength);
      const chunk: Uint8Array | null = size > 0 ? socket.read(size) : null;
      if (chunk !== null) {
        buffer.set(chunk, offset);
        return { bytesRead: chunk.length };
      }
      if (this.#ended) return { bytesRead: 0 };
      // Asks for more, or for the end.
      socket.read(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends a read that waits. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    await new Promise((resolve) => this.#socket.once('close', resolve).destroy());
  }
}
