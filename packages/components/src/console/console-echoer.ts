// SPDX-License-Identifier: Apache-2.0
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { anyString, optionsObject, trueOrFalse } from '../options.js';

/** Options of {@link ConsoleEchoer}. */
export interface ConsoleEchoerOptions {
  /** Sends each message on to `outbox` when it has been written. Default false. */
  readonly forwarder?: boolean;
  /** Writes what `util.inspect` makes of each message, for debugging. Default false. */
  readonly useRepr?: boolean;
  /** Written before each message. Default none. */
  readonly tag?: string;
  /** Default `process.stdout`. It is not closed. */
  readonly output?: Writable;
}

/**
 * Writes messages to the console: text as it is, bytes as they are, anything else as `String(message)` gives it.
 * Nothing is added, so lines bring their own end.
 *
 * It takes messages only as fast as the output takes them. When the reader of the output has gone (`EPIPE`), it ends
 * quietly, and with it what feeds it.
 *
 * `inbox`: messages of any kind; the echoer owns them, or sends them on to `outbox` as a `forwarder`.
 * `outbox`: the same messages, of a `forwarder`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ConsoleEchoer } from '@kamaelia/components/console';
 *
 * await Pipeline(['hello ', 'world\n'], new ConsoleEchoer()).run();
 */
export class ConsoleEchoer<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<T>('outbox');
  readonly #forwarder: boolean;
  readonly #useRepr: boolean;
  readonly #tag: string;
  readonly #output: Writable;

  constructor(options: ConsoleEchoerOptions = {}) {
    super();
    const owner = 'ConsoleEchoer';
    const {
      forwarder = false,
      useRepr = false,
      tag = '',
      output,
    } = optionsObject(owner, options, ['forwarder', 'useRepr', 'tag', 'output']);
    this.#forwarder = trueOrFalse(owner, 'forwarder', forwarder);
    this.#useRepr = trueOrFalse(owner, 'useRepr', useRepr);
    this.#tag = anyString(owner, 'tag', tag);
    this.#output = output ?? process.stdout;
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    const output = this.#output;
    const external = this.external();
    let unwritten = 0;
    let room = true;
    let gone = false;
    let ended = false;
    let failure: unknown;
    const onDrain = () => {
      room = true;
      external.wake();
    };
    const onError = (error: unknown) => {
      gone = true;
      const { code } = (error ?? {}) as NodeJS.ErrnoException;
      if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') failure ??= error;
      external.wake();
    };
    const onClose = () => {
      gone = true;
      external.wake();
    };
    const onWritten = (error?: Error | null) => {
      unwritten--;
      if (error) onError(error);
      external.release();
      external.wake();
      if (ended) detachWhenQuiet();
    };
    // What is still being written may fail after the end, which would end the process if nobody listened.
    const detachWhenQuiet = () => {
      if (!gone && unwritten === 0) output.off('error', onError);
    };
    output.on('drain', onDrain);
    output.on('error', onError);
    output.on('close', onClose);
    try {
      while (!gone && !(inbox.ended && unwritten === 0)) {
        while (room && !gone && inbox.ready) {
          const message = inbox.recv();
          unwritten++;
          external.hold();
          room = output.write(this.#shown(message), onWritten);
          if (this.#forwarder) outbox.send(message);
          else disposeMessage(message);
        }
        yield;
      }
      if (failure !== undefined) throw failure;
    } finally {
      output.off('drain', onDrain);
      output.off('close', onClose);
      ended = true;
      detachWhenQuiet();
    }
  }

  #shown(message: T): string | Uint8Array {
    if (this.#useRepr) return `${this.#tag}${inspect(message)}`;
    if (!(message instanceof Uint8Array)) return `${this.#tag}${String(message)}`;
    return this.#tag === '' ? message : Buffer.concat([Buffer.from(this.#tag), message]);
  }
}
