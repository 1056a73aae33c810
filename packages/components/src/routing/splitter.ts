// SPDX-License-Identifier: Apache-2.0
import {
  Branch,
  type BranchOptions,
  Component,
  disposeMessage,
  type Inbox,
  type Link,
  link,
  type Outbox,
  type Steps,
  unlink,
} from '@kamaelia/axon';
import { producerFinished, shutdownMicroprocess } from '@kamaelia/axon/compat';
import { nonEmptyString, shown } from '../options.js';
import { sendToLinked } from './fan-out.js';

function boxOf(owner: string, name: string, box: unknown): string | null {
  return box === null || box === undefined ? null : nonEmptyString(owner, name, box);
}

/** Asks a {@link Splitter} to send to a component, too. */
export class addsink {
  readonly sink: Component;
  readonly sinkbox: string | null;
  readonly sinkcontrol: string | null;
  /** What happens when it is slow. */
  readonly options: BranchOptions;

  /**
   * @param sink A component that runs.
   * @param sinkbox Its inbox for the messages; null for none. Default `inbox`.
   * @param sinkcontrol Its inbox for the commands; null, the default, for none.
   * @param options What happens when it is slow: by default the senders wait for it.
   */
  constructor(
    sink: Component,
    sinkbox: string | null = 'inbox',
    sinkcontrol: string | null = null,
    options: BranchOptions = {},
  ) {
    if (!(sink instanceof Component)) {
      throw new TypeError(`addsink: Expected a component for sink but received ${shown(sink)}`);
    }
    this.sink = sink;
    this.sinkbox = boxOf('addsink', 'sinkbox', sinkbox);
    this.sinkcontrol = boxOf('addsink', 'sinkcontrol', sinkcontrol);
    this.options = options;
  }
}

/** Asks a {@link Splitter} to send to a component no more. */
export class removesink {
  readonly sink: Component;
  readonly sinkbox: string | null;
  readonly sinkcontrol: string | null;

  /** The same as were given to {@link addsink}; what was added by others stays. */
  constructor(sink: Component, sinkbox: string | null = 'inbox', sinkcontrol: string | null = null) {
    this.sink = sink;
    this.sinkbox = boxOf('removesink', 'sinkbox', sinkbox);
    this.sinkcontrol = boxOf('removesink', 'sinkcontrol', sinkcontrol);
  }
}

/** An outbox that leads to a sink's box, until it is free for another. */
interface Way {
  readonly outbox: Outbox;
  readonly sink: Component;
  readonly box: string;
  /** Links from the outbox on: to the sink, or to a queue and from there to the sink. */
  readonly links: readonly Link[];
  readonly queue: Component | undefined;
}

/** Outboxes of a splitter, as many as there ever were sinks at a time. */
class Ways {
  readonly #make: (n: number) => Outbox;
  readonly #free: Outbox[] = [];
  #ways: Way[] = [];
  #made = 0;

  constructor(make: (n: number) => Outbox) {
    this.#make = make;
  }

