// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComponentError, Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { until } from '../testing/until.js';
import { FileError, ReadFileAdaptor } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-read-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

const descriptorsOf = (path: string) => openDescriptors().filter((open) => open === path).length;

const text = (messages: readonly Uint8Array[]) => messages.map((bytes) => new TextDecoder().decode(bytes));

describe('ReadFileAdaptor without a bitrate', () => {
  it('sends the whole file in blocks, each with a buffer of its own', async () => {
    const content = pattern(200_000);
    const run = drive(new ReadFileAdaptor(fileOf('blocks', content)));
    await run.done;
    expect(run.outbox.messages.map((m) => m.length)).toEqual([65_536, 65_536, 65_536, 3392]);
    expect(Buffer.concat(run.outbox.messages).equals(content)).toBe(true);
    for (const block of run.outbox.messages) {
      expect(block.constructor).toBe(Uint8Array);
      expect(block.buffer.byteLength).toBe(block.byteLength);
    }
    expect(run.outbox.timesMs).toEqual([0, 0, 0, 0]);
  });

  it('takes another size for its blocks', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('small', 'abcdefgh'), chunksize: 3 }));
    await run.done;
    expect(text(run.outbox.messages)).toEqual(['abc', 'def', 'gh']);
  });

  it('sends nothing of an empty file and ends', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('empty', '') }));
    await run.done;
    expect(run.outbox.messages).toEqual([]);
  });

  it('reads no further than its consumer takes', async () => {
    const filename = fileOf('long', pattern(1_000_000));
    const run = drive(new ReadFileAdaptor({ filename, chunksize: 1000 }), {}, { held: true });
    await run.settle();
    run.outbox.take(10);
    await run.settle();
    expect(run.outbox.messages.length).toBe(10);
    expect(run.outbox.inbox.length).toBeLessThanOrEqual(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages.length).toBe(1000);
  });

  it('sends lines with their line feeds, across blocks, and the last one without', async () => {
    const filename = fileOf('lines', 'one\n\ntwo three\nfour');
    const run = drive(new ReadFileAdaptor({ filename, readmode: 'line', chunksize: 4 }));
    await run.done;
    expect(text(run.outbox.messages)).toEqual(['one\n', '\n', 'two three\n', 'four']);
  });

  it('refuses a line over the limit and names the option', async () => {
    const filename = fileOf('no-lines', pattern(5000).fill(65));
    const run = drive(new ReadFileAdaptor({ filename, readmode: 'line', maxLineLength: 4000, chunksize: 1000 }));
    await expect(run.done).rejects.toThrow(/ReadFileAdaptor-1: .*more than 4000 bytes \(option maxLineLength\)/);
  });
});

describe('ReadFileAdaptor at a bitrate', () => {
  it('sends bitrate / 8 / chunkrate bytes every 1 / chunkrate seconds, the first at once', async () => {
    const content = pattern(100);
    const run = drive(new ReadFileAdaptor({ filename: fileOf('paced', content), bitrate: 800, chunkrate: 4 }));
    await run.finish();
    expect(run.outbox.messages.map((m) => m.length)).toEqual([25, 25, 25, 25]);
    expect(run.outbox.timesMs).toEqual([0, 250, 500, 750]);
    expect(Buffer.concat(run.outbox.messages).equals(content)).toBe(true);
  });

  it('carries fractions of a byte on', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('thirds', pattern(200)), bitrate: 800, chunkrate: 3 }));
    await run.finish();
    expect(run.outbox.messages.map((m) => m.length)).toEqual([33, 33, 34, 33, 33, 34]);
  });

  it('keeps 400000 bit/s at the default of 24 messages a second without drifting', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('article', pattern(500_000)), bitrate: 400_000 }));
    await run.advance({ ms: 5000 });
    const sent = run.outbox.messages.reduce((sum, m) => sum + m.length, 0);
    // 121 messages: those of 5 s and the one at its very end.
    expect(run.outbox.messages.length).toBe(121);
    expect(sent).toBe(Math.floor((121 * 400_000) / 8 / 24));
    expect(run.outbox.timesMs[120]).toBeCloseTo(5000, 6);
    run.stop();
    await run.done;
  });

  it('takes chunksize in place of chunkrate', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('sized', pattern(100)), bitrate: 800, chunksize: 40 }));
    await run.finish();
    expect(run.outbox.messages.map((m) => m.length)).toEqual([40, 40, 20]);
    expect(run.outbox.timesMs).toEqual([0, 400, 800]);
  });

  it('does not make up for time in which its outbox was full', async () => {
    const filename = fileOf('stalled', pattern(1000));
    const run = drive(new ReadFileAdaptor({ filename, bitrate: 80, chunkrate: 1 }), {}, { held: true });
    await run.advance({ ms: 100_000 });
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.advance({ ms: 3000 });
    // The 64 that waited and the one it held come at 100 s, then one each second.
    expect(run.outbox.messages.length).toBe(68);
    expect(run.outbox.timesMs.slice(63)).toEqual([100_000, 100_000, 101_000, 102_000, 103_000]);
    run.stop();
    await run.done;
  });
});

