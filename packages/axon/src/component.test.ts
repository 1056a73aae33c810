// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turn } from '../test/surroundings.js';
import { Component, type External, Pipeline, type Steps } from './index.js';
import { IDLE } from './task.js';
import { drive, slicesOf } from './testing/index.js';

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

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('a component', () => {
  it('maps its messages in order and ends with its input', async () => {
    const got: number[] = [];
    await Pipeline([1, 2, 3], new Doubler(), new Doubler(), (n: number) => void got.push(n)).run();
    expect(got).toEqual([4, 8, 12]);
  });

  it('carries more messages than its inboxes hold, and grows its rings only up to the capacity', async () => {
    const doubler = new Doubler();
    const run = drive(doubler, { inbox: numbers(1000) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(1000).map((n) => n * 2));
    expect(doubler.inbox.buf.length).toBe(64);
  });

  it('keeps no message in its ring after taking it', async () => {
    const doubler = new Doubler();
    const run = drive(doubler);
    for (const n of numbers(200)) {
      run.inbox.send(n);
      await run.settle();
      expect(doubler.inbox.buf.every((slot) => slot === undefined)).toBe(true);
    }
    run.abort();
  });

  it('is not run while its destination is full, and again when that is half empty', async () => {
    const doubler = new Doubler();
    const run = drive(doubler, { inbox: numbers(300) }, { held: true });
    await run.settle();
    expect(doubler.outbox.open).toBe(false);
    expect(doubler.inbox.length).toBe(64);
    expect(doubler.inbox.ready).toBe(false);
    run.outbox.take(31);
    await run.settle();
    expect(doubler.outbox.open).toBe(false);
    run.outbox.take(1);
    await run.settle();
    expect(run.outbox.messages).toHaveLength(32);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toHaveLength(300);
  });

  it('may take one message a slice', async () => {
    class Slow extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          if (this.inbox.ready) this.outbox.send(this.inbox.recv());
          yield;
        }
      }
    }
    const run = drive(new Slow(), { inbox: numbers(100) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(100));
  });

  it('may send several messages for one, a slice each', async () => {
    class Splitter extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            const n = this.inbox.recv();
            for (let i = 0; i < n; i++) {
              this.outbox.send(i);
              yield;
            }
          }
          yield;
        }
      }
    }
    const run = drive(new Splitter(), { inbox: [3, 2] });
    await run.done;
    expect(run.outbox.messages).toEqual([0, 1, 2, 0, 1]);
  });

  it('sees the end that came while it yielded in an inner loop', async () => {
    let ext: External | undefined;
    class Outside extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        ext = this.external();
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            answered = false;
            this.inbox.recv();
            while (!answered) yield;
          }
          yield;
        }
      }
    }
    let answered = false;
    const run = drive(new Outside(), { inbox: [1] });
    await run.settle();
    answered = true;
    ext?.wake();
    await run.done;
  });

  it('sleeps when it holds back its input, instead of spinning', async () => {
    class Holder extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 16 });
      override *main(): Steps {
        for (;;) yield;
      }
    }
    const holder = new Holder();
    const run = drive(holder);
    for (let i = 0; i < 10; i++) {
      run.inbox.send(i);
      await run.settle();
    }
    expect(Object.values(slicesOf(holder))[0]).toBeLessThanOrEqual(14);
    run.abort();
  });

  it('takes and hands over whole batches', async () => {
    class Batcher extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          if (this.inbox.ready) this.outbox.sendAll(this.inbox.takeAll().map((n) => -n));
          yield;
        }
      }
    }
    const run = drive(new Batcher(), { inbox: numbers(500) });
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500).map((n) => -n));
  });

  it('drains by iteration while it is not blocked', async () => {
    class Iterating extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        while (!this.inbox.ended) {
          for (const n of this.inbox) this.outbox.send(n);
          yield;
        }
      }
    }
    const run = drive(new Iterating(), { inbox: numbers(500) }, { held: true });
    await run.settle();
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500));
  });

  it('refuses recv() on an empty inbox by name', async () => {
    class Hasty extends Component {
      readonly inbox = this.in<number>('inbox');
      override *main(): Steps {
        this.inbox.recv();
      }
    }
    await expect(drive(new Hasty()).done).rejects.toThrow(/Hasty-1\.inbox: Expected a waiting message for recv\(\)/);
  });

  it('refuses a wrong capacity and two boxes of one name where they are declared', () => {
    class Wrong extends Component {
      readonly inbox = this.in<number>('inbox', { capacity: 0 });
    }
    class Twice extends Component {
      readonly a = this.in<number>('inbox');
      readonly b = this.in<number>('inbox');
    }
    expect(() => new Wrong()).toThrow(
      /^Wrong: Expected a whole number of at least 1 for capacity of inbox but received 0/,
    );
    expect(() => new Twice()).toThrow(/^Twice: Expected one inbox named "inbox"/);
  });

  it('that sends for ever to nobody still gives others their turn, in both forms', async () => {
    class Endless extends Component {
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        for (;;) {
          while (this.outbox.open) this.outbox.send(1);
          yield;
        }
      }
    }
    class AsyncEndless extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (;;) {
          while (this.outbox.open) this.outbox.send(1);
          await this.outbox.room();
        }
      }
    }
    for (const endless of [new Endless(), new AsyncEndless()]) {
      endless.activate();
      for (let i = 0; i < 5; i++) await turn();
      expect(endless.outbox.sent).toBeGreaterThan(3000);
      endless.stop();
      await endless.done;
    }
  });

  it('with an async generator as main is refused', async () => {
    class Both extends Component {
      // @ts-expect-error neither a generator nor a promise
      override async *main() {
        yield 1;
      }
    }
    await expect(new Both().run()).rejects.toThrow(
      /Both: Expected \*main\(\) or async main\(\) but received async \*main/,
    );
  });

  it('without a main is refused', async () => {
    class Empty extends Component {}
    await expect(new Empty().run()).rejects.toThrow(/Empty: Expected a method main\(\)/);
  });
});

