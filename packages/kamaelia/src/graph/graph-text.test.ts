// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { parseGraph } from './graph-text.js';

describe('parseGraph', () => {
  it('reads components in a row with their values', () => {
    const [chain, ...more] = parseGraph('ReadFileAdaptor a.drc bitrate=8e6 ! DiracDecoder');
    expect(more).toEqual([]);
    expect(chain).toMatchObject([
      {
        kind: 'element',
        at: 1,
        component: 'ReadFileAdaptor',
        values: [{ text: 'a.drc' }, { name: 'bitrate', text: '8e6' }],
      },
      { kind: 'element', at: 37, component: 'DiracDecoder', values: [] },
    ]);
  });

  it('reads names, rows and boxes', () => {
    expect(parseGraph('gate=Turnstile ! Echo; Ticker interval=1s ! gate.next; gate ! Other')).toMatchObject([
      [{ kind: 'element', instance: 'gate', component: 'Turnstile' }, { component: 'Echo' }],
      [{ component: 'Ticker' }, { kind: 'reference', at: 45, instance: 'gate', box: 'next' }],
      [{ kind: 'reference', instance: 'gate' }, { component: 'Other' }],
    ]);
  });

  it('may refer to what is named further on', () => {
    expect(parseGraph('A ! b ; b=B')[0]?.[1]).toEqual({ kind: 'reference', at: 5, instance: 'b' });
  });

  it('takes MODULE:NAME for a component, whatever dots it has', () => {
    expect(parseGraph('a.b/c:D')[0]?.[0]).toMatchObject({ kind: 'element', component: 'a.b/c:D' });
  });

  it('takes quoted marks for text', () => {
    expect(parseGraph(`A "!" ';' b=!`)).toMatchObject([
      [{ values: [{ text: '!' }, { text: ';' }, { name: 'b', text: '!' }] }],
    ]);
  });

  it.each([
    ['', 'Expected a graph for GRAPH but received an empty text'],
    ['  ', 'Expected a graph for GRAPH but received an empty text'],
    ['! A', 'character 1: Expected a component but received !'],
    ['A ! ! B', 'character 5: Expected a component but received !'],
    ['A ; ; B', 'character 5: Expected a component but received ;'],
    ['A ! ;', 'character 5: Expected a component but received ;'],
    ['A !', 'character 4: Expected a component but received the end of the text'],
    ['A;', 'character 3: Expected a component but received the end of the text'],
    ['a.b=A', 'character 1: Expected a name of letters, digits, _ and - but received "a.b"'],
    ['self=A', 'character 1: Expected a name of letters, digits, _ and - but received "self"'],
    ['a=A ! a=B', 'character 7: Expected another name but received "a" a second time'],
    [
      'player=A ! plaayer.control',
      'character 12: Expected a name that the text gives but received "plaayer" (did you mean "player"?)',
    ],
    ['A ! b.c', 'character 5: Expected a name that the text gives but received "b" (give it with NAME=COMPONENT)'],
    ['a=A ! B ; a.b c=d ! C', 'character 15: Expected ! or ; behind a.b but received "c"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseGraph(text)).toThrow(new UsageError(message));
  });
});
