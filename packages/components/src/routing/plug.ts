// SPDX-License-Identifier: Apache-2.0
import { type BranchOptions, Component, type Inbox, type Outbox, type Steps } from '@kamaelia/axon';
import { shown } from '../options.js';
import { addsink, removesink, Splitter } from './splitter.js';

/**
 * Plugs a component into a running {@link PlugSplitter} (or {@link Splitter}): it gets the messages and commands from then on,
 * and when it has ended it is taken out again, and the plug ends. What it sends comes out of the plug.
 *
 * `outbox`, `signal`: what the component sends there. The field of `signal` is `signalBox`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { Plug, PlugSplitter } from '@kamaelia/components/routing';
 *
 * const late = (n) => new Promise((resolve) => setTimeout(resolve, 10, n));
 * const splitter = new PlugSplitter();
 * const squares = Pipeline(new Plug(splitter, Pipeline((n) => n * n)), (n) => console.log('square:', n)).activate();
 * await Pipeline([2, 3], late, splitter).run();
 * await squares.done;
 */
export class Plug<T = unknown> extends Component {
  /** @internal The splitter sends here. */
  readonly inbox: Inbox = this.in('inbox');
  /** @internal */
  readonly control: Inbox = this.in('control');
  readonly outbox: Outbox<T> = this.out<T>('outbox');
  readonly signalBox: Outbox<unknown> = this.out<unknown>('signal');
  /** @internal Linked to the splitter when the plug begins. */
  readonly #configure = this.out<addsink | removesink>('configuration', { role: 'control' });
  readonly #splitter: Splitter<never> | Splitter;
  readonly #options: BranchOptions;
  readonly #controlled: boolean;

  /**
   * @param splitter It has to run when the plug begins.
   * @param component What is plugged in.
   * @param options What happens when it is slow: by default the senders wait for it.
   */
  constructor(splitter: Splitter<never> | Splitter, component: Component, options: BranchOptions = {}) {
    super();
    if (!(splitter instanceof Splitter)) {
      throw new TypeError(`Plug: Expected a Splitter or PlugSplitter for splitter but received ${shown(splitter)}`);
    }
    if (!(component instanceof Component)) {
      throw new TypeError(`Plug: Expected a component for component but received ${shown(component)}`);
    }
    this.#splitter = splitter;
    this.#options = options;
    this.add(component, 'plugged');
    const { outbox, control, signalBox } = component as { outbox?: unknown; control?: unknown; signalBox?: unknown };
    this.link([this, 'inbox'], [component, 'inbox']);
    this.#controlled = control !== undefined;
    if (control !== undefined) this.link([this, 'control'], [component, 'control']);
    if (outbox !== undefined) this.link([component, 'outbox'], [this, 'outbox']);
    if (signalBox !== undefined) this.link([component, 'signal'], [this, 'signal']);
  }

  override *main(): Steps {
    const control = this.#controlled ? 'control' : null;
    this.link([this, 'configuration'], [this.#splitter, 'configuration']);
    this.#configure.send(new addsink(this, 'inbox', control, this.#options));
    while (this.parts.length > 0) yield;
    this.#configure.send(new removesink(this, 'inbox', control));
  }
}
