// SPDX-License-Identifier: Apache-2.0
// Rows of components written in the ways in which the original's were, in random order and with random bounds: nothing is
// lost or reordered, bounds hold, and all end.
import { describe, expect, it } from 'vitest';
import { environment } from '../../test/surroundings.js';
import { Component, Pipeline, Scheduler, type Steps } from '../index.js';
import { checkInvariants, isFinished, seededOrder, seededRandom, TestSink, virtualClock } from '../testing/index.js';
import { component, noSpaceInBox, producerFinished, shutdownMicroprocess, WaitComplete } from './index.js';

/** Takes all there is, and pauses. */
class Drains extends component {
  override *main(): Steps {
    for (;;) {
      for (const message of this.Inbox()) this.send(message);
      if (this.canStop()) break;
      this.pause();
      yield 1;
    }
    this.send(this.shutdownMsg, 'signal');
  }
}

/** Yields and does not pause. */
class Yields extends component {
  override *main(): Steps {
    for (;;) {
      while (this.dataReady()) {
        this.send(this.recv());
        yield 1;
      }
      if (this.canStop()) break;
      yield 1;
    }
    this.send(this.shutdownMsg, 'signal');
  }
}

/** Takes one at a time, and pauses when nothing is ready. */
class OneAtATime extends component {
  override *main(): Steps {
    for (;;) {
      if (this.dataReady()) this.send(this.recv());
      else if (this.dataReady('control')) {
        const message = this.recv('control');
        this.send(message, 'signal');
        if (message instanceof producerFinished || message instanceof shutdownMicroprocess) return;
      } else if (!this.anyReady()) this.pause();
      yield 1;
    }
  }
}

/** Sleeps for as long as a full box takes. */
class Retries extends component {
  override *main(): Steps {
    for (;;) {
      for (const message of this.Inbox()) yield new WaitComplete(this.deliver(message));
      if (this.canStop()) break;
      this.pause();
      yield 1;
    }
    this.send(this.shutdownMsg, 'signal');
  }
  *deliver(message: unknown): Generator<unknown, void, unknown> {
    for (;;) {
      try {
        this.send(message);
        return;
      } catch (error) {
        if (!(error instanceof noSpaceInBox)) throw error;
        this.pause();
        yield 1;
      }
    }
  }
}

/** The old form of a body. */
class Body extends component {
  override mainBody(): unknown {
    while (this.dataReady()) this.send(this.recv());
    return !this.canStop();
  }
  override closeDownComponent(): unknown {
    this.send(this.shutdownMsg, 'signal');
    return super.closeDownComponent();
  }
}

/** A component of the runtime among them. */
class OfTheRuntime extends Component {
  readonly inbox = this.in<unknown>('inbox', { capacity: 3 });
  readonly outbox = this.out<unknown>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

const KINDS = [Drains, Yields, OneAtATime, Retries, Body, OfTheRuntime];

function rowOf(random: () => number): Component[] {
  const row = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
    const Kind = KINDS[Math.floor(random() * KINDS.length)] as (typeof KINDS)[number];
    return new Kind();
  });
  row.forEach((part, at) => {
    // Only what retries may send into a box that refuses.
    const before = row[at - 1];
    if (!(part instanceof component) || !(before instanceof Retries || before instanceof OfTheRuntime)) return;
    if (random() < 0.7) part.setInboxSize('inbox', 1 + Math.floor(random() * 4));
  });
  return row;
}

async function runRow(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock, pick: seededOrder(seed), onSlice: () => checkInvariants(scheduler) });
  const row = rowOf(random);
  const numbers = Array.from({ length: Math.floor(random() * 200) }, (_, n) => n);
  const sink = new TestSink<unknown>();
  sink.hold();
  const untyped = Pipeline as unknown as (...parts: unknown[]) => Component;
  const pipeline = untyped(numbers, ...row, sink).activate({ scheduler, onLog: () => {} });
  const done = pipeline.done;
  done.catch(() => {});
  for (let taken = 0; taken <= numbers.length; taken += 7) {
    await clock.settle();
    sink.take(7);
  }
  sink.take();
  await done;
  expect(sink.messages).toEqual(numbers);
  expect(isFinished(pipeline)).toBe(true);
  for (const part of row) if (part instanceof component) expect(part._isStopped()).toBe(true);
}

describe('Rows of components written in the old ways', () => {
  it('lose and reorder nothing, keep their bounds, and end', { timeout: 0 }, async () => {
    const rows = Number(environment.KAMAELIA_MODEL_GRAPHS ?? 200);
    for (let seed = 1; seed <= rows; seed++) {
      try {
        await runRow(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
