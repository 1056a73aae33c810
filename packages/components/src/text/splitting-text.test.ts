// SPDX-License-Identifier: Apache-2.0
import { drive, seededRandom } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { LineSplit, StringSplitter } from './index.js';

const utf8 = (text: string) => new TextEncoder().encode(text);

async function pieces(splitter: StringSplitter, messages: readonly unknown[]): Promise<string[]> {
  const run = drive(splitter, { inbox: messages });
  await run.done;
  return run.outbox.messages;
}

/** Cuts text or bytes at random, empty messages among them. */
function cut<T extends string | Uint8Array>(stream: T, random: () => number): T[] {
  const parts: T[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = Math.floor(random() * 7);
    parts.push(stream.slice(at, at + length) as T);
    at += length;
  }
  return parts;
}

describe('LineSplit', () => {
  it('makes lines wherever the messages end', async () => {
    expect(await pieces(new LineSplit(), ['one\ntw', 'o\n', '\nthr', '', 'ee\n'])).toEqual(['one', 'two', '', 'three']);
  });

  it('takes a carriage return away, also when it is cut off its line feed', async () => {
    const messages = ['one\r\ntwo\r', '\n\r\n', 'with\rin\n\r'];
    expect(await pieces(new LineSplit(), messages)).toEqual(['one', 'two', '', 'with\rin', '']);
  });

  it('sends a last line without an end when the stream ends, and nothing for an empty one', async () => {
    expect(await pieces(new LineSplit(), ['one\ntwo'])).toEqual(['one', 'two']);
    expect(await pieces(new LineSplit(), ['one\n'])).toEqual(['one']);
    expect(await pieces(new LineSplit(), [''])).toEqual([]);
    expect(await pieces(new LineSplit(), [])).toEqual([]);
  });

  it('reads bytes as UTF-8, cut anywhere', async () => {
    const text = 'Käse\nКамаэля\n日本語\n👍🏽\nend';
    const bytes = utf8(text);
    for (let seed = 1; seed <= 50; seed++) {
      expect(await pieces(new LineSplit(), cut(bytes, seededRandom(seed)))).toEqual(text.split('\n'));
    }
    expect(
      await pieces(
        new LineSplit(),
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(text.split('\n'));
  });

  it('goes on behind bytes that are not UTF-8', async () => {
    const messages = [Uint8Array.of(0x61, 0xff, 0x62, 0x0a), utf8('good\n'), Uint8Array.of(0xe6, 0x97)];
    expect(await pieces(new LineSplit(), messages)).toEqual(['a\ufffdb', 'good', '\ufffd']);
  });

  it('holds a message of many lines until its outbox has room', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `line ${i}`);
    const run = drive(new LineSplit(), { inbox: [lines.join('\n')] }, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(lines);
  });

  it('stops while its outbox is full', async () => {
    const run = drive(new LineSplit(), { inbox: ['\n'.repeat(1000)] }, { held: true });
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
  });

  it('sends what it has when it is stopped in order', async () => {
    const run = drive(new LineSplit());
    run.inbox.send('one\ntwo');
    await run.settle();
    expect(run.outbox.messages).toEqual(['one']);
    run.stop();
    await run.finish();
    expect(run.outbox.messages).toEqual(['one', 'two']);
  });

  it.each([
    [['abcde\nabcdef\n'], /LineSplit: Expected at most 5 characters before a separator \(option maxLength\)/],
    [['abc', 'abc'], /at most 5 characters/],
  ])('fails the graph for a line over its limit: %o', async (messages, error) => {
    await expect(pieces(new LineSplit({ maxLength: 5 }), messages)).rejects.toThrow(error);
    await expect(pieces(new LineSplit({ maxLength: 6 }), messages)).resolves.toBeDefined();
  });

  it('fails the graph for what is neither text nor bytes', async () => {
    await expect(pieces(new LineSplit(), [7])).rejects.toThrow(/LineSplit: Expected text or bytes but received 7/);
  });

  it('refuses a limit that is none at construction', () => {
    expect(() => new LineSplit({ maxLength: 0 })).toThrow(/^LineSplit: Expected a whole number from 1 to 268435456/);
    expect(() => new LineSplit(7 as never)).toThrow(/^LineSplit: Expected an object of options but received 7/);
  });
});

describe('StringSplitter', () => {
  it.each([',', ', ', 'aa', 'abab', '\r\n\r\n'])(
    'cuts at %o as String.split does, wherever messages end',
    async (separator) => {
      const random = seededRandom(separator.length);
      const alphabet = [...new Set(`${separator}x`)];
      for (let round = 0; round < 100; round++) {
        const text = Array.from({ length: 60 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
        const expected = text.split(separator);
        if (expected.at(-1) === '') expected.pop();
        expect(await pieces(new StringSplitter({ separator }), cut(text, random))).toEqual(expected);
        expect(await pieces(new StringSplitter(separator), cut(utf8(text), random))).toEqual(expected);
      }
    },
  );

  it('sends empty pieces, but for the one behind the last separator', async () => {
    expect(await pieces(new StringSplitter(','), [',a,,b,'])).toEqual(['', 'a', '', 'b']);
  });

  it('sends the beginning of a separator that never came whole', async () => {
    expect(await pieces(new StringSplitter('END'), ['aEN', 'xEN'])).toEqual(['aENxEN']);
  });

  it('puts a long piece in many small messages together', async () => {
    const splitter = new StringSplitter({ separator: '--' });
    const sent = await pieces(splitter, [...Array(200_000).fill('-x'), '--', 'end']);
    expect(sent.map((piece) => piece.length)).toEqual([400_000, 3]);
  });

  it.each([
    ['', /^StringSplitter: Expected a non-empty string for separator but received ""/],
    [{}, /for separator but received undefined/],
    [{ separator: ',', maxLength: 1.5 }, /for maxLength but received 1.5/],
  ])('refuses %o at construction', (options, message) => {
    expect(() => new StringSplitter(options as never)).toThrow(message);
  });
});
