// SPDX-License-Identifier: Apache-2.0
import { Component, TASK, UNBEGUN } from '../component.js';
import { disposeMessage } from '../dispose.js';
import { Step, type Steps } from '../steps.js';
import { FunctionStage } from './function-stage.js';
import { FusedRow } from './fusion.js';

/** The parts of a Node `Readable` a bridge uses; nothing of Node is imported. */
export interface NodeReadable extends AsyncIterable<unknown> {
  destroy(error?: Error): unknown;
  readonly readable: boolean;
}

/** The parts of a Node `Writable` a bridge uses. */
export interface NodeWritable {
  write(chunk: unknown): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  readonly writable: boolean;
}

/** What may stand first in a `Pipeline` beside a component. */
export type SourceLike<T = unknown> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>;
/** A plain or async function: its result is sent on, `null` and `undefined` are dropped. */
export type FunctionLike<T = never> = (message: T) => unknown;
/** What may stand last in a `Pipeline` beside a component and a function. */
export type SinkLike<T = never> = WritableStream<T> | NodeWritable;

// An iterable that never ends and meets no full inbox must still let others run.
const MESSAGES_PER_SLICE = 1024;

/** Sends what an iterable gives. */
export class IterableSource extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly #iterable: Iterable<unknown>;
  #begun = false;

  constructor(iterable: Iterable<unknown>) {
    super();
    this.#iterable = iterable;
  }

  [UNBEGUN](): void {
    if (!this.#begun) this.#iterable[Symbol.iterator]().return?.();
  }

  override *main(): Steps {
    this.#begun = true;
    const { outbox } = this;
    const iterator = this.#iterable[Symbol.iterator]();
    const row = new FusedRow(this[TASK], iterator, outbox, undefined);
    let held: unknown;
    // Or has failed: its return() is not called then.
    let ended = false;
    try {
      for (;;) {
        if (outbox.open) {
          const { outcome, result, taken } = row.run(MESSAGES_PER_SLICE);
          ended = outcome !== 'none';
          if (outcome === 'threw') throw result;
          if (ended) return;
          yield taken === MESSAGES_PER_SLICE ? Step.again : undefined;
        } else {
          ended = true;
          const item = iterator.next();
          if (item.done === true) return;
          ended = false;
          held = item.value;
          while (!outbox.open) yield;
          const message = held;
          held = undefined;
          outbox.send(message);
        }
      }
    } finally {
      if (!ended) iterator.return?.();
      // Stopped while it waited for room.
      disposeMessage(held);
    }
  }
}

/** Sends what an async iterable, a Node `Readable` among them, gives. */
export class AsyncIterableSource extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly #iterable: AsyncIterable<unknown>;
  #begun = false;

  constructor(iterable: AsyncIterable<unknown>) {
    super();
    this.#iterable = iterable;
  }

  [UNBEGUN](): void {
    if (!this.#begun) this.#close(this.#iterable[Symbol.asyncIterator](), undefined);
  }

  override *main(): Steps {
    this.#begun = true;
    const { outbox } = this;
    const iterator = this.#iterable[Symbol.asyncIterator]();
    let next: Promise<IteratorResult<unknown, unknown>> | undefined;
    let ended = false;
    try {
      for (;;) {
        while (!outbox.open) yield;
        // Promised or not, as for await takes it.
        next = Promise.resolve(iterator.next());
        const result = yield* this.until(next);
        next = undefined;
        if (result.done === true) {
          ended = true;
          return;
        }
        outbox.send(result.value);
      }
    } catch (error) {
      ended = true;
      throw error;
    } finally {
      if (!ended) this.#close(iterator, next);
    }
  }

  /** Stopped early. The iterator's `return()` may queue behind a `next()` that never settles, so nobody waits for it. */
  #close(iterator: AsyncIterator<unknown>, next: Promise<IteratorResult<unknown, unknown>> | undefined): void {
    next?.then(
      (late) => disposeMessage(late.value),
      () => {},
    );
    const { destroy } = this.#iterable as Partial<NodeReadable>;
    if (typeof destroy === 'function') destroy.call(this.#iterable);
    const closing = async () => iterator.return?.();
    closing().catch((error: unknown) => this.log('warn', `closing the source failed: ${String(error)}`));
  }
}

/** Sends what a `ReadableStream` gives. */
export class ReadableStreamSource extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly #stream: ReadableStream<unknown>;
  #begun = false;

  constructor(stream: ReadableStream<unknown>) {
    super();
    this.#stream = stream;
  }

  [UNBEGUN](): void {
    if (!this.#begun) this.#stream.cancel().catch(() => {});
  }

  override *main(): Steps {
    this.#begun = true;
    const { outbox } = this;
    const reader = this.#stream.getReader();
    let read: ReturnType<typeof reader.read> | undefined;
    try {
      for (;;) {
        while (!outbox.open) yield;
        read = reader.read();
        const result = yield* this.until(read);
        read = undefined;
        if (result.done) return;
        outbox.send(result.value);
      }
    } finally {
      read?.then(
        (late) => disposeMessage(late.value),
        () => {},
      );
      // Of a stream that has ended or failed this is ignored; its failure went up from until() above.
      reader.cancel().catch(() => {});
    }
  }
}

