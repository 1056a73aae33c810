// SPDX-License-Identifier: Apache-2.0

import type { Component } from '@kamaelia/axon';
import { type Inbox, type Outbox, Pipeline } from '@kamaelia/axon';
import type { Sendable } from '../../bytes.js';
import { Annotator } from './annotator.js';
import { DataChunker } from './data-chunker.js';
import { DataDeChunker } from './data-de-chunker.js';
import { DeFramer } from './de-framer.js';
import { Framer } from './framer.js';
import { RecoverOrder } from './recover-order.js';
import type { Tagged } from './simple-frame.js';

/** What {@link SRM_Sender} makes. */
export type SRMSender = Component & { readonly inbox: Inbox<Sendable>; readonly outbox: Outbox<Uint8Array> };
/** What {@link SRM_Receiver} makes. */
export type SRMReceiver = Component & { readonly inbox: Inbox<Sendable>; readonly outbox: Outbox<Tagged> };

/**
 * Numbers, frames and marks messages, so that `SRM_Receiver` can put them in order and leave out those that came twice
 * or not whole, behind a connection that loses, doubles and mixes them: a pipeline of `Annotator`, `Framer` and
 * `DataChunker`. What is lost is not sent again.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: a `Uint8Array` for each.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SRM_Receiver, SRM_Sender } from '@kamaelia/components/net';
 *
 * await Pipeline(['one', 'two'], SRM_Sender(), SRM_Receiver(), ([n, data]) => console.log(n, data.length)).run();
 */
export function SRM_Sender(): SRMSender {
  return Pipeline(new Annotator<Sendable>(), new Framer(), new DataChunker());
}

/**
 * Receives what `SRM_Sender` sent: a pipeline of `DataDeChunker`, `DeFramer` and `RecoverOrder`. The numbers that are
 * missing say what was lost.
 *
 * `inbox`: `Uint8Array`s, or strings as UTF-8. `outbox`: `[number, data]`, numbers from 1.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { SRM_Receiver, SRM_Sender } from '@kamaelia/components/net';
 *
 * await Pipeline(['one', 'two'], SRM_Sender(), SRM_Receiver(), ([n, data]) => console.log(n, data.length)).run();
 */
export function SRM_Receiver(): SRMReceiver {
  return Pipeline(new DataDeChunker(), new DeFramer(), new RecoverOrder<Uint8Array>());
}
