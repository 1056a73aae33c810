// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '@kamaelia/axon';
import { describe, expect, it } from 'vitest';
import { copyOf, owningList } from './messages.js';

/** A message that is counted: how many copies there are. */
class Counted {
  readonly count: { held: number };
  constructor(count = { held: 0 }) {
    this.count = count;
    count.held++;
  }
  clone(): Counted {
    return new Counted(this.count);
  }
  [Symbol.dispose](): void {
    this.count.held--;
  }
}

describe('copyOf', () => {
  it('clones what can be cloned, and gives anything else as it is', () => {
    const message = new Counted();
    expect(copyOf('Fanout', message)).not.toBe(message);
    expect(message.count.held).toBe(2);
    const bytes = new Uint8Array(3);
    for (const plain of [bytes, 'text', 7, null, undefined]) expect(copyOf('Fanout', plain)).toBe(plain);
  });

  it('refuses what has to be disposed once and cannot be cloned', () => {
    expect(() => copyOf('Fanout', { name: 'socket', [Symbol.dispose]() {} })).toThrow(
      /^Fanout: Expected a message with a method clone\(\), or without Symbol.dispose, but received \{"name":"socket"\}/,
    );
  });
});

describe('owningList', () => {
  it('leaves a list of plain values alone', () => {
    const list = owningList([1, 'a', { b: 2 }]);
    expect(Object.getOwnPropertySymbols(list)).toEqual([]);
  });

  it('makes a list dispose and clone what it holds, and looks the same', () => {
    const frame = new Counted();
    const list = owningList([7, frame]);
    expect(list).toEqual([7, frame]);
    expect([...list]).toHaveLength(2);
    const copy = copyOf('Fanout', list);
    expect(frame.count.held).toBe(2);
    expect(copy[0]).toBe(7);
    disposeMessage(copy);
    disposeMessage(list);
    expect(frame.count.held).toBe(0);
  });

  it('cannot be cloned when one of its messages cannot', () => {
    const list = owningList([new Counted(), { [Symbol.dispose]() {} }]);
    expect(() => copyOf('Fanout', list)).toThrow(/^Fanout: Expected a message with a method clone/);
  });
});
