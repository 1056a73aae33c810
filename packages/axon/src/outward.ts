// SPDX-License-Identifier: Apache-2.0
// What a graph sends, for code that is none: async iterables, Node streams, web streams.

import { newInbox } from './bounded-inbox.js';
import { type Component, outboxOf, type RunOptions, TASK } from './component.js';
import { disposeMessage } from './dispose.js';
import { withOne } from './few.js';
import type { Inbox } from './inbox.js';
import { connect } from './link.js';
import type { Steps } from './steps.js';
import { DONE, walkTasks } from './task.js';

const CAPACITY = 16;

/** The part of Node's `stream.Readable` that is named here; nothing of Node is imported. */
export interface ReadableOfNode extends AsyncIterable<unknown> {
  pipe<W>(destination: W): W;
  destroy(error?: Error): this;
}

/** Components that run as soon as somebody asks for what they send. */
const awaited = new WeakSet<Component>();

/** @internal Refuses to run a component beside what `values()` and its like gave: nobody might ever take what it sends. */
export function refuseOutward(component: Component): void {
  if (!awaited.has(component)) return;
  throw new Error(
    `${component.path}: Expected one of run(), values(), toWeb() and toReadable() but received two of them`,
  );
}

/**
 * Takes what a component sends, as it is asked for: the inbox is a part of the component, so both are one graph.
 * Messages wait in it up to its capacity, and hold the component back like any consumer's.
 */
class Outlet<T> implements AsyncIterator<T, undefined> {
  readonly #component: Component;
  readonly #collector: Component;
  readonly #inbox: Inbox<T>;
  readonly #options: RunOptions;
  /** Disposes of each message when the next is asked for. */
  readonly #disposes: boolean;
  #last: T | undefined;
  #begun = false;
  #over = false;
  #settled = false;
  #wanted: (() => void) | undefined;

  constructor(component: Component, collector: Component, options: RunOptions, disposes: boolean) {
    this.#component = component;
    this.#collector = collector;
    this.#options = options;
    this.#disposes = disposes;
    const task = collector[TASK];
    task.name = 'values';
    // It waits for the world outside: whoever asks for the next message.
    task.externals++;
    task.onEnd = () => this.#tell();
    this.#inbox = newInbox<T>(task, 'inbox', { capacity: CAPACITY });
    task.ins = withOne(task.ins, this.#inbox as Inbox);
    collector.main = () => this.#main();
    connect(outboxOf(component, 'outbox'), this.#inbox as Inbox);
    awaited.add(component);
  }

  *#main(): Steps {
    while (!this.#over && !this.#inbox.ended) {
      this.#tell();
      yield;
    }
    this.#tell();
  }

  #tell(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    awaited.delete(this.#component);
    this.#component.activate(this.#options);
    // Whoever iterates hears of a failure from next().
    this.#component.done.catch(() => {});
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    this.#letGo();
    this.#begin();
    const inbox = this.#inbox;
    const { scheduler } = this.#collector[TASK];
    while (!this.#over) {
      if (inbox.count > 0) {
        const value = inbox.recv();
        // The end of the stream is seen when the last message was taken.
        scheduler.notify(this.#collector[TASK]);
        if (this.#disposes) this.#last = value;
        return { done: false, value };
      }
      if (inbox.ended || this.#collector[TASK].state === DONE) break;
      await new Promise<void>((resolve) => {
        const before = this.#wanted;
        this.#wanted = () => {
          before?.();
          resolve();
        };
      });
    }
    this.#over = true;
    await this.#settle();
    return { done: true, value: undefined };
  }

  /** How the component ended is told once: like a generator's, an iterator that has thrown is at its end, and not broken. */
  async #settle(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    await this.#component.done;
  }

  /** Nobody wants any more: the component is stopped like one whose consumer has ended. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#letGo();
    this.#over = true;
    if (this.#begun) {
      const task = this.#collector[TASK];
      task.scheduler.requestStop(task);
    } else {
      // None begins its work, but sources close what they were given.
      walkTasks(this.#component[TASK], (below) => {
        below.stopRequested = true;
      });
      this.#begin();
    }
    await this.#settle();
    return { done: true, value: undefined };
  }

  #letGo(): void {
    if (this.#last !== undefined) disposeMessage(this.#last);
    this.#last = undefined;
  }
}

/** @internal See {@link Component.values}. */
export function valuesOf<T>(component: Component, collector: Component, options: RunOptions): AsyncIterableIterator<T> {
  const outlet = new Outlet<T>(component, collector, options, true);
  const iterator: AsyncIterableIterator<T> = {
    next: () => outlet.next(),
    return: () => outlet.return(),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** @internal See {@link Component.toWeb}. */
export function webStreamOf<T>(component: Component, collector: Component, options: RunOptions): ReadableStream<T> {
  const outlet = new Outlet<T>(component, collector, options, false);
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await outlet.next();
        if (done === true) controller.close();
        else enqueue(controller, value);
      },
      cancel: () => outlet.return().then(() => {}),
    },
    { highWaterMark: 0 },
  );
}

function enqueue<T>(controller: ReadableStreamDefaultController<T>, value: T): void {
  try {
    controller.enqueue(value);
  } catch {
    // It was cancelled while the message was on its way.
    disposeMessage(value);
  }
}

interface PushedStream extends ReadableOfNode {
  readonly destroyed: boolean;
  readonly readableLength: number;
  push(message: unknown): boolean;
}

interface ReadableOptions {
  readonly objectMode: true;
  readonly highWaterMark: number;
  read(this: PushedStream): void;
  destroy(this: PushedStream, error: Error | null, done: (error: Error | null) => void): void;
}

interface NodeProcess {
  getBuiltinModule?(name: 'node:stream'): {
    readonly Readable: new (options: ReadableOptions) => ReadableOfNode;
  };
}

/** @internal See {@link Component.toReadable}. */
export function readableOf(component: Component, collector: Component, options: RunOptions): ReadableOfNode {
  const { process } = globalThis as { process?: NodeProcess };
  const stream = process?.getBuiltinModule?.('node:stream');
  if (stream === undefined) throw new TypeError(`${component.path}: Expected Node for toReadable(); use toWeb()`);
  const outlet = new Outlet<unknown>(component, collector, options, false);
  /** What the stream was given last: at the end of it, what it was not read of yet. */
  let given: unknown[] = [];
  const unread = (length: number) => given.slice(given.length - length);
  return new stream.Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      outlet.next().then(
        ({ done, value }) => {
          if (this.destroyed) {
            disposeMessage(value);
          } else if (done !== true && value === null) {
            this.destroy(new TypeError(`${component.path}: Expected messages that are not null for toReadable()`));
          } else {
            given = unread(this.readableLength);
            if (done !== true) given.push(value);
            this.push(done === true ? null : value);
          }
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      for (const message of unread(this.readableLength)) disposeMessage(message);
      given = [];
      outlet.return().then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      );
    },
  });
}
