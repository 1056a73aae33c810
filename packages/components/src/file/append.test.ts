// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { CountedBytes } from '../testing/disposable.js';
import { until } from '../testing/until.js';
import { Append } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-append-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, name);
const content = (name: string) => readFileSync(pathOf(name), 'utf8');

describe('Append', () => {
  it('writes behind what is there and passes every message on', async () => {
    writeFileSync(pathOf('log'), 'old ');
    const bytes = new TextEncoder().encode('two');
    const run = drive(new Append(pathOf('log')), { inbox: ['one ', bytes] });
    await run.done;
    expect(content('log')).toBe('old one two');
    expect(run.outbox.messages).toEqual(['one ', bytes]);
  });

  it('begins with an empty file when it is told so', async () => {
    writeFileSync(pathOf('blat'), 'old');
    await drive(new Append({ filename: pathOf('blat'), blatFile: true, holdOpen: false }), { inbox: ['a', 'b'] }).done;
    expect(content('blat')).toBe('ab');
  });

  it('keeps the messages to itself without forwarder, and disposes them', async () => {
    const bytes = new CountedBytes([65]);
    const run = drive(new Append({ filename: pathOf('quiet'), forwarder: false }), { inbox: [bytes] });
    await run.done;
    expect(run.outbox.messages).toEqual([]);
    expect(bytes.disposed).toBe(1);
    expect(content('quiet')).toBe('A');
  });

  it('writes to a new file when the old one was moved away, if it does not hold it open', async () => {
    const run = drive(new Append({ filename: pathOf('rotated'), holdOpen: false }));
    run.inbox.send('first');
    await until(() => run.outbox.messages.length === 1);
    if (listsDescriptors) await until(() => !openDescriptors().includes(pathOf('rotated')));
    await run.settle();
    renameSync(pathOf('rotated'), pathOf('rotated.1'));
    run.inbox.send('second');
    run.inbox.close();
    await run.done;
    expect([content('rotated.1'), content('rotated')]).toEqual(['first', 'second']);
  });

  it('makes its producer wait while its outbox is full', async () => {
    const messages = Array.from({ length: 500 }, (_, i) => `${i} `);
    const run = drive(new Append(pathOf('held')), { inbox: messages }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    expect(run.inbox.waiting).toBeGreaterThan(300);
    run.outbox.take();
    await run.done;
    expect(content('held')).toBe(messages.join(''));
  });

  it('closes the file when it is aborted', async () => {
    const run = drive(new Append(pathOf('aborted')));
    run.inbox.send('x');
    await until(() => run.outbox.messages.length === 1);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(content('aborted')).toBe('x');
    if (listsDescriptors) expect(openDescriptors()).not.toContain(pathOf('aborted'));
  });

  it('says that a file cannot be opened, with and without messages', async () => {
    for (const inbox of [[], ['x']]) {
      await expect(drive(new Append(folder), { inbox }).done).rejects.toThrow(
        /Append-1: cannot open ".*: .*\(EISDIR\)/,
      );
    }
  });

  it('refuses what is no message and no option', async () => {
    const run = drive(new Append(pathOf('wrong')), { inbox: [{} as never] });
    await expect(run.done).rejects.toThrow('Append: Expected Uint8Array or string for a message but received {}');
    expect(() => new Append({ filename: 'x', forwarder: 1 as never })).toThrow(
      'Append: Expected true or false for forwarder but received 1',
    );
  });
});
