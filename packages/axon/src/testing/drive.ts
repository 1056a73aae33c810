// SPDX-License-Identifier: Apache-2.0
import { adopt } from '../chassis/children.js';
import type { ComponentInput, ComponentOutput } from '../chassis/pipeline.js';
import { VirtualClock } from '../clock.js';
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import { connect } from '../link.js';
import type { LogEntry } from '../log.js';
import { Scheduler } from '../scheduler.js';
import type { Duration } from '../steps.js';
import { type TestInput, TestSink, TestSource } from './ends.js';

/** A clock that stands still until `advance({ ms })`. Graphs on one clock share a scheduler. */
export function virtualClock(): VirtualClock {
  return new VirtualClock();
}

/** Options of {@link drive}. */
export interface DriveOptions {
  /** Default: a new virtual clock. */
  readonly clock?: VirtualClock;
  /** Default: the scheduler of a new one on `clock`. */
  readonly scheduler?: Scheduler;
  /** The sinks take nothing until `run.outbox.take()`; by default they take everything at once. */
  readonly held?: boolean;
}

/** A component under test, with a source at each inbox and a sink at each outbox. */
export interface Drive<I, O> {
  readonly clock: VirtualClock;
  /** Feeds the component's `inbox`. */
  readonly inbox: TestInput<I>;
  /** Records what the component's `outbox` sends. */
  readonly outbox: TestSink<O>;
  /** What was logged so far. */
  readonly logs: readonly LogEntry[];
  /** Settles when the component has ended. Virtual time does not pass by itself: see `advance` and `finish`. */
  readonly done: Promise<void>;
  /** Lets virtual time pass; resolves when everything due by then has happened. */
  advance(duration: Duration): Promise<void>;
  /** Resolves when the component has done all it can at this instant. */
  settle(): Promise<void>;
  /** Goes from timer to timer until the component has ended; rejects if it failed. */
  finish(): Promise<void>;
  /** Feeds another inbox. */
  input<T = unknown>(name: string): TestInput<T>;
  /** The sink at another outbox. */
  output<T = unknown>(name: string): TestSink<T>;
  /** Stops the component in order. */
  stop(): void;
  /** Stops the component at once. */
  abort(reason?: unknown): void;
}

class Bench extends Component {
  readonly sources = new Map<string, TestSource>();
  readonly sinks = new Map<string, TestSink>();

  constructor(subject: Component, inputs: Readonly<Record<string, Iterable<unknown> | undefined>>, held: boolean) {
    super();
    // The article's boxes come into being when they are named.
    if (subject[TASK].ins.length === 0 && subject[TASK].outs.length === 0) {
      inboxOf(subject, 'inbox');
      outboxOf(subject, 'outbox');
    }
    for (const name of Object.keys(inputs)) inboxOf(subject, name);
    for (const inbox of subject[TASK].ins.filter((box) => box.from.length === 0)) {
      const messages = inputs[inbox.name];
      const source = new TestSource(messages);
      this.sources.set(inbox.name, source);
      connect(source.outbox, inbox);
    }
    for (const outbox of subject[TASK].outs.filter((box) => box.to === undefined)) {
      const sink = new TestSink();
      if (held) sink.hold();
      this.sinks.set(outbox.name, sink);
      connect(outbox, sink.inbox);
    }
    for (const source of this.sources.values()) adopt(this, source);
    adopt(this, subject);
    for (const sink of this.sinks.values()) adopt(this, sink);
  }
}

/**
 * Runs one component (or chassis) alone, on a virtual clock. Inboxes named in `inputs` receive those messages and the
 * end of the stream; the others stay open for `run.inbox.send()` and `run.input(name)`.
 *
 * @example
 * const run = drive(new Doubler(), { inbox: [1, 2, 3] });
 * await run.done;
 * expect(run.outbox.messages).toEqual([2, 4, 6]);
 */
export function drive<C extends Component>(
  component: C,
  inputs: Readonly<Record<string, Iterable<unknown> | undefined>> = {},
  options: DriveOptions = {},
): Drive<ComponentInput<C>, ComponentOutput<C>> {
  const clock = options.clock ?? virtualClock();
  const bench = new Bench(component, inputs, options.held === true);
  const logs: LogEntry[] = [];
  const scheduler = options.scheduler ?? new Scheduler({ clock });
  const startUs = clock.now();
  for (const sink of bench.sinks.values()) sink.startUs = startUs;
  bench.activate({ scheduler, onLog: (entry) => logs.push(entry) });
  const { done } = bench;
  // A test that looks only at the messages must not fail for a rejection it did not ask for twice.
  done.catch(() => {});
  let ended = false;
  const atEnd = () => {
    ended = true;
  };
  done.then(atEnd, atEnd);
  const end = <T>(ends: ReadonlyMap<string, T>, name: string): T => {
    const found = ends.get(name);
    if (found === undefined) {
      throw new RangeError(
        `drive: Expected one of ${[...ends.keys()].join(', ')} but received ${JSON.stringify(name)}`,
      );
    }
    return found;
  };
  return {
    clock,
    get inbox() {
      return end(bench.sources, 'inbox').input as TestInput<ComponentInput<C>>;
    },
    get outbox() {
      return end(bench.sinks, 'outbox') as TestSink<ComponentOutput<C>>;
    },
    logs,
    done,
    advance: (duration) => clock.advance(duration),
    settle: () => clock.settle(),
    finish: async () => {
      await clock.settle();
      while (!ended && (await clock.advanceToNextAlarm()));
      await done;
    },
    input: <T>(name: string) => end(bench.sources, name).input as TestInput<T>,
    output: <T>(name: string) => end(bench.sinks, name) as TestSink<T>,
    stop: () => bench.stop(),
    abort: (reason) => bench.abort(reason),
  };
}
