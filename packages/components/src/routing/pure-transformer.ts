// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Steps } from '@kamaelia/axon';
import { shown } from '../options.js';

/**
 * Calls a function with each message and sends its result. `null` and `undefined` are not sent; `0`, `''` and `false`
 * are. A promise is waited for, so the order stays.
 *
 * The function owns the message: what it neither returns nor passes on it disposes. What it throws fails the graph. A
 * subclass may define `processMessage` instead of giving a function.
 *
 * `inbox`: what the function takes.
 * `outbox`: what it gives.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { PureTransformer } from '@kamaelia/components/routing';
 *
 * const upper = new PureTransformer((line) => (line === '' ? null : line.toUpperCase()));
 * await Pipeline(['to strive', '', 'to seek'], upper, (line) => console.log(line)).run();
 */
export class PureTransformer<I = unknown, O = unknown> extends Component {
  readonly inbox = this.in<I>('inbox');
  readonly outbox = this.out<O>('outbox');
  readonly #function: ((message: I) => Transformed<O>) | undefined;

  /** @param transform Gives what is sent for a message. Absent where a subclass defines `processMessage`. */
  constructor(transform?: (message: I) => Transformed<O>) {
    super();
    const defined = this.processMessage !== PureTransformer.prototype.processMessage;
    if (typeof transform !== 'function' && !(transform === undefined && defined)) {
      throw new TypeError(`${new.target.name}: Expected a function but received ${shown(transform)}`);
    }
    this.#function = transform;
  }

  /** The work for one message. */
  processMessage(message: I): Transformed<O> {
    return this.#function?.(message);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let pending: PromiseLike<O | null | undefined> | undefined;
    try {
      while (!inbox.ended) {
        while (inbox.ready) {
          let result = this.processMessage(inbox.recv());
          if (isPromise(result)) {
            pending = result;
            result = yield* this.until(pending);
            pending = undefined;
          }
          if (result !== null && result !== undefined) outbox.send(result as O);
        }
        yield;
      }
    } finally {
      // Stopped while the function was at work: its late result is nobody's.
      pending?.then(disposeMessage, () => {});
    }
  }
}

/** What a {@link PureTransformer}'s function may give. */
export type Transformed<O> = O | null | undefined | PromiseLike<O | null | undefined>;

function isPromise<O>(result: Transformed<O>): result is PromiseLike<O | null | undefined> {
  return typeof result === 'object' && result !== null && typeof (result as PromiseLike<O>).then === 'function';
}
