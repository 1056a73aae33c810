// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../failure.js';

/** A word of a graph's text, its quotes taken off. */
export interface Word {
  /** Place of its first character, from 1. */
  readonly at: number;
  /** What stands before `=`: the name of an option. */
  readonly name?: string;
  /** The word, or what stands behind `=`. */
  readonly text: string;
  /** Place of `text`, from 1. */
  readonly textAt: number;
  /** Whether some of it was in quotes. */
  readonly quoted: boolean;
}

const NAME = /([A-Za-z_$][\w$.-]*)=/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };

/** A {@link UsageError} about one place of a graph's text. */
export function wrongAt(at: number, message: string): UsageError {
  return new UsageError(`character ${at}: ${message}`);
}

/**
 * Cuts a graph's text into words at spaces. `'...'` is taken as it stands, in `"..."` a backslash makes `\"`, `\\`,
 * `\n` and `\t`.
 */
export function graphWords(text: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[1];
    const from = name === undefined ? at : at + name.length + 1;
    const { value, end, quoted } = wordFrom(text, from);
    words.push({ at: at + 1, ...(name === undefined ? {} : { name }), text: value, textAt: from + 1, quoted });
    at = end;
  }
  return words;
}

/** `; ` is a word of its own also where it touches the one before it. */
function isEndOfRow(text: string, at: number): boolean {
  return text.charAt(at) === ';' && !/\S/.test(text.charAt(at + 1));
}

function wordFrom(text: string, from: number): { value: string; end: number; quoted: boolean } {
  let value = '';
  let quoted = false;
  let at = from;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (/\s/.test(letter) || (at > from && isEndOfRow(text, at))) break;
    if (letter !== '"' && letter !== "'") {
      value += letter;
      at++;
      continue;
    }
    const inside = quotedFrom(text, at);
    value += inside.value;
    at = inside.end;
    quoted = true;
  }
  return { value, end: at, quoted };
}

function quotedFrom(text: string, from: number): { value: string; end: number } {
  const mark = text.charAt(from);
  let value = '';
  for (let at = from + 1; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === mark) return { value, end: at + 1 };
    const escaped = mark === '"' && letter === '\\' ? ESCAPES[text.charAt(at + 1)] : undefined;
    if (escaped !== undefined) at++;
    value += escaped ?? letter;
  }
  throw wrongAt(from + 1, `Expected another ${mark} but received the end of the text`);
}
