// SPDX-License-Identifier: Apache-2.0
import { Component, type Inbox, type InboxOptions, type Outbox } from '@kamaelia/axon';
import { shown } from '../options.js';
import { Splitter } from './splitter.js';

/**
 * A {@link Splitter} that also sends to its own `outbox` and `signal`, so that it stands in a pipeline while others are
 * plugged into it; see {@link Plug}. It may hold the component whose messages it splits: that gets what comes to `inbox` and
 * `control` then, and the splitter ends with it.
 *
 * `inbox`: messages of any kind, or what the component inside takes.
 * `control`: commands; a `producerFinished` or `shutdownMicroprocess` ends it, once it has been passed on.
 * `configuration`: `addsink` and `removesink`.
 * `outbox`: the messages.
 * `signal`: the commands. Its field is `signalBox`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Plug, PlugSplitter } from '@kamaelia/components/routing';
 *
 * const late = (n) => new Promise((resolve) => setTimeout(resolve, 10, n));
 * const splitter = new PlugSplitter();
 * const plug = new Plug(splitter, Pipeline((n) => console.log('plugged in:', n))).activate();
 * await Pipeline([1, 2], late, splitter, (n) => console.log(n)).run();
 * await plug.done;
 */
export class PlugSplitter<T = unknown> extends Splitter<T> {
  readonly outbox: Outbox<T> = this.out<T>('outbox', { role: 'control' });
  readonly signalBox: Outbox<unknown> = this.out<unknown>('signal');
  readonly #source: { readonly inbox: Inbox; readonly control: Inbox } | undefined;

  /** @param sourceComponent What it holds; without it, it splits what comes to its inbox. */
  constructor(sourceComponent?: Component) {
    super();
    if (sourceComponent === undefined) return;
    if (!(sourceComponent instanceof Component)) {
      throw new TypeError(
        `PlugSplitter: Expected a component for sourceComponent but received ${shown(sourceComponent)}`,
      );
    }
    this.add(sourceComponent, 'source');
    // Boxes that only a splitter with a source has.
    const from = (box: string, options: InboxOptions = {}) => this.in(`source-${box}`, options);
    this.#source = { inbox: from('outbox'), control: from('signal', { priority: 'control' }) };
    this.link([sourceComponent, 'outbox'], [this, 'source-outbox']);
    const { inbox, control, signalBox } = sourceComponent as {
      inbox?: unknown;
      control?: unknown;
      signalBox?: unknown;
    };
    if (signalBox !== undefined) this.link([sourceComponent, 'signal'], [this, 'source-signal']);
    if (inbox !== undefined) this.link([this, 'inbox'], [sourceComponent, 'inbox']);
    if (control !== undefined) this.link([this, 'control'], [sourceComponent, 'control']);
  }

  protected override get ownOutboxes(): readonly Outbox[] {
    return [this.outbox as Outbox];
  }

  protected override get ownSignals(): readonly Outbox[] {
    return [this.signalBox];
  }

  protected override get source(): { readonly inbox: Inbox; readonly control: Inbox } {
    return this.#source ?? super.source;
  }
}
