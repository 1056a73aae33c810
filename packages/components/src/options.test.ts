// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ConsoleEchoer } from './console/index.js';
import { ReadFileAdaptor } from './file/index.js';
import { TCPClient } from './net/index.js';
import { optionsObject, shown } from './options.js';

const reconnect = { min: { ms: 1 }, max: { ms: 1 } };

describe('shown', () => {
  it.each([
    ['text', '"text"'],
    [5n, '5n'],
    [Symbol('s'), 'Symbol(s)'],
    [undefined, 'undefined'],
    [() => 5, 'a function'],
    [{ a: [1] }, '{"a":[1]}'],
    [new Uint8Array(3), 'a Uint8Array of 3 bytes'],
    [Array(1000).fill(0), 'an object of Array'],
    [Object.create(null), '{}'],
    [new ConsoleEchoer(), 'an object of ConsoleEchoer'],
  ])('says what a value is: %#', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});

describe('optionsObject', () => {
  it('gives the object itself, with some of its options or all', () => {
    const options: { a?: number; b?: number } = { a: 1 };
    expect(optionsObject('X', options, ['a', 'b'])).toBe(options);
    expect(optionsObject('X', {}, [])).toEqual({});
  });

  it('takes options of any name when none are known', () => {
    expect(optionsObject('X', { anything: 1 })).toEqual({ anything: 1 });
  });

  it('wants to know all names', () => {
    const options: { a?: number; b?: number } = {};
    // @ts-expect-error b is missing
    expect(optionsObject('X', options, ['a'])).toBe(options);
  });

  const wrong: [string, () => unknown, string][] = [
    ['a slip', () => optionsObject('X', { bitrat: 1 } as { bitrate?: number }, ['bitrate']), 'did you mean bitrate?'],
    ['another word', () => optionsObject('X', { speed: 1 } as { a?: 1; b?: 1 }, ['a', 'b']), 'it has a, b'],
  ];
  it.each(wrong)('refuses %s', (_, make, hint) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(/^X: Expected the name of an option but received \w+; /);
    expect(make).toThrow(hint);
  });

  it.each([
    [
      'ReadFileAdaptor',
      () => new ReadFileAdaptor({ filename: 'x', bitrat: 1e6 } as never),
      'bitrat; did you mean bitrate',
    ],
    ['ConsoleEchoer', () => new ConsoleEchoer({ userepr: true } as never), 'userepr; did you mean useRepr'],
    ['TCPClient', () => new TCPClient({ host: 'x', port: 1, time: 5 } as never), 'time; it has host, port, delay'],
    [
      'TCPClient',
      () => new TCPClient({ host: 'x', port: 1, reconnect: { ...reconnect, attempt: 1 } } as never),
      'attempt; did you mean attempts',
    ],
  ])('is used by %s', (owner, make, message) => {
    expect(make).toThrow(`${owner}: Expected the name of an option but received ${message}`);
  });
});