describe('ReadFileAdaptor in trouble', () => {
  it('names a missing file and its own path', async () => {
    const run = Pipeline(new ReadFileAdaptor(join(folder, 'missing.drc')), () => {}).run();
    const error = await run.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, path, cause } = error as ComponentError;
    expect(path).toMatch(/^Pipeline-\d+\/ReadFileAdaptor-\d+$/);
    expect(message).toBe(
      `${path}: cannot open ${JSON.stringify(join(folder, 'missing.drc'))}: no such file or directory (ENOENT)`,
    );
    expect(cause).toBeInstanceOf(FileError);
    expect((cause as FileError).code).toBe('ENOENT');
  });

  it('says that a folder is no file', async () => {
    await expect(drive(new ReadFileAdaptor(folder)).done).rejects.toThrow(/cannot read ".*": .*\(EISDIR\)/);
  });

  it.skipIf(!listsDescriptors).each(['at its end', 'stopped', 'aborted', 'its consumer ends'])(
    'closes the file: %s',
    async (how) => {
      const filename = fileOf('closed', pattern(100_000));
      const paced = { filename, bitrate: 80_000, chunkrate: 10 };
      if (how === 'its consumer ends') {
        let failed = false;
        const reader = new ReadFileAdaptor(paced);
        const done = Pipeline(reader, () => {
          failed = true;
          throw new Error('enough');
        }).run();
        await expect(done).rejects.toThrow('enough');
        expect(failed).toBe(true);
      } else {
        const run = drive(new ReadFileAdaptor(how === 'at its end' ? filename : paced));
        await run.settle();
        if (how === 'at its end') await run.done;
        else expect(descriptorsOf(filename)).toBe(1);
        if (how === 'stopped') {
          run.stop();
          await run.done;
        }
        if (how === 'aborted') {
          run.abort(new Error('over'));
          await expect(run.done).rejects.toThrow('over');
        }
      }
      await until(() => descriptorsOf(filename) === 0);
    },
  );

  it.skipIf(!listsDescriptors)('closes a file that was being opened when it was stopped', async () => {
    const filename = fileOf('early', pattern(10));
    const reader = new ReadFileAdaptor({ filename, bitrate: 8000 });
    const run = reader.activate();
    await Promise.resolve();
    await Promise.resolve();
    run.abort(new Error('early'));
    await expect(run.done).rejects.toThrow('early');
    await until(() => descriptorsOf(filename) === 0);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['no file name', { filename: 7 }, /^ReadFileAdaptor: Expected a non-empty string for filename but received 7$/],
    ['nothing', undefined, /^ReadFileAdaptor: Expected an object of options but received undefined$/],
    ['a bitrate of 0', { filename: 'x', bitrate: 0 }, /above 0 for bitrate but received 0/],
    ['a text as bitrate', { filename: 'x', bitrate: '4' }, /Expected a number for bitrate but received "4"/],
    [
      'both sizes',
      { filename: 'x', bitrate: 8, chunksize: 1, chunkrate: 1 },
      /chunksize or chunkrate but received both/,
    ],
    ['chunks below a byte', { filename: 'x', bitrate: 8, chunkrate: 2 }, /Expected a chunkrate at which 8 bit\/s/],
    ['an unknown mode', { filename: 'x', readmode: 'fast' }, /'bitrate', 'block' or 'line' for readmode/],
    ['a bitrate for lines', { filename: 'x', readmode: 'line', bitrate: 8 }, /no bitrate for readmode 'line'/],
    ['a chunkrate for blocks', { filename: 'x', chunkrate: 8 }, /no chunkrate for readmode 'block'/],
    ['a chunk of 0 bytes', { filename: 'x', chunksize: 0 }, /from 1 to 16777216 for chunksize but received 0/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new ReadFileAdaptor(options as string)).toThrow(message);
  });
});

describe('ReadFileAdaptor with repeat', () => {
  it('begins again at the end, for as long as anybody takes it', async () => {
    const run = drive(
      new ReadFileAdaptor({ filename: fileOf('again', 'abcde'), chunksize: 3, repeat: true }),
      {},
      { held: true },
    );
    await run.settle();
    for (let taken = 0; taken < 100; taken += 10) {
      run.outbox.take(10);
      await run.settle();
    }
    expect(run.outbox.messages.length).toBe(100);
    expect(text(run.outbox.messages.slice(0, 6))).toEqual(['abc', 'de', 'abc', 'de', 'abc', 'de']);
    run.abort();
    await run.done.catch(() => {});
  });

  it('keeps its pace across the end of the file', async () => {
    const options = { filename: fileOf('paced', '0123456789'), bitrate: 80, chunksize: 4, repeat: true };
    const run = drive(new ReadFileAdaptor(options));
    await run.advance({ ms: 2600 });
    // 4 bytes at 10 bytes a second are due every 400 ms.
    expect(text(run.outbox.messages)).toEqual(['0123', '4567', '89', '0123', '4567', '89', '0123']);
    expect(run.outbox.timesMs).toEqual([0, 400, 800, 1200, 1600, 2000, 2400]);
    run.abort();
    await run.done.catch(() => {});
  });

  it('repeats lines, the last one without a line feed too', async () => {
    const filename = fileOf('lines-again', 'one\ntwo');
    const run = drive(new ReadFileAdaptor({ filename, readmode: 'line', repeat: true }), {}, { held: true });
    await run.settle();
    run.outbox.take(5);
    await run.settle();
    expect(text(run.outbox.messages.slice(0, 5))).toEqual(['one\n', 'two', 'one\n', 'two', 'one\n']);
    run.abort();
    await run.done.catch(() => {});
  });

  it('ends all the same with an empty file', async () => {
    const run = drive(new ReadFileAdaptor({ filename: fileOf('nothing', ''), repeat: true }));
    await run.done;
    expect(run.outbox.messages).toEqual([]);
  });
});