  /** Those that lead anywhere. */
  get outboxes(): Outbox[] {
    // A queue that was let go still hands on what it has.
    for (const way of this.#ways) if (way.outbox.cancelled) this.#letGo(way, way.links.slice(0, 1));
    return this.#ways.map(({ outbox }) => outbox);
  }

  add(sink: Component, box: string, connect: (outbox: Outbox) => Pick<Way, 'links' | 'queue'>): void {
    const outbox = this.#free.pop() ?? this.#make(++this.#made);
    try {
      this.#ways.push({ outbox, sink, box, ...connect(outbox) });
    } catch (error) {
      this.#free.push(outbox);
      throw error;
    }
  }

  remove(sink: Component, box: string): void {
    for (const way of this.#ways) if (way.sink === sink && way.box === box) this.#letGo(way, way.links);
  }

  #letGo(way: Way, links: readonly Link[]): void {
    for (const made of links) unlink(made);
    way.queue?.stop();
    this.#ways = this.#ways.filter((other) => other !== way);
    this.#free.push(way.outbox);
  }
}

/**
 * Sends each message to any number of components that come and go, and each command too. What comes to `configuration` says to
 * whom: `new addsink(component, 'inbox', 'control')`, `new removesink(component, 'inbox', 'control')`. A sink that has ended is
 * forgotten. Without sinks messages are dropped.
 *
 * Senders wait for the slowest sink, unless it was added with a policy: `new addsink(sink, 'inbox', null, { policy:
 * 'drop-oldest', capacity: 8 })`. All get the same object, to be read only; one that has to be disposed is cloned, and without
 * `clone()` fails the graph with a TypeError.
 *
 * It ends with its stream, or by a `producerFinished` or `shutdownMicroprocess` at `control`, which it passes on first.
 *
 * `inbox`: messages of any kind.
 * `control`: commands, messages of any kind. They are read while a sink is full, too.
 * `configuration`: `addsink` and `removesink`; anything else fails the graph with a TypeError.
 *
 * @example
 * import { Component, Graphline, link, Pipeline } from '@kamaelia/axon';
 * import { addsink, DataSource, Splitter } from '@kamaelia/components/routing';
 *
 * const sinks = ['a', 'b'].map((name) => Pipeline((n) => console.log(name, n)));
 * await Graphline(
 *   {
 *     a: sinks[0],
 *     b: sinks[1],
 *     settings: new DataSource(sinks.map((sink) => new addsink(sink))),
 *     source: Pipeline(new DataSource([1, 2]), (n) => new Promise((resolve) => setTimeout(resolve, 10, n))),
 *     splitter: new Splitter(),
 *   },
 *   ({ settings, source, splitter }) => [
 *     link(settings.outbox, splitter.configuration),
 *     link(source.outbox, splitter.inbox),
 *   ],
 * ).run();
 */
export class Splitter<T = unknown> extends Component {
  readonly inbox: Inbox<T> = this.in<T>('inbox');
  readonly control: Inbox<unknown> = this.in<unknown>('control');
  readonly configuration: Inbox<addsink | removesink> = this.in<addsink | removesink>('configuration', {
    priority: 'control',
  });
  // Of role control: who loses its sinks waits for others.
  readonly #data = new Ways((n) => this.out(`sink-${n}`, { role: 'control' }));
  readonly #commands = new Ways((n) => this.out(`sink-control-${n}`, { role: 'control' }));

  /** Outboxes of its own that get the messages, for a subclass. */
  protected get ownOutboxes(): readonly Outbox[] {
    return [];
  }

  /** Outboxes of its own that get the commands, for a subclass. */
  protected get ownSignals(): readonly Outbox[] {
    return [];
  }

  /** Where the messages come from, for a subclass. */
  protected get source(): { readonly inbox: Inbox; readonly control: Inbox } {
    return { inbox: this.inbox as Inbox, control: this.control };
  }

  override *main(): Steps {
    const owner = this.constructor.name;
    const { configuration } = this;
    const { inbox, control } = this.source;
    while (!inbox.ended && !(control.ended && !inbox.linked && inbox.length === 0)) {
      while (configuration.ready) this.#configure(configuration.recv());
      const ways = [...this.ownOutboxes, ...this.#data.outboxes];
      while (control.ready) {
        const command = control.recv();
        const ends = command instanceof producerFinished || command instanceof shutdownMicroprocess;
        // What came before it goes before it.
        if (ends) while (inbox.length > 0) sendToLinked(owner, ways, inbox.recv());
        sendToLinked(owner, [...this.ownSignals, ...this.#commands.outboxes], command);
        if (ends) return;
      }
      while (inbox.ready) sendToLinked(owner, ways, inbox.recv());
      yield;
    }
  }

  #configure(change: unknown): void {
    if (!(change instanceof addsink) && !(change instanceof removesink)) {
      disposeMessage(change);
      throw new TypeError(
        `${this.constructor.name}: Expected addsink or removesink at configuration but received ${shown(change)}`,
      );
    }
    const { sink, sinkbox, sinkcontrol } = change;
    if (change instanceof removesink) {
      if (sinkbox !== null) this.#data.remove(sink, sinkbox);
      if (sinkcontrol !== null) this.#commands.remove(sink, sinkcontrol);
      return;
    }
    const direct = (box: string) => (outbox: Outbox) => ({
      links: [this.link([this, outbox.name], [sink, box])],
      queue: undefined,
    });
    if (sinkbox !== null) this.#data.add(sink, sinkbox, this.#queued(change) ?? direct(sinkbox));
    if (sinkcontrol !== null) this.#commands.add(sink, sinkcontrol, direct(sinkcontrol));
  }

  #queued({ sink, sinkbox, options }: addsink): ((outbox: Outbox) => Pick<Way, 'links' | 'queue'>) | undefined {
    const { policy = 'block', capacity, maxBytes } = options;
    if (policy === 'block' && capacity === undefined && maxBytes === undefined) return undefined;
    return (outbox) => {
      const queue = new Branch(options);
      const links = [link(outbox, queue.feed), this.link([queue, 'outbox'], [sink, sinkbox as string])];
      return { links, queue: this.add(queue) };
    };
  }
}
