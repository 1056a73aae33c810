// SPDX-License-Identifier: Apache-2.0
import { Component, disposeMessage, type Outbox, type Steps } from '@kamaelia/axon';
import { optionsObject, shown, trueOrFalse } from '../options.js';
import { sendToLinked } from './fan-out.js';

/** Options of {@link TPipe}. */
export interface TPipeOptions<T = unknown> {
  /** Which messages the action gets. Default: all. */
  readonly condition?: (message: T) => unknown;
  /** The component that gets them; it runs inside the pipe. */
  readonly action: Component;
  /** `'split'`, the default: they also go on. `'route'`: they go to the action only. */
  readonly mode?: 'split' | 'route';
  /** Send to the action. Default true. */
  readonly sink?: boolean;
  /** Send on what the action sends, between the other messages. Default false. */
  readonly source?: boolean;
}

/**
 * A branch in a pipeline: what passes through it also goes to a component inside it, its action, if a condition holds; or,
 * in mode `'route'`, only there. With `source` what the action sends joins the stream.
 *
 * The slower of the two ways holds back the producer. What goes both ways is the same object, to be read only; one that has
 * to be disposed is cloned, and without `clone()` fails the graph with a TypeError. When the action has ended, everything
 * goes on past it. The pipe ends with its stream and its action; what the condition throws fails the graph.
 *
 * `inbox`: messages of any kind.
 * `control`: commands, which go to `signal` and to the `control` of the action.
 * `outbox`: the messages that go on, and with `source` those of the action.
 * `signal`: the commands, and with `source` those of the action. Its field is `signalBox`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { TPipe } from '@kamaelia/components/routing';
 *
 * const halves = new TPipe({
 *   condition: (n) => n % 2 === 0,
 *   action: Pipeline((n) => `half of ${n}: ${n / 2}`),
 *   mode: 'route',
 *   source: true,
 * });
 * await Pipeline([1, 2, 3, 4], halves, (n) => console.log(n)).run();
 */
export class TPipe<T = unknown> extends Component {
  readonly inbox = this.in<T>('inbox');
  readonly control = this.in<unknown>('control');
  readonly outbox = this.out<T>('outbox');
  readonly signalBox = this.out<unknown>('signal');
  /** @internal The four boxes that lead to and from the action. */
  readonly #toAction = this.out<T>('action-inbox');
  /** @internal */
  readonly #commands = this.out<unknown>('action-control', { role: 'control' });
  /** @internal */
  readonly #fromAction = this.in<T>('action-outbox');
  /** @internal */
  readonly #signals = this.in<unknown>('action-signal', { priority: 'control' });
  readonly #condition: (message: T) => unknown;
  readonly #routes: boolean;
  readonly #source: boolean;

  constructor(options: TPipeOptions<T>) {
    super();
    const owner = 'TPipe';
    const known = ['condition', 'action', 'mode', 'sink', 'source'] as const;
    const {
      condition = () => true,
      action,
      mode = 'split',
      sink = true,
      source = false,
    } = optionsObject(owner, options, known);
    if (!((action as unknown) instanceof Component)) {
      throw new TypeError(`${owner}: Expected a component for action but received ${shown(action)}`);
    }
    if (typeof condition !== 'function') {
      throw new TypeError(`${owner}: Expected a function for condition but received ${shown(condition)}`);
    }
    if (mode !== 'split' && mode !== 'route') {
      throw new TypeError(`${owner}: Expected split or route for mode but received ${shown(mode)}`);
    }
    this.#condition = condition;
    this.#routes = mode === 'route';
    this.#source = trueOrFalse(owner, 'source', source);
    this.add(action, 'action');
    const boxes = action as { control?: unknown; signalBox?: unknown };
    if (trueOrFalse(owner, 'sink', sink)) this.link([this, 'action-inbox'], [action, 'inbox']);
    if (boxes.control !== undefined) this.link([this, 'action-control'], [action, 'control']);
    if (!source) return;
    this.link([action, 'outbox'], [this, 'action-outbox']);
    if (boxes.signalBox !== undefined) this.link([action, 'signal'], [this, 'action-signal']);
  }

  override *main(): Steps {
    const { inbox, control, outbox, signalBox } = this;
    const [fromAction, signals] = [this.#fromAction, this.#signals];
    while (!inbox.ended || (this.#source && this.parts.length > 0) || fromAction.length > 0) {
      while (control.ready) sendToLinked('TPipe', [signalBox, this.#commands], control.recv());
      while (signals.ready) signalBox.send(signals.recv());
      while (inbox.ready) this.#pass(inbox.recv());
      if (inbox.ended) this.#toAction.close();
      while (fromAction.ready) outbox.send(fromAction.recv());
      yield;
    }
  }

  #pass(message: T): void {
    let ways: Outbox<T>[];
    try {
      const goesThere = this.#toAction.linked && Boolean(this.#condition(message));
      if (goesThere) ways = this.#routes ? [this.#toAction] : [this.outbox, this.#toAction];
      else ways = [this.outbox];
    } catch (error) {
      disposeMessage(message);
      throw error;
    }
    sendToLinked('TPipe', ways, message);
  }
}
