// SPDX-License-Identifier: Apache-2.0
import { PassThrough, Writable } from 'node:stream';
import { Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { ConsoleEchoer } from './index.js';

/** A stream that keeps what is written, one write at a time, each when `take()` allows it. */
class SlowOutput extends Writable {
  readonly taken: string[] = [];
  #finish: ((error?: Error) => void) | undefined;

  constructor() {
    super({ highWaterMark: 4 });
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.taken.push(chunk.toString());
    this.#finish = done;
  }

  take(error?: Error): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(error);
  }
}

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? '');
}

const failing = (code: string) =>
  new Writable({
    write(_, __, done) {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });

describe('ConsoleEchoer', () => {
  it('writes text as it is, bytes as they are, and anything else as text', async () => {
    const output = new PassThrough();
    const run = drive(new ConsoleEchoer({ output }), { inbox: ['a', new Uint8Array([66, 10]), 7, ['c', 'd']] });
    await run.done;
    expect(textOf(output)).toBe('aB\n7c,d');
    expect(run.outbox.messages).toEqual([]);
    expect(output.writableEnded).toBe(false);
  });

  it('sends messages on as a forwarder', async () => {
    const output = new PassThrough();
    const run = drive(new ConsoleEchoer({ output, forwarder: true }), { inbox: [1, 2] });
    await run.done;
    expect(run.outbox.messages).toEqual([1, 2]);
    expect(textOf(output)).toBe('12');
  });

  it('shows what a message is made of, behind a tag', async () => {
    const output = new PassThrough();
    await drive(new ConsoleEchoer({ output, useRepr: true, tag: '\n> ' }), { inbox: ['a', { b: 1 }] }).done;
    expect(textOf(output)).toBe("\n> 'a'\n> { b: 1 }");
    await drive(new ConsoleEchoer({ output, tag: '> ' }), { inbox: [new Uint8Array([65])] }).done;
    expect(textOf(output)).toBe('> A');
  });

  it('takes messages only as fast as the output does, and ends when all is written', async () => {
    const output = new SlowOutput();
    const echoer = new ConsoleEchoer({ output });
    let sent = 0;
    const source = function* () {
      for (; sent < 300; sent++) yield `${sent}\n`;
    };
    const run = Pipeline(source(), echoer).activate();
    let ended = false;
    run.done.then(() => {
      ended = true;
    });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(output.taken.length).toBe(1);
    expect(sent).toBeLessThan(80);
    while (!ended) {
      output.take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(output.taken.join('')).toBe(Array.from({ length: 300 }, (_, i) => `${i}\n`).join(''));
    expect(['drain', 'error', 'close'].map((event) => output.listenerCount(event))).toEqual([0, 0, 0]);
  });

  it('ends quietly, and with it its producer, when the reader of the output has gone', async () => {
    const endless = function* () {
      for (;;) yield 'more\n';
    };
    await Pipeline(endless(), new ConsoleEchoer({ output: failing('EPIPE') })).run();
  });

  it('ends quietly when its output is closed', async () => {
    const output = new SlowOutput();
    const run = drive(new ConsoleEchoer({ output }));
    run.inbox.send('a');
    await new Promise((resolve) => setImmediate(resolve));
    output.destroy();
    await run.done;
  });

  it('fails when writing fails', async () => {
    const run = drive(new ConsoleEchoer({ output: failing('ENOSPC') }), { inbox: ['x'] });
    await expect(run.done).rejects.toThrow('ConsoleEchoer-1: write ENOSPC');
  });

  it('hears an error that comes after it was stopped, and lets go of the output afterwards', async () => {
    const output = new SlowOutput();
    const run = drive(new ConsoleEchoer({ output }));
    run.inbox.send('x');
    await new Promise((resolve) => setImmediate(resolve));
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(output.listenerCount('error')).toBe(1);
    output.take();
    await new Promise((resolve) => setImmediate(resolve));
    expect(output.listenerCount('error')).toBe(0);
  });

  it('disposes what it has written', async () => {
    let disposed = 0;
    const message = { toString: () => 'm', [Symbol.dispose]: () => disposed++ };
    await drive(new ConsoleEchoer({ output: new PassThrough() }), { inbox: [message] }).done;
    expect(disposed).toBe(1);
  });

  it('refuses a forwarder that is neither true nor false', () => {
    expect(() => new ConsoleEchoer({ forwarder: 'yes' as never })).toThrow(
      'ConsoleEchoer: Expected true or false for forwarder but received "yes"',
    );
  });
});
