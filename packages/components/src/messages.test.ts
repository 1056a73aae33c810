// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '@kamaelia/axon';
import { describe, expect, it } from 'vitest';
import { copyOf, owningList } from './messages.js';
import { Ledger } from './testing/owned.js';

describe('copyOf', () => {
  it('clones what has to be disposed, and gives anything else as it is', () => {
    const ledger = new Ledger();
    const message = ledger.shared('frame');
    expect(copyOf('Fanout', message)).not.toBe(message);
    expect(ledger.held).toBe(2);
    const bytes = new Uint8Array(3);
    for (const plain of [bytes, { clone: () => 7 }, 'text', 7, null, undefined])
      expect(copyOf('Fanout', plain)).toBe(plain);
  });

  it('refuses what has to be disposed once and cannot be cloned', () => {
    expect(() => copyOf('Fanout', new Ledger().single('socket'))).toThrow(
      'Fanout: Expected a message that several receivers can have but received Owned, which has Symbol.dispose and no clone()',
    );
  });
});

describe('owningList', () => {
  it('leaves a list of plain values alone', () => {
    const list = owningList([1, 'a', { b: 2 }]);
    expect(Object.getOwnPropertySymbols(list)).toEqual([]);
  });

  it('makes a list dispose and clone what it holds, and looks the same', () => {
    const ledger = new Ledger();
    const frame = ledger.shared('frame');
    const list = owningList([7, frame]);
    expect(list).toEqual([7, frame]);
    expect([...list]).toHaveLength(2);
    const copy = copyOf('Fanout', list);
    expect(ledger.held).toBe(2);
    expect(copy[0]).toBe(7);
    disposeMessage(copy);
    disposeMessage(list);
    expect(ledger.held).toBe(0);
  });

  it('cannot be cloned when one of its messages cannot', () => {
    const ledger = new Ledger();
    const list = owningList([ledger.shared('frame'), ledger.single('socket')]);
    expect(() => copyOf('Fanout', list)).toThrow(
      /Expected a message that several receivers can have but received Array/,
    );
  });
});
