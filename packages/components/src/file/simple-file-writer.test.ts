// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComponentError, Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { CountedBytes } from '../testing/disposable.js';
import { until } from '../testing/until.js';
import { FileWriter, writeWhole } from './file-writer.js';
import { FileError, ReadFileAdaptor, SimpleFileWriter } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-write-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, name);
const content = (name: string) => readFileSync(pathOf(name), 'utf8');

describe('SimpleFileWriter', () => {
  it('writes bytes and text one behind the other and ends with its inbox', async () => {
    const writer = new SimpleFileWriter(pathOf('plain'));
    await drive(writer, { inbox: ['one ', new TextEncoder().encode('two '), '', 'zwölf'] }).done;
    expect(content('plain')).toBe('one two zwölf');
    expect(writer.bytesWritten).toBe(14);
  });

  it('makes an empty file of an empty stream', async () => {
    await drive(new SimpleFileWriter(pathOf('empty')), { inbox: [] }).done;
    expect(content('empty')).toBe('');
  });

  it('empties a file that is there, or writes behind it, or refuses it', async () => {
    const filename = pathOf('modes');
    writeFileSync(filename, 'something that was there');
    await drive(new SimpleFileWriter({ filename }), { inbox: ['a'] }).done;
    expect(content('modes')).toBe('a');
    await drive(new SimpleFileWriter({ filename, mode: 'a' }), { inbox: ['b'] }).done;
    await drive(new SimpleFileWriter({ filename, mode: 'ab' }), { inbox: ['c'] }).done;
    expect(content('modes')).toBe('abc');
    const run = drive(new SimpleFileWriter({ filename, mode: 'x' }), { inbox: ['d'] });
    await expect(run.done).rejects.toThrow(/cannot open ".*modes": file already exists \(EEXIST\)/);
    expect(content('modes')).toBe('abc');
  });

  it('writes the same whether it syncs or not', async () => {
    await drive(new SimpleFileWriter({ filename: pathOf('synced'), fsync: true }), { inbox: ['safe'] }).done;
    expect(content('synced')).toBe('safe');
  });

  it('copies a long file of many blocks exactly', async () => {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    writeFileSync(pathOf('source'), bytes);
    const source = new ReadFileAdaptor({ filename: pathOf('source'), chunksize: 1000 });
    await Pipeline(source, new SimpleFileWriter(pathOf('copy'))).run();
    expect(readFileSync(pathOf('copy')).equals(bytes)).toBe(true);
  });

  it('keeps no more waiting than its inbox holds', async () => {
    const writer = new SimpleFileWriter(pathOf('bounded'));
    const run = drive(writer);
    run.inbox.send(...Array.from({ length: 1000 }, () => new Uint8Array(1000)));
    let most = 0;
    await until(() => {
      most = Math.max(most, writer.inbox.length);
      return run.inbox.waiting === 0;
    });
    expect(most).toBeLessThanOrEqual(64);
    run.inbox.close();
    await run.done;
    expect(writer.bytesWritten).toBe(1_000_000);
  });

  it('disposes what it has written, and what it never wrote', async () => {
    const written = new CountedBytes(3);
    await drive(new SimpleFileWriter(pathOf('disposed')), { inbox: [written] }).done;
    expect(written.disposed).toBe(1);
    const late = Array.from({ length: 100 }, () => new CountedBytes(3));
    const run = drive(new SimpleFileWriter(join(folder, 'missing', 'file')), { inbox: late });
    await expect(run.done).rejects.toThrow(/ENOENT/);
    expect(late.slice(0, 64).every((bytes) => bytes.disposed === 1)).toBe(true);
  });

  it('writes what waits when it is stopped in order', async () => {
    const run = drive(new SimpleFileWriter(pathOf('stopped')));
    run.inbox.send('all ', 'of ', 'it');
    await run.settle();
    run.stop();
    await run.done;
    expect(content('stopped')).toBe('all of it');
  });

  it('writes every message that it took whole, also when it is aborted meanwhile', async () => {
    const writer = new SimpleFileWriter(pathOf('aborted'));
    const run = drive(writer);
    run.inbox.send(...Array.from({ length: 20 }, (_, i) => new Uint8Array(1_000_000).fill(i)));
    await until(() => run.inbox.waiting === 0 && writer.inbox.length === 0);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    const bytes = readFileSync(pathOf('aborted'));
    expect(bytes.length).toBe(20_000_000);
    expect(bytes.at(-1)).toBe(19);
    if (listsDescriptors) expect(openDescriptors()).not.toContain(pathOf('aborted'));
  });
});

