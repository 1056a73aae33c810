// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turn } from '../test/surroundings.js';
import { Component, Scheduler, Step, type Steps } from './index.js';
import { drive, TestSink, TestSource, virtualClock } from './testing/index.js';

class Counter extends Component {
  readonly #log: string[];
  constructor(name: string, log: string[]) {
    super();
    this.name = name;
    this.#log = log;
  }
  override *main(): Steps {
    for (let n = 1; n <= 3; n++) {
      this.#log.push(`${this.name}${n}`);
      yield Step.again;
    }
  }
}

describe('A scheduler that is run by hand', () => {
  it('runs one component a step, says when there is work, and goes on by itself when it is let go', async () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    let told = 0;
    scheduler.drive(() => told++);
    expect(scheduler.step()).toBe(false);
    const log: string[] = [];
    for (const name of ['a', 'b']) new Counter(name, log).activate({ scheduler });
    expect(told).toBe(1);
    await turn();
    expect(log).toEqual([]);
    for (let n = 0; n < 4; n++) expect(scheduler.step()).toBe(true);
    // The first slice of a generator only makes it.
    expect(log).toEqual(['a1', 'b1']);
    scheduler.drive(undefined);
    await scheduler.settled();
    expect(log).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    expect(scheduler.step()).toBe(false);
  });

  it('ignores a run that was coming when it was taken over', async () => {
    const log: string[] = [];
    const scheduler = new Scheduler({ clock: virtualClock() });
    new Counter('a', log).activate({ scheduler });
    scheduler.drive(() => {});
    await turn();
    expect(log).toEqual([]);
    while (scheduler.step());
    expect(log).toEqual(['a1', 'a2', 'a3']);
  });

  it('takes its time while virtual time passes', async () => {
    const clock = virtualClock();
    const scheduler = new Scheduler({ clock });
    scheduler.drive(() => {});
    const sink = new TestSink<number>();
    const source = new TestSource([1, 2]);
    sink.activate({ scheduler });
    source.activate({ scheduler });
    await clock.advance({ ms: 5 });
    expect(sink.messages).toEqual([]);
    scheduler.drive(undefined);
    await clock.settle();
    sink.stop();
    await sink.done;
  });

  it('tells of what is left when it is taken over with work waiting', () => {
    const scheduler = new Scheduler({ clock: virtualClock() });
    drive(new Counter('a', []), {}, { scheduler });
    let told = 0;
    scheduler.drive(() => told++);
    expect(told).toBe(1);
    while (scheduler.step());
  });
});
