// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { bytesOf, type Sendable } from '../../bytes.js';
import { shown } from '../../options.js';
import { encodeFrame, type Tagged } from './simple-frame.js';

/**
 * Makes a frame of each pair of a number and its data: `number length\n` in front of the data, so that `DeFramer` can
 * tell whether all of it has come.
 *
 * `inbox`: `[number, data]`, a whole number and a `Uint8Array`, or a string as UTF-8. `outbox`: a `Uint8Array` for each.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Framer } from '@kamaelia/components/net';
 *
 * const frames = (frame) => console.log(JSON.stringify(new TextDecoder().decode(frame)));
 * await Pipeline([[1, 'one'], [2, 'two']], new Framer(), frames).run();
 */
export class Framer extends Component {
  readonly inbox = this.in<Tagged<Sendable>>('inbox');
  readonly outbox = this.out<Uint8Array>('outbox');

  override *main(): Steps {
    const { inbox, outbox } = this;
    while (!inbox.ended) {
      while (inbox.ready) {
        const message = inbox.recv();
        if (!Array.isArray(message) || message.length !== 2 || !Number.isSafeInteger(message[0])) {
          throw new TypeError(`Framer: Expected [number, data] for a message but received ${shown(message)}`);
        }
        outbox.send(encodeFrame([message[0], bytesOf('Framer', message[1])]));
      }
      yield;
    }
  }
}