describe("the article's spelling", () => {
  class Shout extends Component {
    override *main(): Steps {
      for (;;) {
        while (this.dataReady('inbox')) this.send(`${String(this.recv('inbox'))}!`, 'outbox');
        yield 1;
      }
    }
  }

  it('works without declared boxes, bounded', async () => {
    const run = drive(new Shout(), {}, { held: true });
    run.inbox.send(...numbers(200));
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.settle();
    expect(run.outbox.messages).toEqual(numbers(200).map((n) => `${n}!`));
    run.abort();
  });

  it('parks on `yield 1` instead of polling', async () => {
    const shout = new Shout();
    const run = drive(shout);
    run.inbox.send('a');
    await run.settle();
    expect(Object.values(slicesOf(shout))[0]).toBeLessThanOrEqual(5);
    run.abort();
  });

  it('reaches declared boxes too, and names the nearest for a slip', async () => {
    class Slip extends Component {
      readonly video = this.in<number>('video');
      readonly outbox = this.out<number>('outbox');
      override *main(): Steps {
        expect(this.dataReady('video')).toBe(0);
        expect(this.anyReady()).toBe(false);
        this.send(1, 'outbix');
      }
    }
    await expect(drive(new Slip()).done).rejects.toThrow(
      /Slip-1: Expected the name of an outbox but received "outbix"; did you mean "outbox"\?/,
    );
  });

  it('tells which inbox is ready', async () => {
    const seen: (string | false)[] = [];
    class Any extends Component {
      readonly a = this.in<number>('a');
      readonly b = this.in<number>('b');
      override *main(): Steps {
        while (!this.b.ended) {
          seen.push(this.anyReady());
          if (this.b.ready) this.b.recv();
          yield;
        }
      }
    }
    await drive(new Any(), { b: [1] }).done;
    expect(seen).toContain('b');
  });
});

it('Inbox.push and the task agree on the number of the state IDLE', () => {
  expect(IDLE).toBe(3);
});
