// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Terminal, TerminalScreen } from './terminal-screen.js';

const ESCAPE = '\u001b';
const SEQUENCE_OR_CHARACTER = new RegExp(`${ESCAPE}\\[(?:(\\d+)A|K|J)|[\\s\\S]`, 'g');

/** Shows what a terminal of endless height would; knows the sequences that the screen uses and nothing else. */
class Glass {
  lines: string[] = [''];
  #row = 0;
  #column = 0;
  writes = 0;

  terminal(isTTY = true): Terminal {
    const write = (data: string | Uint8Array): boolean => {
      this.writes++;
      this.#take(typeof data === 'string' ? data : new TextDecoder().decode(data));
      return true;
    };
    return { isTTY, columns: 40, rows: 10, write } as unknown as Terminal;
  }

  #take(text: string): void {
    for (const [token, up] of text.matchAll(SEQUENCE_OR_CHARACTER)) {
      if (up !== undefined) this.#row -= Number(up);
      else if (token === `${ESCAPE}[K`) this.#put('', true);
      else if (token === `${ESCAPE}[J`) {
        this.#put('', true);
        this.lines.length = this.#row + 1;
      } else if (token === '\r') this.#column = 0;
      else if (token === '\n') {
        this.#row++;
        this.#column = 0;
        this.lines[this.#row] ??= '';
      } else this.#put(token, false);
    }
  }

  #put(character: string, cut: boolean): void {
    const line = this.lines[this.#row] ?? '';
    const rest = cut ? '' : line.slice(this.#column + character.length);
    this.lines[this.#row] = line.slice(0, this.#column) + character + rest;
    this.#column += character.length;
  }
}

describe('TerminalScreen', () => {
  it('writes over what it showed, each time in one write', () => {
    const glass = new Glass();
    const screen = new TerminalScreen(glass.terminal(), []);
    screen.show(['one long line', 'two', 'three']);
    screen.show(['1', '2']);
    expect(glass.lines).toEqual(['1', '2', '']);
    expect(glass.writes).toBe(2);
  });

  it('leaves room so that the terminal does not scroll, whatever it says of itself', () => {
    const glass = new Glass();
    expect(new TerminalScreen(glass.terminal(), []).size).toEqual({ columns: 39, rows: 9 });
    const mute = { ...glass.terminal(), columns: 0, rows: 0 } as Terminal;
    expect(new TerminalScreen(mute, []).size).toEqual({ columns: 79, rows: 23 });
  });

  it('lets what others write stand above it', () => {
    const glass = new Glass();
    const [stderr, stdout] = [glass.terminal(), glass.terminal()];
    const screen = new TerminalScreen(stderr, [stdout]);
    screen.show(['table']);
    stdout.write('hello\n');
    stderr.write(new TextEncoder().encode('warning\n'));
    screen.show(['table 2']);
    expect(glass.lines).toEqual(['hello', 'warning', 'table 2', '']);
  });

  it('keeps a line that somebody has begun', () => {
    const glass = new Glass();
    const stdout = glass.terminal();
    const screen = new TerminalScreen(glass.terminal(), [stdout]);
    screen.show(['table']);
    stdout.write('half');
    screen.show(['table 2']);
    expect(glass.lines).toEqual(['half', 'table 2', '']);
  });

  it('leaves alone what is no terminal', () => {
    const [glass, file] = [new Glass(), new Glass()];
    const stdout = file.terminal(false);
    const { write } = stdout;
    const screen = new TerminalScreen(glass.terminal(), [stdout]);
    screen.show(['table']);
    expect(stdout.write).toBe(write);
    stdout.write('data\n');
    expect([glass.lines, file.lines]).toEqual([
      ['table', ''],
      ['data', ''],
    ]);
  });

  it('gives the streams back when it is closed', () => {
    const glass = new Glass();
    const [stderr, stdout] = [glass.terminal(), glass.terminal()];
    const before = [stderr.write, stdout.write];
    const screen = new TerminalScreen(stderr, [stdout]);
    expect(stdout.write).not.toBe(before[1]);
    screen.show(['table']);
    screen.show([]);
    screen.close();
    expect([stderr.write, stdout.write]).toEqual(before);
    expect(glass.lines).toEqual(['']);
  });
});
