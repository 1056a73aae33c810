// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  component,
  errorInformation,
  invalidComponentInterface,
  ipc,
  newComponent,
  newCSA,
  newExceptional,
  newReader,
  newServer,
  newWriter,
  notify,
  producerFinished,
  reactivate,
  removeExceptional,
  removeReader,
  removeWriter,
  serverShutdown,
  shutdown,
  shutdownCSA,
  shutdownMicroprocess,
  socketShutdown,
  status,
  testInterface,
  WaitComplete,
  wouldblock,
} from './index.js';

describe('Ipc messages', () => {
  it('104. constructors: variadic, with needed arguments, with defaults; all are ipc', () => {
    const [a, b] = [new component(), new component()];
    expect(new newComponent().components()).toEqual([]);
    expect(new newComponent(a, b).components()).toEqual([a, b]);
    expect(new shutdownMicroprocess().microprocesses()).toEqual([]);
    expect(new shutdownMicroprocess(a, b).microprocesses()).toEqual([a, b]);
    for (const needy of [notify, status, wouldblock, errorInformation]) {
      const untyped = needy as unknown as new () => unknown;
      expect(() => new untyped()).toThrow(new RegExp(`^${needy.name}: Expected (caller|status).* but received 0 of`));
    }
    expect(() => new (notify as unknown as new (caller: unknown) => unknown)(a)).toThrow(
      'notify: Expected payload but received 1 of 2 arguments',
    );
    expect(new notify(a, 'payload')).toMatchObject({ caller: a, object: 'payload' });
    expect(new status('fine').status()).toBe('fine');
    expect(new wouldblock(a).caller).toBe(a);
    expect(new errorInformation(a)).toMatchObject({ caller: a, exception: undefined, message: undefined });
    expect(new errorInformation(a, 'e', 'm')).toMatchObject({ exception: 'e', message: 'm' });
    expect(new producerFinished()).toMatchObject({ caller: undefined, message: undefined });
    expect(new producerFinished(a, 'm')).toMatchObject({ caller: a, message: 'm' });
    expect(new reactivate(a).original).toBe(a);
    const generator = a.main();
    expect(new WaitComplete(generator, { tag: 't' })).toMatchObject({ args: [generator], argd: { tag: 't' } });
    const made = [
      new newComponent(),
      new shutdownMicroprocess(),
      new shutdown(),
      new notify(a, 0),
      new status(0),
      new wouldblock(a),
      new errorInformation(a),
      new producerFinished(),
      new reactivate(a),
      new WaitComplete(generator),
    ];
    expect(made.every((message) => message instanceof ipc)).toBe(true);
  });

  it('those of networking are of the classes that receivers ask for', () => {
    expect(new socketShutdown('caller')).toBeInstanceOf(producerFinished);
    expect(new serverShutdown()).toBeInstanceOf(shutdownMicroprocess);
    expect(new socketShutdown()).not.toBeInstanceOf(shutdownMicroprocess);
    const watches = [newReader, newWriter, newExceptional, removeReader, removeWriter, removeExceptional];
    for (const Watch of watches) {
      const made = new Watch('caller', 'fd');
      expect(made).toBeInstanceOf(notify);
      expect(made).toMatchObject({ caller: 'caller', object: 'fd', hasOOB: false });
      expect(watches.filter((other) => made instanceof other)).toEqual([Watch]);
    }
    const csa = new newCSA('caller', 'CSA', 'sock');
    expect(csa).toMatchObject({ object: 'CSA', sock: 'sock' });
    expect([csa.handlesWriting(), new newServer(0, 0).handlesWriting()]).toEqual([true, false]);
    expect(new shutdownCSA(0, 'CSA').shutdown()).toBe(true);
  });
});

describe('testInterface', () => {
  it('105. a minimal match is true; a mismatch raises, or is false in production', () => {
    const made = new component();
    for (const [ins, outs] of [
      [[], []],
      [['inbox'], []],
      [[], ['outbox']],
      [
        ['control', 'inbox'],
        ['outbox', 'signal'],
      ],
    ]) {
      expect(testInterface(made, [ins as string[], outs as string[]])).toBe(true);
    }
    for (const [kind, ins, outs] of [
      ['inboxes', ['fred'], []],
      ['outboxes', [], ['fred']],
      ['inboxes', ['inbox', 'fred'], ['fred']],
      ['outboxes', ['inbox'], ['outbox', 'fred']],
    ] as const) {
      const wanted = [ins, outs] as const;
      expect(() => testInterface(made, wanted)).toThrow(invalidComponentInterface);
      expect(() => testInterface(made, wanted)).toThrow(
        `testInterface: Expected ${kind} fred of ${made.name} but it has none`,
      );
      try {
        testInterface(made, wanted);
      } catch (error) {
        expect((error as InstanceType<typeof invalidComponentInterface>).args).toEqual([kind, made, wanted]);
      }
      expect(testInterface(made, wanted, { production: true })).toBe(false);
    }
  });
});
