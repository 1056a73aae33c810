// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ValueDescription, ValueKind } from '../catalogue/component-description.js';
import { isWritable, optionValue, takenInWords } from './option-value.js';

const taking = (...kinds: ValueKind[]): ValueDescription => ({ type: '', kinds });
const choice: ValueDescription = { type: '', kinds: ['choice', 'boolean'], values: ['bitrate', 'block', 2] };
const names: ValueDescription = { type: '', kinds: ['list'], items: taking('string') };
const counts: ValueDescription = { type: '', kinds: ['list'], items: taking('number') };
const streams: ValueDescription = { type: '', kinds: ['list'], items: taking('other') };

describe('optionValue', () => {
  it.each<[string, ValueDescription, unknown]>([
    ['a b', taking('string'), 'a b'],
    ['5', taking('string'), '5'],
    ['5', taking('any'), '5'],
    ['5', taking('string', 'number'), 5],
    ['8e6', taking('number'), 8e6],
    ['-.5', taking('number'), -0.5],
    ['30000/1001', taking('number'), 30000 / 1001],
    ['true', taking('boolean'), true],
    ['false', taking('string', 'boolean'), false],
    ['40ms', taking('duration'), { ms: 40 }],
    ['1.5s', taking('duration'), { ms: 1500 }],
    ['2min', taking('duration'), { ms: 120_000 }],
    ['1h', taking('duration'), { ms: 3_600_000 }],
    ['500us', taking('duration'), { us: 500 }],
    ['block', choice, 'block'],
    ['2', choice, 2],
    ['true', choice, true],
    ['a,b', names, ['a', 'b']],
    ['', names, []],
    ['1,2', counts, [1, 2]],
  ])('reads %j', (text, taken, value) => {
    expect(optionValue(text, false, taken)).toEqual({ value });
  });

  it('takes what is quoted for text where text is taken, and for what it says elsewhere', () => {
    expect(optionValue('5', true, taking('string', 'number'))).toEqual({ value: '5' });
    expect(optionValue('5', true, taking('number'))).toEqual({ value: 5 });
  });

  it.each<[string, ValueDescription]>([
    ['', taking('number')],
    ['5x', taking('number')],
    ['0x10', taking('number')],
    ['1/2/3', taking('number')],
    ['/2', taking('number')],
    ['Infinity', taking('number')],
    ['yes', taking('boolean')],
    ['40', taking('duration')],
    ['ms', taking('duration')],
    ['-1s', taking('duration')],
    ['blok', choice],
    ['1,x', counts],
    ['1', streams],
    ['{}', taking('object')],
    ['x', taking('other')],
  ])('refuses %j', (text, taken) => {
    expect(optionValue(text, false, taken)).toBeUndefined();
  });
});

describe('takenInWords', () => {
  it.each<[ValueDescription & { unit?: string }, string]>([
    [taking('string'), 'text'],
    [{ ...taking('number'), unit: 'bytes' }, 'a number of bytes'],
    [taking('string', 'number'), 'a number or text'],
    [choice, "'bitrate', 'block', '2' or true or false"],
    [taking('duration', 'other'), 'a duration such as 40ms or 2s'],
    [names, 'text, more behind commas'],
  ])('says %j', (taken, words) => {
    expect(takenInWords(taken)).toBe(words);
  });
});

describe('isWritable', () => {
  it('says whether any text would do', () => {
    expect([taking('any'), names, taking('other', 'number')].map(isWritable)).toEqual([true, true, true]);
    expect([taking('other'), taking('object'), streams].map(isWritable)).toEqual([false, false, false]);
  });
});
