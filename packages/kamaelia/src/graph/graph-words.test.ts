// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { graphWords } from './graph-words.js';

const texts = (text: string) => graphWords(text).map((word) => word.text);

describe('graphWords', () => {
  it('cuts at spaces and says where each word was', () => {
    expect(graphWords('A  ! B')).toEqual([
      { at: 1, text: 'A', textAt: 1, quoted: false },
      { at: 4, text: '!', textAt: 4, quoted: false },
      { at: 6, text: 'B', textAt: 6, quoted: false },
    ]);
  });

  it('finds the name and the value of an option', () => {
    expect(graphWords('A b.c=d=e')[1]).toEqual({ at: 3, name: 'b.c', text: 'd=e', textAt: 7, quoted: false });
    expect(graphWords('a=')).toEqual([{ at: 1, name: 'a', text: '', textAt: 3, quoted: false }]);
  });

  it('takes no address for an option', () => {
    expect(graphWords('http://a/?b=1')[0]).toMatchObject({ text: 'http://a/?b=1' });
    expect(graphWords('"a=b"')[0]).toMatchObject({ text: 'a=b', quoted: true });
  });

  it('takes quotes off, also inside a word', () => {
    expect(texts(`'a b' "c d" e' 'f ''`)).toEqual(['a b', 'c d', 'e f', '']);
    expect(graphWords('title="My film"')[0]).toMatchObject({ name: 'title', text: 'My film', textAt: 7, quoted: true });
  });

  it('knows escapes in double quotes and nowhere else', () => {
    expect(texts(String.raw`"a\n\t\"\\" 'a\n' a\n "\d"`)).toEqual(['a\n\t"\\', 'a\\n', 'a\\n', '\\d']);
  });

  it('parts a row from the next where ; touches the word before it, and nowhere else', () => {
    expect(texts('a; b;c "d;" e;')).toEqual(['a', ';', 'b;c', 'd;', 'e', ';']);
  });

  it('says where quotes were left open', () => {
    expect(() => graphWords('A b="c d')).toThrow('character 5: Expected another " but received the end of the text');
  });
});
