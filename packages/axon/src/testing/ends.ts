// SPDX-License-Identifier: Apache-2.0
import { Component } from '../component.js';
import type { Outbox } from '../outbox.js';
import type { Steps } from '../steps.js';

/** Feeds a {@link TestSource}. */
export class TestInput<T = unknown> {
  readonly #wake: () => void;
  #waiting: T[];
  #closed = false;

  /** @internal Made by {@link TestSource}. */
  constructor(messages: Iterable<T>, wake: () => void) {
    this.#waiting = [...messages];
    this.#wake = wake;
  }

  /** Messages not delivered yet, because the destination is full. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** True when {@link close} was called and everything was delivered. */
  get drained(): boolean {
    return this.#closed && this.#waiting.length === 0;
  }

  /** Adds messages behind those that wait. */
  send(...messages: T[]): void {
    if (this.#closed) throw new Error('TestInput: Expected send() before close() but the input is closed');
    this.#waiting.push(...messages);
    this.#wake();
  }

  /** Ends the stream behind what was sent. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** @internal */
  deliver(outbox: Outbox<T>): void {
    let sent = 0;
    while (sent < this.#waiting.length && outbox.open) outbox.send(this.#waiting[sent++] as T);
    this.#waiting = this.#waiting.slice(sent);
  }
}

/**
 * Sends messages as its destination has room: those given, and then the end of the stream; or, given none, whatever
 * a test puts into {@link input}, until that is closed.
 *
 * `outbox`: the messages.
 *
 * @example
 * import assert from 'node:assert/strict';
 * import { Pipeline } from '@kamaelia/axon';
 * import { TestSink, TestSource } from '@kamaelia/axon/testing';
 *
 * const source = new TestSource();
 * const sink = new TestSink();
 * const running = Pipeline(source, sink).run();
 * source.input.send('a', 'b');
 * source.input.close();
 * await running;
 * assert.deepEqual(sink.messages, ['a', 'b']);
 */
export class TestSource<T = unknown> extends Component {
  readonly outbox = this.out<T>('outbox');
  /** Where a test puts further messages. */
  readonly input: TestInput<T>;

  /** @param messages What is sent before the end of the stream. Absent: what a test puts into `input`. */
  constructor(messages?: Iterable<T>) {
    super();
    const external = this.external();
    this.input = new TestInput<T>(messages ?? [], () => external.wake());
    if (messages !== undefined) this.input.close();
  }

  override *main(): Steps {
    const { input, outbox } = this;
    for (;;) {
      input.deliver(outbox);
      if (input.drained) return;
      yield;
    }
  }
}

/**
 * Records what arrives, with its time; takes everything at once unless `hold()` was called.
 *
 * `inbox`: messages of any kind.
 *
 * @example
 * import assert from 'node:assert/strict';
 * import { Pipeline } from '@kamaelia/axon';
 * import { TestSink } from '@kamaelia/axon/testing';
 *
 * const sink = new TestSink();
 * await Pipeline([1, 2], (n) => n * 2, sink).run();
 * assert.deepEqual(sink.messages, [2, 4]);
 * assert.equal(sink.ended, true);
 */
export class TestSink<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly #external = this.external();
  /** Everything taken so far, in order. The sink owns them; a test may. */
  readonly messages: T[] = [];
  /** Arrival of each message in milliseconds since {@link startUs}. */
  readonly timesMs: number[] = [];
  /** Time that counts as 0 in `timesMs`, in microseconds of the clock. */
  startUs = 0;
  #ended = false;
  #allowed = Number.POSITIVE_INFINITY;

  /** True when the stream has ended and everything was taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** From now on takes nothing, so that the inbox fills. */
  hold(): void {
    this.#allowed = 0;
  }

  /** Takes `count` more messages, or everything again. */
  take(count: number = Number.POSITIVE_INFINITY): void {
    this.#allowed += count;
    this.#external.wake();
  }

  override *main(): Steps {
    const { inbox } = this;
    while (!inbox.ended) {
      while (this.#allowed > 0 && inbox.ready) {
        this.#allowed--;
        this.messages.push(inbox.recv());
        this.timesMs.push((this.clock.now() - this.startUs) / 1000);
      }
      yield;
    }
    this.#ended = true;
  }
}