describe('SimpleFileWriter in trouble', () => {
  it('names the file and its own path when it cannot be opened', async () => {
    const filename = join(folder, 'missing', 'file');
    const error: unknown = await Pipeline(['x'], new SimpleFileWriter(filename))
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, path, cause } = error as ComponentError;
    expect(path).toMatch(/^Pipeline-\d+\/SimpleFileWriter-\d+$/);
    expect(message).toBe(`${path}: cannot open ${JSON.stringify(filename)}: no such file or directory (ENOENT)`);
    expect((cause as FileError).code).toBe('ENOENT');
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full, and after how many bytes', async () => {
    const run = drive(new SimpleFileWriter('/dev/full'), { inbox: ['too much'] });
    await expect(run.done).rejects.toThrow(
      /SimpleFileWriter-1: cannot write "\/dev\/full" after 0 bytes: no space left on device \(ENOSPC\)/,
    );
    const error = await run.done.catch((e: ComponentError) => e.cause);
    expect(error).toBeInstanceOf(FileError);
  });

  it('writes what came before a message that is neither bytes nor text', async () => {
    const run = drive(new SimpleFileWriter(pathOf('wrong')), { inbox: ['good', 7 as never, 'never'] });
    await expect(run.done).rejects.toThrow(
      'SimpleFileWriter: Expected Uint8Array or string for a message but received 7',
    );
    expect(content('wrong')).toBe('good');
  });

  it.skipIf(process.platform === 'win32')(
    'can be aborted while nobody opens, or reads, the pipe it writes',
    async () => {
      const pipe = pathOf('pipe');
      execFileSync('mkfifo', [pipe]);
      const unopened = drive(new SimpleFileWriter(pipe), { inbox: ['x'] });
      await Promise.resolve();
      unopened.abort(new Error('over'));
      await expect(unopened.done).rejects.toThrow('over');
      const reader = new FileWriter(pipe, 'r+');
      await reader.open();
      const stuck = new SimpleFileWriter(pipe);
      const run = drive(stuck, { inbox: [new Uint8Array(10_000_000)] });
      await until(() => stuck.inbox.length === 0 && run.inbox.drained);
      run.abort(new Error('over'));
      await expect(run.done).rejects.toThrow('over');
      // Lets the write go that is stuck in the system, and with it the descriptor.
      execFileSync('sh', ['-c', `head -c 10000000 ${JSON.stringify(pipe)} > /dev/null`]);
      await reader.close();
      if (listsDescriptors) await until(() => !openDescriptors().includes(pipe));
    },
  );

  const wrong: [string, unknown, RegExp][] = [
    ['no file name', { filename: '' }, /^SimpleFileWriter: Expected a non-empty string for filename but received ""$/],
    ['nothing', undefined, /^SimpleFileWriter: Expected an object of options but received undefined$/],
    ['an unknown mode', { filename: 'x', mode: 'r' }, /Expected 'w', 'a' or 'x' for mode but received "r"/],
    ['a name of every object as mode', { filename: 'x', mode: 'toString' }, /for mode but received "toString"/],
    ['a text as fsync', { filename: 'x', fsync: 'yes' }, /true or false for fsync but received "yes"/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new SimpleFileWriter(options as string)).toThrow(message);
  });
});

describe('writeWhole', () => {
  it('goes on behind what a system took that takes little at a time', async () => {
    const taken: number[] = [];
    const reluctant = {
      writev: async (parts: Uint8Array[]) => {
        const all = Buffer.concat(parts).subarray(0, (taken.length % 3) + 1);
        taken.push(...all);
        return { bytesWritten: all.length };
      },
    };
    let counted = 0;
    const parts = [[1, 2, 3], [], [4], [5, 6, 7, 8]].map((bytes) => Uint8Array.from(bytes));
    await writeWhole(reluctant, parts, (bytes) => {
      counted += bytes;
    });
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(counted).toBe(8);
  });

  it('does not try for ever what the system never takes', async () => {
    const never = { writev: async () => ({ bytesWritten: 0 }) };
    await expect(writeWhole(never, [new Uint8Array(1)], () => {})).rejects.toThrow('took nothing');
  });
});
