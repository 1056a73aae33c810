// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { setBoxSize } from './compat/box-size.js';
import { Component, Pipeline, type Steps } from './index.js';
import { TestSink } from './testing/index.js';

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

class Article extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly outbox = this.out<unknown>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.dataReady('inbox')) this.send(this.recv('inbox'), 'outbox');
      yield 1;
    }
  }
}

/** Boxes that are used by hand. */
class Boxes extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly other = this.in<unknown>('other');
  readonly outbox = this.out<unknown>('outbox');
}

describe("the article's spelling", () => {
  it('knows the boxes of its own component, in a row of the same class', async () => {
    const sink = new TestSink<number>();
    await Pipeline(numbers(1000), new Article(), new Article(), new Article(), sink).run();
    expect(sink.messages).toEqual(numbers(1000));
  });

  it('goes to and fro between names', () => {
    const boxes = new Boxes();
    boxes.inbox.push('a');
    boxes.inbox.push('b');
    boxes.other.push('c');
    expect([boxes.dataReady(), boxes.dataReady('other')]).toEqual([2, 1]);
    expect([boxes.recv(), boxes.recv('other'), boxes.recv('inbox')]).toEqual(['a', 'c', 'b']);
    expect([boxes.dataReady(), boxes.dataReady('other')]).toEqual([0, 0]);
    for (let i = 0; i < 2; i++) {
      expect(() => boxes.recv('odd')).toThrow('Boxes: Expected the name of an inbox but received "odd"');
      expect(() => boxes.send(1, 'odd')).toThrow('Boxes: Expected the name of an outbox but received "odd"');
    }
  });

  it('leaves methods that a subclass has written, which may call those of the class', async () => {
    const said: unknown[] = [];
    class Loud extends Article {
      override send(message: unknown, name?: string): void {
        said.push(message);
        super.send(message, name);
      }
    }
    const sink = new TestSink<number>();
    await Pipeline(numbers(5), new Loud(), sink).run();
    expect(said).toEqual(numbers(5));
    expect(sink.messages).toEqual(numbers(5));
  });

  it('leaves a method that was put in its place by hand', () => {
    const boxes = new Boxes();
    boxes.send = () => {
      throw new Error('by hand');
    };
    expect(boxes.dataReady()).toBe(0);
    expect(() => boxes.send(1)).toThrow('by hand');
  });

  it('is refused by an inbox that got its limit after the first message', () => {
    const from = new Boxes();
    const to = new Boxes();
    from.link([from, 'outbox'], [to, 'inbox']);
    from.send(1);
    setBoxSize(to.inbox, 2);
    from.send(2);
    expect(() => from.send(3)).toThrow(/inbox/);
    expect(to.inbox.length).toBe(2);
  });

  it('is asked for on the class without a component', () => {
    expect(typeof Component.prototype.send).toBe('function');
    expect(Component.prototype.recv).toHaveLength(0);
  });
});
