// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { until } from '../testing/until.js';
import { PromptedFileReader } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-prompted-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const text = (messages: readonly Uint8Array[]) => messages.map((bytes) => new TextDecoder().decode(bytes));

describe('PromptedFileReader', () => {
  it('answers each request with as many bytes, and ends behind the end of the file', async () => {
    const run = drive(new PromptedFileReader(fileOf('bytes', 'abcdefgh')));
    run.inbox.send(3, 1);
    await until(() => run.outbox.messages.length === 2);
    run.inbox.send(100);
    await until(() => run.outbox.messages.length === 3);
    expect(text(run.outbox.messages)).toEqual(['abc', 'd', 'efgh']);
    for (const message of run.outbox.messages) expect(message.buffer.byteLength).toBe(message.length);
    run.inbox.send(1);
    await run.done;
    expect(run.outbox.messages.length).toBe(3);
  });

  it('reads nothing that nobody asked for', async () => {
    const run = drive(new PromptedFileReader(fileOf('lazy', 'abc')));
    await run.settle();
    expect(run.outbox.messages).toEqual([]);
    run.inbox.close();
    await run.done;
  });

  it('answers with whole lines, a part of the last one without a line feed included', async () => {
    const filename = fileOf('lines', 'one\ntwo\n\nfour\nfive');
    const run = drive(new PromptedFileReader({ filename, readmode: 'lines' }), { inbox: [1, 2, 1, 9, 1] });
    await run.done;
    expect(text(run.outbox.messages)).toEqual(['one\n', 'two\n\n', 'four\n', 'five']);
  });

  it('counts lines across the blocks it reads', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`);
    const filename = fileOf('many', lines.join(''));
    const requests = Array.from({ length: 301 }, () => 100);
    const run = drive(new PromptedFileReader({ filename, readmode: 'lines' }), { inbox: requests });
    await run.done;
    expect(run.outbox.messages.length).toBe(300);
    expect(text([run.outbox.messages[150] as Uint8Array])[0]).toBe(lines.slice(15_000, 15_100).join(''));
  });

  it('answers no further while its outbox is full', async () => {
    const filename = fileOf('held', new Uint8Array(1000));
    const run = drive(new PromptedFileReader(filename), { inbox: Array(1000).fill(1) }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages.length).toBe(1000);
  });

  it.each([0, -1, 1.5, '7', null])('refuses a request of %j', async (request) => {
    const run = drive(new PromptedFileReader(fileOf('wrong', 'abc')), { inbox: [request as never] });
    await expect(run.done).rejects.toThrow(
      `PromptedFileReader: Expected a whole number from 1 up for a request but received ${JSON.stringify(request)}`,
    );
  });

  it('answers a request for more than 16 MiB by several messages, and refuses lines that are longer together', async () => {
    const filename = fileOf('long', new Uint8Array(17 * 1024 * 1024));
    const run = drive(new PromptedFileReader(filename), { inbox: [2 ** 40] });
    await run.done;
    expect(run.outbox.messages.map((message) => message.length)).toEqual([16 * 1024 * 1024, 1024 * 1024]);
    const lines = drive(new PromptedFileReader({ filename, readmode: 'lines' }), { inbox: [2] });
    await expect(lines.done).rejects.toThrow(
      /PromptedFileReader-1: cannot read 2 lines of ".*long" at once: more than 16777216 bytes/,
    );
  });

  it('closes its file when it is stopped, and names one that is missing', async () => {
    const filename = fileOf('stopped', 'abc');
    const run = drive(new PromptedFileReader(filename));
    run.inbox.send(1);
    await until(() => run.outbox.messages.length === 1);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    if (listsDescriptors) expect(openDescriptors()).not.toContain(filename);
    const missing = drive(new PromptedFileReader(join(folder, 'missing')), { inbox: [1] });
    await expect(missing.done).rejects.toThrow(/PromptedFileReader-1: cannot open ".*missing": .*\(ENOENT\)/);
  });

  it('refuses an unknown readmode at construction', () => {
    expect(() => new PromptedFileReader({ filename: 'x', readmode: 'words' as never })).toThrow(
      `PromptedFileReader: Expected 'bytes' or 'lines' for readmode but received "words"`,
    );
  });
});
