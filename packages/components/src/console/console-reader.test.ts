// SPDX-License-Identifier: Apache-2.0
import { PassThrough, Readable } from 'node:stream';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { until } from '../testing/until.js';
import { ConsoleReader, type ConsoleReaderOptions } from './index.js';

/** A reader with streams of the test's own, and what it prompted. */
function readerOf(options: ConsoleReaderOptions = {}, held = false) {
  const input = new PassThrough();
  const output = new PassThrough();
  let prompted = '';
  output.on('data', (chunk) => {
    prompted += String(chunk);
  });
  const run = drive(new ConsoleReader({ input, output, ...options }), {}, { held });
  return { input, run, prompted: () => prompted };
}

describe('ConsoleReader', () => {
  it('sends each line with a line feed and ends with its input', async () => {
    const { input, run } = readerOf();
    input.end('one\r\ntwo\n\nüber');
    await run.done;
    expect(run.outbox.messages).toEqual(['one\n', 'two\n', '\n', 'über\n']);
  });

  it('ends lines with eol', async () => {
    const { input, run } = readerOf({ eol: '!' });
    input.end('one\ntwo\n');
    await run.done;
    expect(run.outbox.messages).toEqual(['one!', 'two!']);
  });

  it('sends a line as soon as it is there, and prompts for each', async () => {
    const { input, run, prompted } = readerOf({ prompt: '? ' });
    await until(() => prompted() === '? ');
    input.write('one\ntw');
    await until(() => run.outbox.messages.length === 1);
    await until(() => prompted() === '? ? ');
    input.write('o\n');
    await until(() => run.outbox.messages.length === 2);
    input.end();
    await run.done;
    expect(run.outbox.messages).toEqual(['one\n', 'two\n']);
    expect(prompted()).toBe('? ? ? ');
  });

  it('prompts with >>> when it was not told how, and not at all with an empty prompt', async () => {
    const usual = readerOf();
    usual.input.end();
    await usual.run.done;
    await until(() => usual.prompted() === '>>> ');
    const silent = readerOf({ prompt: '' });
    silent.input.end('x\n');
    await silent.run.done;
    expect(silent.prompted()).toBe('');
  });

  it('does not read on while its outbox is full', async () => {
    const { input, run } = readerOf({ prompt: '' }, true);
    let written = 0;
    while (written < 5000 && input.write(`line ${written}\n`)) written++;
    await run.settle();
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.outbox.inbox.length).toBe(64);
    expect(input.isPaused()).toBe(true);
    run.outbox.take();
    input.end();
    await run.done;
    expect(run.outbox.messages.length).toBe(written + 1);
    expect(run.outbox.messages.at(-1)).toBe(`line ${written}\n`);
  });

  it('refuses a line that does not end within 1 MiB', async () => {
    const { input, run } = readerOf();
    input.write(Buffer.alloc(1024 * 1024 + 1, 65));
    await expect(run.done).rejects.toThrow(/ConsoleReader-1: .*lines of at most 1048576 bytes/);
  });

  it('fails when its input fails', async () => {
    const { input, run } = readerOf();
    await run.settle();
    input.destroy(new Error('unplugged'));
    await expect(run.done).rejects.toThrow('ConsoleReader-1: unplugged');
  });

  it('ends when its input is destroyed without an error, behind the lines that had come', async () => {
    const { input, run } = readerOf();
    input.write('one\n');
    await until(() => run.outbox.messages.length === 1);
    input.destroy();
    await run.done;
    expect(run.outbox.messages).toEqual(['one\n']);
  });

  it('ends at once with an input that has ended already', async () => {
    const input = Readable.from(['x']);
    input.resume();
    await until(() => input.readableEnded);
    const run = drive(new ConsoleReader({ input, prompt: '' }));
    await run.done;
    expect(run.outbox.messages).toEqual([]);
  });

  it('leaves its input paused and without listeners when it is stopped', async () => {
    const { input, run } = readerOf();
    await run.settle();
    expect(input.listenerCount('data')).toBeGreaterThan(0);
    run.stop();
    await run.done;
    expect(input.isPaused()).toBe(true);
    const events = ['data', 'error', 'end', 'close'];
    expect(events.map((event) => [event, input.listenerCount(event)])).toEqual(
      events.map((event) => [event, new PassThrough().listenerCount(event)]),
    );
  });

  it('refuses a prompt that is no text', () => {
    expect(() => new ConsoleReader({ prompt: 5 as never })).toThrow(
      'ConsoleReader: Expected a string for prompt but received 5',
    );
  });
});
