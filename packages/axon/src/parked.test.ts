// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, type External, Step, type Steps } from './index.js';
import { drive } from './testing/index.js';

/** Passes messages on, so many in a slice. */
class Pass extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  readonly #most: number;
  readonly #step: unknown;
  slices = 0;
  constructor(step: unknown, most = Number.POSITIVE_INFINITY) {
    super();
    this.#step = step;
    this.#most = most;
  }
  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      this.slices++;
      for (let n = 0; n < this.#most && inbox.ready; n++) outbox.send(inbox.recv());
      yield this.#step;
    }
  }
}

describe('Step.parked', () => {
  it('gives one slice for each change, where a plain yield gives two', async () => {
    const slices = async (step: unknown) => {
      const pass = new Pass(step);
      const run = drive(pass);
      await run.settle();
      const before = pass.slices;
      for (let n = 0; n < 10; n++) {
        run.inbox.send(n);
        await run.settle();
      }
      expect(run.outbox.messages).toHaveLength(10);
      return pass.slices - before;
    };
    expect([await slices(undefined), await slices(Step.parked)]).toEqual([20, 10]);
  });

  it('gives another slice while messages wait, to one that takes a few in each', async () => {
    const run = drive(new Pass(Step.parked, 3), { inbox: Array.from({ length: 1000 }, (_, n) => n) });
    await run.finish();
    expect(run.outbox.messages).toHaveLength(1000);
  });

  it('is no sleep for one that was woken during its slice', async () => {
    class Woken extends Component {
      readonly outbox = this.out<number>('outbox');
      readonly #external: External = this.external();
      override *main(): Steps {
        for (let n = 0; n < 5; n++) {
          this.outbox.send(n);
          this.#external.wake();
          yield Step.parked;
        }
      }
    }
    const run = drive(new Woken());
    await run.finish();
    expect(run.outbox.messages).toEqual([0, 1, 2, 3, 4]);
  });

  it('ends with a message that is left where it is, and goes on with the next', async () => {
    class Pairs extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      slices = 0;
      override *main(): Steps {
        const { inbox, outbox } = this;
        while (!inbox.ended) {
          this.slices++;
          if (inbox.length >= 2) outbox.send(inbox.recv() + inbox.recv());
          yield Step.parked;
        }
      }
    }
    const pairs = new Pairs();
    const run = drive(pairs);
    run.inbox.send(1);
    await run.settle();
    const { slices } = pairs;
    run.inbox.send(2);
    await run.settle();
    expect([run.outbox.messages, pairs.slices - slices]).toEqual([[3], 1]);
  });
});
