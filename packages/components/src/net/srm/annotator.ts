// SPDX-License-Identifier: Apache-2.0
import { Component, type Inbox, type Outbox, type Steps } from '@kamaelia/axon';
import { optionsObject, wholeNumber } from '../../options.js';
import type { Tagged } from './simple-frame.js';

/** Options of {@link Annotator}. */
export interface AnnotatorOptions {
  /** Where the numbers begin again at 0, 2 to 2⁵³ - 1. Default 2³², as in `RecoverOrder`. */
  readonly modulo?: number;
}

const DEFAULT_MODULO = 2 ** 32;

/**
 * Numbers messages: 1, 2, 3 and so on.
 *
 * `inbox`: messages of any kind. `outbox`: `[number, message]`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Annotator } from '@kamaelia/components/net';
 *
 * await Pipeline(['one', 'two'], new Annotator(), ([n, message]) => console.log(n, message)).run();
 */
export class Annotator<T = unknown> extends Component {
  readonly inbox: Inbox<T> = this.in<T>('inbox');
  readonly outbox: Outbox<Tagged<T>> = this.out<Tagged<T>>('outbox');
  readonly #modulo: number;

  constructor(options: AnnotatorOptions = {}) {
    super();
    const owner = 'Annotator';
    const { modulo = DEFAULT_MODULO } = optionsObject(owner, options, ['modulo']);
    this.#modulo = wholeNumber(owner, 'modulo', modulo, 2, Number.MAX_SAFE_INTEGER);
  }

  override *main(): Steps {
    const { inbox, outbox } = this;
    let n = 1;
    while (!inbox.ended) {
      while (inbox.ready) {
        outbox.send([n, inbox.recv()]);
        n = (n + 1) % this.#modulo;
      }
      yield;
    }
  }
}
