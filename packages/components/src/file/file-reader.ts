// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileError } from './file-error.js';
import { PipeReader } from './pipe-reader.js';

/**
 * Reads a file from beginning to end, asynchronously, into buffers of their own: never parts of Node's pool, so that
 * whoever receives one may keep or transfer it.
 */
export class FileReader {
  readonly #filename: string;
  #opening: Promise<FileHandle | PipeReader> | undefined;
  /** Nothing is under way that could take for ever. */
  #idle = false;
  #closed = false;

  constructor(filename: string) {
    this.#filename = filename;
  }

  /** Rejects with a {@link FileError} when the file cannot be opened. */
  async open(): Promise<void> {
    this.#opening = opened(this.#filename);
    try {
      await this.#opening;
      this.#idle = true;
    } catch (error) {
      this.#closed = true;
      throw fileError('open', this.#filename, error);
    }
  }

  /**
   * The next `size` bytes; fewer only at the end (or, without `whole`, when a pipe has no more at the moment),
   * `undefined` behind it.
   */
  async read(size: number, whole: boolean): Promise<Uint8Array | undefined> {
    const handle = (await this.#opening) as FileHandle | PipeReader;
    const buffer = new Uint8Array(size);
    let filled = 0;
    this.#idle = false;
    try {
      do {
        const { bytesRead } = await handle.read(buffer, filled, size - filled, null);
        if (bytesRead === 0) break;
        filled += bytesRead;
      } while (whole && filled < size && !this.#closed);
    } catch (error) {
      throw fileError('read', this.#filename, error);
    } finally {
      this.#idle = true;
    }
    if (filled === 0) return undefined;
    return filled === size ? buffer : buffer.slice(0, filled);
  }

  /**
   * Closes the file; may be called at any time, more than once. Undefined when nobody should wait: reading a
   * device may take for ever, and the handle is closed behind it.
   */
  close(): Promise<void> | undefined {
    if (this.#closed || this.#opening === undefined) return undefined;
    this.#closed = true;
    const closed = this.#opening.then((handle) => handle.close());
    if (this.#idle) return closed;
    closed.catch(() => {});
    return undefined;
  }
}

async function opened(filename: string): Promise<FileHandle | PipeReader> {
  return (await stat(filename)).isFIFO() ? PipeReader.open(filename) : open(filename, 'r');
}
