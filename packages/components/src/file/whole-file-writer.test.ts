// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive } from '@kamaelia/axon/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountedBytes } from '../testing/disposable.js';
import { until } from '../testing/until.js';
import { type WholeFile, WholeFileWriter } from './index.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, name);
const content = (name: string) => readFileSync(pathOf(name), 'utf8');

describe('WholeFileWriter', () => {
  it('writes each file and says done to each, in order', async () => {
    const jobs: WholeFile[] = [
      [pathOf('a'), 'text'],
      [pathOf('b'), Uint8Array.of(66)],
      [pathOf('a'), 'shorter'.slice(0, 2)],
      [pathOf('empty'), ''],
    ];
    const run = drive(new WholeFileWriter(), { inbox: jobs });
    await run.done;
    expect(run.outbox.messages).toEqual(['done', 'done', 'done', 'done']);
    expect([content('a'), content('b'), content('empty')]).toEqual(['sh', 'B', '']);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'empty']);
  });

  it('writes the same with fsync', async () => {
    await drive(new WholeFileWriter({ fsync: true }), { inbox: [[pathOf('safe'), 'x']] }).done;
    expect(content('safe')).toBe('x');
  });

  it('never shows half a file to a reader', async () => {
    const size = 8_000_000;
    writeFileSync(pathOf('seen'), Buffer.alloc(size, 1));
    const run = drive(new WholeFileWriter(), { inbox: [[pathOf('seen'), new Uint8Array(size).fill(2)]] });
    const sizes = new Set<number>();
    await until(() => {
      sizes.add(statSync(pathOf('seen')).size);
      return run.outbox.messages.length === 1;
    });
    expect([...sizes]).toEqual([size]);
    expect(readFileSync(pathOf('seen'))[size - 1]).toBe(2);
  });

  it('keeps permissions and symbolic links', async () => {
    writeFileSync(pathOf('private'), 'old');
    chmodSync(pathOf('private'), 0o600);
    symlinkSync(pathOf('private'), pathOf('link'));
    await drive(new WholeFileWriter(), { inbox: [[pathOf('link'), 'new']] }).done;
    expect(lstatSync(pathOf('link')).isSymbolicLink()).toBe(true);
    expect(content('private')).toBe('new');
    expect(statSync(pathOf('private')).mode & 0o777).toBe(0o600);
  });

  it('leaves what was there, and nothing else, when it cannot write', async () => {
    writeFileSync(pathOf('there'), 'old');
    const inside = join(pathOf('there'), 'inside');
    const run = drive(new WholeFileWriter(), { inbox: [[inside, 'x']] });
    await expect(run.done).rejects.toThrow(/WholeFileWriter-1: cannot write ".*inside": not a directory \(ENOTDIR\)/);
    const missing = drive(new WholeFileWriter(), { inbox: [[join(folder, 'no', 'file'), 'x']] });
    await expect(missing.done).rejects.toThrow(/cannot write ".*no\/file": no such file or directory \(ENOENT\)/);
    await expect(drive(new WholeFileWriter(), { inbox: [[folder, 'x']] }).done).rejects.toThrow(/\(EISDIR\)/);
    expect(content('there')).toBe('old');
    expect(readdirSync(folder)).toEqual(['there']);
  });

  it.skipIf(!existsSync('/dev/full'))('says that a device has no room', async () => {
    const run = drive(new WholeFileWriter(), { inbox: [['/dev/full', 'x']] });
    await expect(run.done).rejects.toThrow(/cannot write "\/dev\/full" after 0 bytes: no space left on device/);
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  it('finishes the file it is at when it is aborted, and disposes the rest', async () => {
    const writer = new WholeFileWriter();
    const run = drive(writer);
    const contents = [new CountedBytes(20_000_000).fill(7), new CountedBytes(1)] as CountedBytes[];
    run.inbox.send([pathOf('first'), contents[0] as CountedBytes]);
    await until(() => readdirSync(folder).length === 1);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(readdirSync(folder)).toEqual(['first']);
    expect(statSync(pathOf('first')).size).toBe(20_000_000);
    expect(contents[0]?.disposed).toBe(1);
  });

  it('begins no further file while its outbox is full', async () => {
    const jobs = Array.from({ length: 200 }, (_, i): WholeFile => [pathOf(`${i}`), 'x']);
    const run = drive(new WholeFileWriter(), { inbox: jobs }, { held: true });
    await run.settle();
    expect(readdirSync(folder).length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(readdirSync(folder).length).toBe(200);
  });

  it.each([
    [['x'], '["x"]'],
    ['x', '"x"'],
    [['', 'x'], '["","x"]'],
    [[1, 'x'], '[1,"x"]'],
  ])('refuses %j as a job', async (job, shown) => {
    const run = drive(new WholeFileWriter(), { inbox: [job as never] });
    await expect(run.done).rejects.toThrow(
      `WholeFileWriter: Expected [filename, contents] for a message but received ${shown}`,
    );
  });
});
