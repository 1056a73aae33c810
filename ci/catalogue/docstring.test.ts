// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  boxSentences,
  firstSentence,
  statedDefault,
  statedPositions,
  statedUnit,
  withoutBoxParagraphs,
  // @ts-expect-error a plain script without declarations
} from './docstring.mjs';

describe('firstSentence', () => {
  it.each([
    ['Reads a file. It ends with it.', 'Reads a file.'],
    ['Reads a file\nand sends it. `outbox`: bytes.', 'Reads a file and sends it.'],
    ['Waits, e.g. for a socket, then ends. Really.', 'Waits, e.g. for a socket, then ends.'],
    ['Takes 1.5 s at most. Then gives up.', 'Takes 1.5 s at most.'],
    ['Serves one client:\n\n- the first one.', 'Serves one client:'],
    ['Serves one client\n- the first one.', 'Serves one client'],
    ['No stop at all', 'No stop at all'],
    ['', ''],
  ])('of %j is %j', (text, sentence) => {
    expect(firstSentence(text)).toBe(sentence);
  });
});

describe('boxSentences', () => {
  const of = (text: string, ...names: string[]) => Object.fromEntries(boxSentences(text, names));

  it('finds a sentence for each box of a paragraph', () => {
    const text = 'Decodes.\n\n`inbox`: bytes, cut\nanywhere. `outbox`: frames; `pts` counts them. Damage goes on.';
    expect(of(text, 'inbox', 'outbox')).toEqual({
      inbox: 'bytes, cut anywhere.',
      outbox: 'frames; `pts` counts them.',
    });
  });

  it('gives boxes that are named together the same sentence', () => {
    expect(of('`inbox`, `outbox`: frames.', 'inbox', 'outbox')).toEqual({ inbox: 'frames.', outbox: 'frames.' });
    expect(of('`left` and `right`: sound.', 'left', 'right')).toEqual({ left: 'sound.', right: 'sound.' });
  });

  it('ends a sentence where the next box begins', () => {
    expect(of('`inbox`: text; `outbox`: bytes', 'inbox', 'outbox')).toEqual({ inbox: 'text', outbox: 'bytes' });
  });

  it('reads lists', () => {
    expect(of('Has:\n- `inbox`: text\n  of any length.\n- `outbox`: bytes.', 'inbox', 'outbox')).toEqual({
      inbox: 'text of any length.',
      outbox: 'bytes.',
    });
  });

  it('takes all that stands behind boxes on lines of their own', () => {
    expect(of('`inbox`: text. It waits.\n`next`, `last`: anything,\nonce.', 'inbox', 'next', 'last')).toEqual({
      inbox: 'text. It waits.',
      next: 'anything, once.',
      last: 'anything, once.',
    });
  });

  it('leaves alone what is no box', () => {
    expect(of('`option`: a number. `inbox` alone says nothing.', 'inbox')).toEqual({});
  });
});

describe('withoutBoxParagraphs', () => {
  it('drops what says nothing else', () => {
    const text = 'Copies.\n\n`inbox`, `outbox`: bytes. `signal`: the end.\n\nNothing is lost.';
    expect(withoutBoxParagraphs(text, ['inbox', 'outbox', 'signal'])).toBe('Copies.\n\nNothing is lost.');
  });

  it('drops boxes on lines of their own', () => {
    expect(withoutBoxParagraphs('Copies.\n\n`inbox`: text. It waits.\n`outbox`: text.', ['inbox', 'outbox'])).toBe(
      'Copies.',
    );
    expect(withoutBoxParagraphs('Copies:\n\n- `inbox`: text. It waits.\n- `outbox`: text.', ['inbox', 'outbox'])).toBe(
      'Copies:',
    );
  });

  it('keeps a paragraph that goes on, whole', () => {
    const text = 'Copies.\n\n`inbox`: bytes. They are copied\nat once.';
    expect(withoutBoxParagraphs(text, ['inbox'])).toBe(text);
  });
});

describe('statedDefault', () => {
  it.each([
    ['Messages, default 60. Also what it holds.', '60'],
    ['0 to 65535, default 1601; 0 takes a free one.', '1601'],
    ['Address, default `127.0.0.1`: this machine only.', '127.0.0.1'],
    ['Default: as many as there are processors.', 'as many as there are processors'],
    ['Default 60 s.', '60 s'],
    ["Default `'block'`.", "'block'"],
    ["Default `'rate'` when there is one, else `'block'`. More.", "`'rate'` when there is one, else `'block'`"],
    ['Default 256 MiB, but always enough.', '256 MiB, but always enough'],
    ['Rate, default 16, at most 64.', '16'],
    ['Default: 0, 1, 2 and so on for ever.', '0, 1, 2 and so on for ever'],
    ['Default 10, or `rate` where that is less.', '10, or `rate` where that is less'],
    ['Default false: behind what is there.', 'false'],
    ['Parts (default 0.5) of it.', '0.5'],
    ["`'w'` (default) begins anew, `'a'` goes on.", "'w'"],
    ["`'escalate'`, the default: it fails.", "'escalate'"],
    ['Absent: as fast as it is taken.', undefined],
  ])('of %j is %j', (doc, value) => {
    expect(statedDefault(doc)).toBe(value);
  });
});

describe('statedUnit', () => {
  it.each([
    ['bitrate', 'Bits a second, above 0.', 'bits a second'],
    ['buffer', 'Messages that are gathered.', 'messages'],
    ['maxLine', 'Bytes a line may have.', 'bytes'],
    ['datarate', 'Bytes (for text: units) a second of it.', 'bytes a second'],
    ['chunkrate', 'Requests a second.', 'requests a second'],
    ['size', 'Largest bytes of a message.', 'bytes'],
    ['lateMs', 'How late it may be.', 'milliseconds'],
    ['maxPixels', 'Largest picture.', 'pixels'],
    ['port', '0 to 65535.', undefined],
    ['forms', 'Whatever.', undefined],
  ])('of %s, %j, is %j', (name, doc, unit) => {
    expect(statedUnit(name, doc)).toBe(unit);
  });
});

describe('statedPositions', () => {
  const options = ['filename', 'messagesPerSecond', 'buffer'];

  it.each([
    ['A string is the `filename`.', ['filename']],
    ["Takes options, or the original's arguments `(messagesPerSecond, buffer)`.", ['messagesPerSecond', 'buffer']],
    ['A number alone is taken as the `buffer`.', ['buffer']],
    ['A string is the `colour`.', undefined],
    ['Whatever (buffer or not).', undefined],
    ['', undefined],
  ])('of %j is %j', (doc, positions) => {
    expect(statedPositions(doc, options)).toEqual(positions);
  });
});