/** Writes each message to a Node `Writable`, and ends it (but never the process's own stdout or stderr). */
export class WritableSink extends Component {
  readonly inbox = this.in<unknown>('inbox', { capacity: 16 });
  readonly #writable: NodeWritable;
  #begun = false;

  constructor(writable: NodeWritable) {
    super();
    this.#writable = writable;
  }

  [UNBEGUN](): void {
    if (!this.#begun && !isStandardOutput(this.#writable)) this.#writable.destroy();
  }

  override *main(): Steps {
    this.#begun = true;
    const { inbox } = this;
    const writable = this.#writable;
    // One that has ended says nothing any more, so there would be nothing to wait for.
    if (writable.writable === false) {
      throw new TypeError(
        'Pipeline: Expected a Writable that is open but received one that has ended or was destroyed',
      );
    }
    const external = this.external();
    let error: unknown;
    let closed = false;
    let finished = false;
    const onError = (e: unknown) => {
      error = e ?? new Error('the stream failed');
      external.wake();
    };
    const onClose = () => {
      closed = true;
      external.wake();
    };
    const onFinish = () => {
      finished = true;
      external.wake();
    };
    let room = true;
    const onDrain = () => {
      room = true;
      external.wake();
    };
    const listeners = { error: onError, close: onClose, finish: onFinish, drain: onDrain };
    for (const [event, listener] of Object.entries(listeners)) writable.on(event, listener);
    try {
      while (!inbox.ended) {
        while (room && !closed && error === undefined && inbox.ready) room = writable.write(inbox.recv());
        if (error !== undefined) throw error;
        // The other side has gone without an error: nobody listens, which upstream learns from our end.
        if (closed) return;
        yield;
      }
      if (isStandardOutput(writable)) return;
      writable.end();
      while (!finished && !closed && error === undefined) yield;
      if (error !== undefined) throw error;
    } finally {
      for (const [event, listener] of Object.entries(listeners)) {
        if (event !== 'error') writable.off(event, listener);
      }
      if (!isStandardOutput(writable)) {
        // Destroying may still emit an error, which must find a listener.
        if (!finished && !closed) writable.destroy();
        else writable.off('error', onError);
      } else writable.off('error', onError);
    }
  }
}

/** Writes each message to a `WritableStream`, and closes it. */
export class WritableStreamSink extends Component {
  readonly inbox = this.in<unknown>('inbox', { capacity: 16 });
  readonly #stream: WritableStream<unknown>;
  #begun = false;

  constructor(stream: WritableStream<unknown>) {
    super();
    this.#stream = stream;
  }

  [UNBEGUN](): void {
    if (!this.#begun) this.#stream.abort().catch(() => {});
  }

  override *main(): Steps {
    this.#begun = true;
    const { inbox } = this;
    const writer = this.#stream.getWriter();
    let ended = false;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          yield* this.until(writer.ready);
          // A failed write makes the next `ready`, or close(), reject with the same error.
          writer.write(inbox.recv()).catch(() => {});
        }
        yield;
      }
      yield* this.until(writer.close());
      ended = true;
    } finally {
      if (!ended) writer.abort().catch(() => {});
      writer.closed.catch(() => {});
    }
  }
}

function isStandardOutput(writable: unknown): boolean {
  const { process } = globalThis as { process?: { stdout?: unknown; stderr?: unknown } };
  return process !== undefined && (writable === process.stdout || writable === process.stderr);
}

function has(value: object, ...methods: string[]): boolean {
  return methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
}

/** A component for what stands at `place` of a pipeline; undefined for what is no bridge at all. */
export function bridge(part: unknown, place: 'first' | 'middle' | 'last' | 'only'): Component | undefined {
  if (typeof part === 'function') return new FunctionStage(part as (message: unknown) => unknown);
  if (typeof part !== 'object' || part === null) return undefined;
  if (place === 'first') {
    if (has(part, 'getReader', 'cancel')) return new ReadableStreamSource(part as ReadableStream<unknown>);
    if (Symbol.asyncIterator in part) return new AsyncIterableSource(part as AsyncIterable<unknown>);
    if (Symbol.iterator in part) return new IterableSource(part as Iterable<unknown>);
  }
  if (place === 'last') {
    if (has(part, 'getWriter', 'abort')) return new WritableStreamSink(part as WritableStream<unknown>);
    if (has(part, 'write', 'end', 'on', 'off')) return new WritableSink(part as NodeWritable);
  }
  return undefined;
}
