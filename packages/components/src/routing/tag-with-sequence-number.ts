// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { owningList } from '../messages.js';
import { optionsObject, wholeNumber } from '../options.js';

/** Options of {@link TagWithSequenceNumber}. */
export interface TagWithSequenceNumberOptions {
  /** Number of the first message, a safe integer. Default 0. */
  readonly initial?: number;
}

/**
 * Numbers messages.
 *
 * `inbox`: messages of any kind.
 * `outbox`: `[number, message]`. Where the message has to be disposed, disposing the pair does that.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { TagWithSequenceNumber } from '@kamaelia/components/routing';
 *
 * const numbered = new TagWithSequenceNumber({ initial: 1 });
 * await Pipeline(['first', 'second'], numbered, ([number, line]) => console.log(`${number}: ${line}`)).run();
 */
export class TagWithSequenceNumber<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly outbox = this.out<readonly [number, T]>('outbox');
  readonly #initial: number;

  constructor(options: TagWithSequenceNumberOptions = {}) {
    super();
    const owner = 'TagWithSequenceNumber';
    const { initial = 0 } = optionsObject(owner, options, ['initial']);
    this.#initial = wholeNumber(owner, 'initial', initial, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let number = this.#initial;
    while (!inbox.ended) {
      while (inbox.ready) outbox.send(owningList<[number, T]>([number++, inbox.recv()]));
      yield;
    }
  }
}
