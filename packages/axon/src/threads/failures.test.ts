// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, it } from 'vitest';
import { type ComponentError, Pipeline } from '../index.js';
import { type Drive, drive } from '../testing/index.js';
import { closeWorkerPool, type ThreadSettings, threaded } from './index.js';

const at = (name: string) => new URL(`./test-components/${name}.mjs`, import.meta.url);
const failing = (how: string, settings: ThreadSettings = {}) =>
  threaded(at('failing'), { how }, { name: 'failing', ...settings });
const failureOf = (run: Drive<unknown, unknown>): Promise<ComponentError & { cause: Error }> =>
  run.done.then(
    () => expect.fail('it did not fail'),
    (error: ComponentError & { cause: Error }) => error,
  );

afterAll(closeWorkerPool);

describe('a thread that fails is an error of its component', () => {
  it('when it exits: with the code, and the place where the component was made', async () => {
    const { path, message, cause } = await failureOf(drive(failing('exits'), { inbox: [1] }));
    expect(path).toBe('Bench-1/failing');
    expect(message).toBe('Bench-1/failing: Expected its worker to outlive it but that exited with code 3');
    expect(cause).toMatchObject({ name: 'ThreadError', code: 'WORKER_EXITED' });
    expect(cause.stack).toContain('failures.test.ts');
  });

  it.each([
    ['uncaught', 'from nowhere'],
    ['rejects', 'unhandled'],
  ])('when something in it throws that nobody catches (%s)', async (how, message) => {
    const error = await failureOf(drive(failing(how), { inbox: [1] }));
    expect(error.path).toBe('Bench-1/failing');
    expect(error.cause.message).toBe(message);
    expect(error.cause.stack).toContain('failing.mjs');
    expect(error.cause.stack).toContain('failures.test.ts');
  });

  it('when it has no memory left, and nothing else does', async () => {
    const run = drive(failing('outOfMemory', { resourceLimits: { maxOldGenerationSizeMb: 16 } }), { inbox: [1] });
    const { path, cause } = await failureOf(run);
    expect(path).toBe('Bench-1/failing');
    expect(cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  });

  it('when what it throws is no error', async () => {
    const { message, cause } = await failureOf(drive(failing('throwsText'), { inbox: [1] }));
    expect(cause).toBe('just text');
    expect(message).toBe('Bench-1/failing: just text');
  });

  it('and the next component has a thread that works', async () => {
    await failureOf(drive(failing('exits'), { inbox: [1] }));
    const seen: unknown[] = [];
    await Pipeline([1, 2], threaded(at('echo')), (n: unknown) => seen.push(n)).run();
    expect(seen).toEqual([1, 2]);
  });
});

describe('a message that cannot cross names its box', () => {
  it.each([
    [
      'sendsFunction',
      /^Bench-1\/failing: outbox: Expected a message that can be cloned to another thread but received an object: .*could not be cloned/,
    ],
    [
      'sendsInstance',
      /^Bench-1\/failing: outbox: Expected .* but received a Detail, which would arrive without its class; register a message codec for it$/,
    ],
  ])('on the way from the worker (%s)', async (how, message) => {
    expect((await failureOf(drive(failing(how), { inbox: [1] }))).message).toMatch(message);
  });

  it.each([
    ['a function', () => {}, /inbox: Expected .* but received a function$/],
    ['a symbol', Symbol('s'), /inbox: Expected .* but received a symbol$/],
    [
      'an object with a function in it',
      { call: () => {} },
      /inbox: Expected .* but received an object: .*could not be cloned/,
    ],
    [
      'an instance',
      new (class Point {})(),
      /inbox: Expected .* but received a Point, which would arrive without its class/,
    ],
    ['detached bytes', detached(), /inbox: Expected .* but received a Uint8Array: .*detached/],
  ])('on the way to the worker: %s', async (_, message, expected) => {
    const run = drive(threaded(at('echo'), {}, { name: 'echo' }), { inbox: ['before', message, 'after'] });
    const error = await failureOf(run);
    expect(error.path).toBe('Bench-1/echo');
    expect(error.message.slice('Bench-1/echo: '.length)).toMatch(expected);
  });

  it('and what can only be disposed of is refused, and disposed of', async () => {
    let disposed = 0;
    const handle = { [Symbol.dispose]: () => disposed++ };
    const error = await failureOf(drive(threaded(at('echo')), { inbox: [handle] }));
    expect(error.message).toMatch(
      /but received an object with Symbol.dispose, for which no message codec is registered$/,
    );
    expect(disposed).toBe(1);
  });
});

describe('a thread that does not stop', () => {
  it.each(['spins', 'ignoresStop'])('is terminated after a deadline, and said so (%s)', async (how) => {
    const busy = new Int32Array(new SharedArrayBuffer(4));
    const settings = { name: 'failing', stopWithin: { ms: 20 } };
    const run = drive(threaded(at('failing'), { how, busy: busy.buffer }, settings), { inbox: [1] });
    while (Atomics.load(busy, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    run.abort();
    await expect(run.done).rejects.toThrow('was aborted');
    expect(run.logs.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'Bench-1/failing: did not end within 20 ms after it was stopped: its thread is terminated',
    ]);
  });
});

describe('a thread that goes on after the end of its streams when its graph was stopped', () => {
  it('is terminated when nothing came of it for as long as it has to end, and said so', async () => {
    const busy = new Int32Array(new SharedArrayBuffer(4));
    const settings = { name: 'failing', stopWithin: { ms: 20 } };
    const run = drive(threaded(at('failing'), { how: 'spins', busy: busy.buffer }, settings), { inbox: [1] });
    while (Atomics.load(busy, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    run.stop();
    await run.done;
    expect(run.logs.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'Bench-1/failing: did nothing for 20 ms after the end of its streams: its thread is terminated',
    ]);
  });
});

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
