// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../bytes.js';
import { optionsObject, shown, trueOrFalse } from '../options.js';
import { FileError, fileError } from './file-error.js';
import { FileWriter, syncFolder } from './file-writer.js';

/** A job of {@link WholeFileWriter}: the file's path and all that shall be in it. */
export type WholeFile = readonly [filename: string, contents: Sendable];

/** Options of {@link WholeFileWriter}. */
export interface WholeFileWriterOptions {
  /** Whether a file is on the disk before `'done'` is sent. Default false. */
  readonly fsync?: boolean;
}

const PERMISSIONS = 0o7777;
const NEW_FILE = 0o666;

/**
 * Writes a file for each message, one after the other, and says `'done'` to each.
 *
 * A file is written under another name in the same folder and then given its own: whoever reads it sees what was there
 * before or all of the new, and an error leaves what was there. It keeps the permissions of the file that it replaces;
 * a symbolic link stays one. What is no file (a pipe, a device) is written to directly.
 *
 * A file that cannot be written ends the graph with a `FileError`. When the component is aborted, the file that is
 * being written is still finished.
 *
 * `inbox`: `[filename, contents]`, the contents a `Uint8Array`, or a string as UTF-8. `outbox`: `'done'` for each
 * message, in their order.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { WholeFileWriter } from '@kamaelia/components/file';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const jobs = [[join(tmpdir(), 'one.txt'), 'first'], [join(tmpdir(), 'two.txt'), 'second']];
 * await Pipeline(jobs, new WholeFileWriter(), (done) => console.log(done)).run();
 */
export class WholeFileWriter extends Component {
  readonly inbox = this.in<WholeFile>('inbox');
  readonly outbox = this.out<'done'>('outbox');
  readonly #fsync: boolean;

  constructor(options: WholeFileWriterOptions = {}) {
    super();
    const owner = 'WholeFileWriter';
    this.#fsync = trueOrFalse(owner, 'fsync', optionsObject(owner, options, ['fsync']).fsync ?? false);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let job: Job | undefined;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          job = new Job(inbox.recv(), this.#fsync);
          yield* this.until(job.done);
          job = undefined;
          outbox.send('done');
        }
        yield;
      }
    } finally {
      if (job?.endsByItself) yield job.done;
    }
  }
}

/** One file being written. */
class Job {
  readonly done: Promise<void>;
  /** Nobody should wait for a pipe that is not read. */
  endsByItself = true;

  constructor(message: WholeFile, fsync: boolean) {
    const [filename, contents] = checked(message);
    this.done = this.#write(filename, bytesOf('WholeFileWriter', contents), fsync).finally(() => {
      disposeMessage(contents);
    });
    // The component may be stopped before it fails.
    this.done.catch(() => {});
  }

  async #write(filename: string, contents: Uint8Array, fsync: boolean): Promise<void> {
    let there: Stats | undefined;
    // Behind symbolic links, which are to stay.
    const target = await realpath(filename).catch(() => filename);
    try {
      there = await stat(target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('write', filename, error);
    }
    if (there !== undefined && !there.isFile()) {
      this.endsByItself = there.isDirectory();
      await written(new FileWriter(filename, 'w'), contents, false);
      return;
    }
    const temporary = join(dirname(target), `.kamaelia-${randomBytes(8).toString('hex')}.tmp`);
    const permissions = there === undefined ? NEW_FILE : there.mode & PERMISSIONS;
    try {
      await written(new FileWriter(temporary, 'wx', permissions), contents, fsync);
      // The process's mask was taken from those it was made with.
      if (there !== undefined) await chmod(temporary, permissions);
      await rename(temporary, target);
      if (fsync) await syncFolder(target);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      // The name that was asked for is of more use than the temporary one.
      throw fileError('write', filename, error instanceof FileError ? error.cause : error);
    }
  }
}

async function written(writer: FileWriter, contents: Uint8Array, fsync: boolean): Promise<void> {
  try {
    await writer.open();
    await writer.write([contents]);
    if (fsync) await writer.sync();
  } finally {
    await writer.close();
  }
}

function checked(message: WholeFile): WholeFile {
  if (Array.isArray(message) && message.length === 2 && typeof message[0] === 'string' && message[0] !== '') {
    return message;
  }
  throw new TypeError(`WholeFileWriter: Expected [filename, contents] for a message but received ${shown(message)}`);
}
