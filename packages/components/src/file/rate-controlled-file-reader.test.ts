// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RateControlledFileReader } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-rate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const text = (messages: readonly Uint8Array[]) => messages.map((bytes) => new TextDecoder().decode(bytes));

describe('RateControlledFileReader', () => {
  it('reads so many bytes a second and ends with the file', async () => {
    const run = drive(RateControlledFileReader({ filename: fileOf('bytes', '0123456789'), rate: 4, chunksize: 4 }));
    await run.finish();
    expect(text(run.outbox.messages)).toEqual(['0123', '4567', '89']);
    expect(run.outbox.timesMs).toEqual([0, 1000, 2000]);
  });

  it('reads so many lines a second', async () => {
    const filename = fileOf('lines', 'one\ntwo\nthree\nfour\nfive');
    const run = drive(RateControlledFileReader({ filename, readmode: 'lines', rate: 4, chunkrate: 2 }));
    await run.finish();
    expect(text(run.outbox.messages)).toEqual(['one\ntwo\n', 'three\nfour\n', 'five']);
    expect(run.outbox.timesMs).toEqual([0, 500, 1000]);
  });

  it('fails when there is no such file, and refuses what it does not know', async () => {
    const run = drive(RateControlledFileReader({ filename: join(folder, 'missing') }));
    await expect(run.finish()).rejects.toThrow(/PromptedFileReader-1: cannot open ".*missing"/);
    expect(() => RateControlledFileReader({ filename: 'x', bitrate: 5 } as never)).toThrow(
      /^RateControlledFileReader: Expected the name of an option but received bitrate/,
    );
    expect(() => RateControlledFileReader({ filename: 'x', rate: 0 })).toThrow(/for rate but received 0/);
  });
});
