// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, Pipeline, type Steps } from './index.js';
import { drive } from './testing/index.js';

class Doubler extends Component {
  readonly inbox = this.in<number>('inbox');
  readonly outbox = this.out<number>('outbox');
  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(inbox.recv() * 2);
      yield;
    }
  }
}

/** The article's form: no declared boxes. */
class Shout extends Component {
  override *main(): Steps {
    for (;;) {
      while (this.dataReady('inbox')) this.send(`${String(this.recv('inbox'))}!`, 'outbox');
      if (this.ended()) return;
      yield 1;
    }
  }
  private ended(): boolean {
    return false;
  }
}

class AsyncDoubler extends Component {
  readonly inbox = this.in<number>('inbox', { capacity: 2 });
  readonly outbox = this.out<number>('outbox');
  override async main(): Promise<void> {
    const { inbox, outbox } = this;
    for (let m = await inbox.next(); m !== undefined; m = await inbox.next()) outbox.send(m * 2);
  }
}

describe('a component', () => {
  it('maps its messages in order and ends with its input', async () => {
    const got: number[] = [];
    await Pipeline([1, 2, 3], new Doubler(), new Doubler(), (n: number) => {
      got.push(n);
    }).run();
    expect(got).toEqual([4, 8, 12]);
  });

  it('carries more messages than its inboxes hold', async () => {
    const run = drive(new Doubler(), { inbox: Array.from({ length: 1000 }, (_, i) => i) });
    await run.done;
    expect(run.outbox.messages).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i));
  });

  it('runs an async main with the same bounds', async () => {
    const run = drive(new AsyncDoubler(), { inbox: Array.from({ length: 500 }, (_, i) => i) });
    await run.done;
    expect(run.outbox.messages).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i));
  });

  it("takes the article's spelling without declared boxes", async () => {
    const run = drive(new Shout());
    run.inbox.send('hello');
    await run.settle();
    expect(run.outbox.messages).toEqual(['hello!']);
    run.stop();
  });
});
