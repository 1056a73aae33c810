// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Pipeline, type Steps } from './index.js';
import { virtualClock } from './testing/index.js';

/** Sends tokens of a small stock; those who take one give it back by calling it. */
class Lender extends Component {
  readonly outbox = this.out<() => void>('outbox');
  stock = 2;
  grown = 0;
  readonly #total: number;

  constructor(total: number) {
    super();
    this.#total = total;
  }

  override *main(): Steps {
    const ext = this.external();
    const giveBack = () => {
      this.stock++;
      ext.wake();
    };
    for (let sent = 0; sent < this.#total; ) {
      while (sent < this.#total && this.outbox.open && this.stock > 0) {
        this.stock--;
        this.outbox.send(giveBack);
        sent++;
      }
      if (this.stock === 0) {
        ext.starved(() => {
          if (this.grown === 5) throw new RangeError('Lender: Expected a token to come back but all are held');
          this.grown++;
          this.stock++;
          ext.wake();
        });
      }
      yield;
    }
  }
}

class Hoarder extends Component {
  readonly inbox = this.in<() => void>('inbox');
  readonly #least: number;

  constructor(least: number) {
    super();
    this.#least = least;
  }

  override *main(): Steps {
    const held: (() => void)[] = [];
    while (!this.inbox.ended) {
      while (this.inbox.ready) held.push(this.inbox.recv());
      while (held.length >= this.#least) held.shift()?.();
      yield;
    }
  }
}

class Slow extends Component {
  readonly inbox = this.in<() => void>('inbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) {
        const giveBack = this.inbox.recv();
        yield* this.sleep({ ms: 10 });
        giveBack();
      }
      yield;
    }
  }
}

describe('a component that starves for what others hold', () => {
  it('is told when nobody can give anything back, as often as it takes', async () => {
    const lender = new Lender(20);
    await Pipeline(lender, new Hoarder(5)).run();
    expect(lender.grown).toBe(3);
  });

  it('is left to wait while a consumer is only slow', async () => {
    const clock = virtualClock();
    const lender = new Lender(20);
    const graph = Pipeline(lender, new Slow()).activate({ clock });
    await clock.advance({ ms: 1000 });
    await graph.done;
    expect(lender.grown).toBe(0);
  });

  it('fails its graph, with its path, when it throws', async () => {
    await expect(Pipeline(new Lender(20), new Hoarder(50)).run()).rejects.toThrow(
      /^Pipeline-\d+\/Lender-\d+: Lender: Expected a token to come back/,
    );
  });
});
