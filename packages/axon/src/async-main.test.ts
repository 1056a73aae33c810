// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { CancelledError, Component } from './index.js';
import { drive, virtualClock } from './testing/index.js';

class AsyncDoubler extends Component {
  readonly inbox = this.in<number>('inbox', { capacity: 2 });
  readonly outbox = this.out<number>('outbox');
  override async main(): Promise<void> {
    const { inbox, outbox } = this;
    for (let m = await inbox.next(); m !== undefined; m = await inbox.next()) outbox.send(m * 2);
  }
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('an async main', () => {
  it('is bounded like any other and sees the end as undefined', async () => {
    const component = new AsyncDoubler();
    const run = drive(component, { inbox: numbers(500) }, { held: true });
    await run.settle();
    expect(component.inbox.length).toBe(2);
    expect(run.outbox.messages).toHaveLength(0);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(500).map((n) => n * 2));
  });

  it('waits for room as a source', async () => {
    class Source extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let i = 0; i < 200; i++) {
          await this.outbox.room();
          this.outbox.send(i);
        }
      }
    }
    const run = drive(new Source(), {}, { held: true });
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    run.outbox.take();
    await run.done;
    expect(run.outbox.messages).toEqual(numbers(200));
  });

  it('gets CancelledError from its wait when it is stopped, and its clean-up runs', async () => {
    const seen: unknown[] = [];
    class Waiting extends Component {
      readonly inbox = this.in<number>('inbox');
      override async main(): Promise<void> {
        try {
          await this.inbox.next();
        } catch (error) {
          seen.push(error, this.signal.aborted);
          throw error;
        } finally {
          seen.push('closed');
        }
      }
    }
    const waiting = new Waiting();
    waiting.activate({ clock: virtualClock() });
    await Promise.resolve();
    waiting.stop();
    await waiting.done;
    expect(seen[0]).toBeInstanceOf(CancelledError);
    expect(seen.slice(1)).toEqual([true, 'closed']);
  });

  it('may run several waiting loops side by side', async () => {
    class Both extends Component {
      readonly inbox = this.in<number>('inbox');
      readonly other = this.in<number>('other');
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        const loop = async (inbox: typeof this.inbox) => {
          for (let m = await inbox.next(); m !== undefined; m = await inbox.next()) this.outbox.send(m);
        };
        await Promise.all([loop(this.inbox), loop(this.other)]);
      }
    }
    const run = drive(new Both(), { inbox: numbers(300), other: numbers(300) });
    await run.done;
    expect([...run.outbox.messages].sort((a, b) => a - b)).toEqual(numbers(600).map((n) => n >> 1));
  });

  it('passes time with delay() on the virtual clock', async () => {
    class Ticking extends Component {
      readonly outbox = this.out<number>('outbox');
      override async main(): Promise<void> {
        for (let i = 0; i < 3; i++) {
          await this.delay({ ms: 10 });
          this.outbox.send(i);
        }
      }
    }
    const run = drive(new Ticking());
    await run.advance({ ms: 25 });
    expect(run.outbox.timesMs).toEqual([10, 20]);
    await run.finish();
    expect(run.outbox.timesMs).toEqual([10, 20, 30]);
  });
});
