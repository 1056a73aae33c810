// SPDX-License-Identifier: Apache-2.0
import { AssertionError } from 'node:assert';
import { ComponentError } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { Comparator, TestResult } from './index.js';

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe('Comparator', () => {
  it('169. sends true for each pair that is equal', async () => {
    const run = drive(new Comparator(), { inA: ['blah', ...numbers(100)], inB: ['blah', ...numbers(100)] });
    await run.done;
    expect(run.outbox.messages).toEqual(Array(101).fill(true));
  });

  it('169. sends false for each pair that is not', async () => {
    const run = drive(new Comparator(), { inA: ['blah', ...numbers(100)], inB: ['bling', ...numbers(100, 1)] });
    await run.done;
    expect(run.outbox.messages).toEqual(Array(101).fill(false));
  });

  it('169. waits while only one stream has messages, and holds that back', async () => {
    const run = drive(new Comparator());
    run.input('inA').send(...numbers(100));
    await run.settle();
    expect(run.outbox.messages).toEqual([]);
    expect(run.input('inA').waiting).toBe(36);
    run.input('inB').send(...numbers(99), 'other');
    await run.settle();
    expect(run.outbox.messages).toEqual([...Array(99).fill(true), false]);
    run.stop();
    await run.finish();
  });

  it.each([
    [Buffer.from([1, 2]), Uint8Array.of(1, 2), true],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 3), false],
    [Uint8Array.of(1, 2), Uint8Array.of(1), false],
    [[1, { a: ['x'] }], [1, { a: ['x'] }], true],
    [[1], [1, undefined], false],
    [0, -0, true],
    [Number.NaN, Number.NaN, true],
    [1, '1', false],
    [null, undefined, false],
  ])('compares %o with %o: %s', async (a, b, equal) => {
    const run = drive(new Comparator(), { inA: [a], inB: [b] });
    await run.done;
    expect(run.outbox.messages).toEqual([equal]);
  });

  it('ends with the shorter stream and disposes what the other has more', async () => {
    const ledger = new Ledger();
    const messages = ['a', 'b', 'c'].map((name) => ledger.single(name));
    const run = drive(new Comparator(), { inB: messages });
    run.input('inA').send(1);
    await run.settle();
    run.input('inA').close();
    await run.done;
    expect(run.outbox.messages).toEqual([false]);
    expect(ledger.held).toBe(0);
  });

  it('sends what combine of a subclass gives, and disposes only the rest', async () => {
    const ledger = new Ledger();
    class Later extends Comparator<{ name: string }, { name: string }, { name: string }> {
      override combine(a: { name: string }, b: { name: string }) {
        return a.name > b.name ? a : b;
      }
    }
    const run = drive(new Later(), { inA: [ledger.single('a')], inB: [ledger.single('b')] });
    await run.done;
    expect(run.outbox.messages.map((m) => m.name)).toEqual(['b']);
    expect(ledger.disposed).toEqual(['a']);
  });

  it('disposes what waits when it is aborted', async () => {
    const ledger = new Ledger();
    const run = drive(new Comparator());
    run.input('inA').send(ledger.single('a'));
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(ledger.held).toBe(0);
  });
});

describe('TestResult', () => {
  it('169. goes on for what is true', async () => {
    const ledger = new Ledger();
    const run = drive(new TestResult(), { inbox: [1, true, 'text', {}, ledger.single('a'), ...numbers(99, 1)] });
    await run.done;
    expect(ledger.held).toBe(0);
  });

  it.each([false, 0, '', null, undefined, Number.NaN])('169. fails the graph for %o', async (message) => {
    const run = drive(new TestResult());
    run.inbox.send(...numbers(99, 1));
    await run.settle();
    run.inbox.send(message);
    const error = await run.done.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { cause, path } = error as ComponentError;
    expect(cause).toBeInstanceOf(AssertionError);
    expect((cause as Error).message).toMatch(/^Expected a true value for message 100 but received /);
    expect(path).toMatch(/TestResult-1$/);
  });
});
