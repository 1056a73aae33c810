// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FileError, fileError } from './file-error.js';

/** The part of a `FileHandle` that {@link writeWhole} uses. */
interface VectorWriter {
  writev(parts: Uint8Array[]): Promise<{ readonly bytesWritten: number }>;
}

/**
 * Writes a file, asynchronously. What was given to {@link write} is written whole, whatever happens to the component
 * meanwhile, or the system refused it: then whoever waits for `write()` or `close()` hears so.
 */
export class FileWriter {
  readonly #filename: string;
  readonly #flags: string;
  readonly #mode: number | undefined;
  #opening: Promise<FileHandle> | undefined;
  #writing: Promise<void> | undefined;
  /** A pipe or a device may keep a write for ever; a file does not. */
  #regular = false;
  #closed = false;
  /** Bytes that the system has taken. */
  bytesWritten = 0;

  /** `flags` and `mode` (of a file that is created) as for `fs.open`. */
  constructor(filename: string, flags: string, mode?: number) {
    this.#filename = filename;
    this.#flags = flags;
    this.#mode = mode;
  }

  /** Rejects with a {@link FileError} when the file cannot be opened. */
  async open(): Promise<void> {
    this.#opening = open(this.#filename, this.#flags, this.#mode);
    try {
      const handle = await this.#opening;
      if (!this.#closed) this.#regular = (await handle.stat()).isFile();
    } catch (error) {
      this.#closed = true;
      throw fileError('open', this.#filename, error);
    }
  }

  /** Writes all of `parts` behind what was written before. One at a time. */
  write(parts: readonly Uint8Array[]): Promise<void> {
    this.#writing = this.#write(parts);
    // Whoever gave the parts may be stopped before it fails; close() then tells.
    this.#writing.catch(() => {});
    return this.#writing;
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    const handle = (await this.#opening) as FileHandle;
    try {
      await writeWhole(handle, parts, (bytes) => {
        this.bytesWritten += bytes;
      });
    } catch (error) {
      throw this.#failed('write', error);
    }
  }

  /** Resolves when everything written is on the disk, and the file's name too. */
  async sync(): Promise<void> {
    const handle = (await this.#opening) as FileHandle;
    try {
      if (!this.#regular) return;
      await handle.sync();
      await syncFolder(this.#filename);
    } catch (error) {
      throw this.#failed('sync', error);
    }
  }

  /**
   * Closes the file behind what is being written; may be called at any time, more than once. Rejects when that could
   * not be written. Undefined when nobody should wait: opening or writing a pipe may take for ever, and the handle is
   * closed behind it.
   */
  close(): Promise<void> | undefined {
    if (this.#closed || this.#opening === undefined) return undefined;
    this.#closed = true;
    const closed = this.#close(this.#opening);
    if (this.#regular) return closed;
    closed.catch(() => {});
    return undefined;
  }

  async #close(opening: Promise<FileHandle>): Promise<void> {
    const handle = await opening;
    try {
      await this.#writing;
    } finally {
      await handle.close().catch((error: unknown) => {
        // Some file systems say only now that there was no room.
        throw this.#failed('close', error);
      });
    }
  }

  #failed(doing: string, cause: unknown): FileError {
    return fileError(doing, this.#filename, cause, ` after ${this.bytesWritten} bytes`);
  }
}

/** Writes all of `parts`, however little the system takes at a time. */
export async function writeWhole(
  file: VectorWriter,
  parts: readonly Uint8Array[],
  onWritten: (bytes: number) => void,
): Promise<void> {
  let rest = parts.filter((part) => part.length > 0);
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    if (bytesWritten === 0) throw new Error('the system took nothing');
    onWritten(bytesWritten);
    rest = behind(rest, bytesWritten);
  }
}

function behind(parts: readonly Uint8Array[], taken: number): Uint8Array[] {
  let left = taken;
  let at = 0;
  while (at < parts.length && (parts[at] as Uint8Array).length <= left) left -= (parts[at++] as Uint8Array).length;
  const rest = parts.slice(at);
  if (left > 0) rest[0] = (rest[0] as Uint8Array).subarray(left);
  return rest;
}

/** Makes a new name in a folder outlast a loss of power. */
export async function syncFolder(filename: string): Promise<void> {
  const folder = await open(dirname(filename), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
