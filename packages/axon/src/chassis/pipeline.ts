// SPDX-License-Identifier: Apache-2.0
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import type { Inbox } from '../inbox.js';
import { connect } from '../link.js';
import type { Outbox } from '../outbox.js';
import { bridge, type FunctionLike, type NodeWritable, type SinkLike, type SourceLike } from './bridges.js';
import { adopt } from './children.js';

declare const lacks: unique symbol;
/** What a component takes or sends that has other boxes, but not this one. No message is of this type. */
export interface NoBox<Name extends string> {
  readonly [lacks]: Name;
}

/**
 * Messages a component takes at its `inbox`: `unknown` for one that declares no boxes, {@link NoBox} for one that declares
 * others.
 */
export type ComponentInput<C> = C extends { readonly inbox: Inbox<infer T> }
  ? T
  : C extends { readonly outbox: Outbox<infer _> }
    ? NoBox<'inbox'>
    : unknown;
/**
 * Messages a component sends from its `outbox`: `never`, which fits everything, for one that declares no boxes,
 * {@link NoBox} for one that declares others.
 */
export type ComponentOutput<C> = C extends { readonly outbox: Outbox<infer T> }
  ? T
  : C extends { readonly inbox: Inbox<infer _> }
    ? NoBox<'outbox'>
    : never;

/** Messages a part of a pipeline takes. */
export type InputOf<P> = P extends Component
  ? ComponentInput<P>
  : P extends (message: infer T) => unknown
    ? T
    : P extends WritableStream<infer T>
      ? T
      : P extends NodeWritable
        ? unknown
        : never;

/** Messages a part of a pipeline sends on. */
export type OutputOf<P> = P extends Component
  ? ComponentOutput<P>
  : P extends (message: never) => infer R
    ? // While the compiler has not looked into a function without annotations yet, its result is unknown, and fits.
      unknown extends R
      ? never
      : NonNullable<Awaited<R>>
    : P extends ReadableStream<infer T>
      ? T
      : P extends AsyncIterable<infer T>
        ? T
        : P extends Iterable<infer T>
          ? T
          : never;

/** What `Pipeline` returns: a component whose outer boxes are those of its first and last part. */
export type PipelineComponent<I, O> = Component & { readonly inbox: Inbox<I>; readonly outbox: Outbox<O> };

type First = Component | SourceLike | FunctionLike;
/** A method's parameter may be narrower, so where the messages are unknown a function may say what it expects. */
type Takes<T> = unknown extends T ? { takes(message: T): unknown }['takes'] : FunctionLike<T>;
type Middle<T> = Component | Takes<T>;
type Last<T> = Component | Takes<T> | SinkLike<T>;
/** Whether nothing is known of the messages: no part before sends any, or they may be anything. */
type Unchecked<T> = [T] extends [never] ? true : 0 extends 1 & T ? true : false;
/**
 * Nothing where a part takes what it receives; otherwise a type no argument has, which the compiler's message shows.
 * What passes messages of any kind on, such as `new MessageRateLimit(25)`, sends `unknown`, which fits every inbox.
 */
type Fits<P, T> =
  Unchecked<T> extends true
    ? unknown
    : [T] extends [NoBox<'outbox'>]
      ? { readonly 'the part before has no outbox': never }
      : [InputOf<P>] extends [NoBox<'inbox'>]
        ? { readonly 'this part has no inbox': never }
        : [T] extends [unknown extends T ? unknown : InputOf<P>]
          ? unknown
          : { readonly 'this part takes': InputOf<P>; readonly 'but receives': T };
type AnyPart = Component | SourceLike | FunctionLike | SinkLike;

/**
 * Links components in a row: each one's `outbox` to the next one's `inbox` (and `signal` to `control`, where both are
 * declared). Used inside another graph it passes its own `inbox`, `control`, `outbox` and `signal` on to its ends.
 *
 * The first part may also be an iterable, an async iterable (such as a Node `Readable`) or a `ReadableStream`; any
 * part a plain or async function, whose result is sent on (`null` and `undefined` are dropped); the last part a
 * callback, a Node `Writable` or a `WritableStream`. Back-pressure, end and errors cross these too.
 *
 * Parts that do not fit each other are a compile error at the later one, for up to 12 parts. Behind a part that sends
 * `unknown` messages, every part fits.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 *
 * await Pipeline([1, 2, 3], (n) => n * n, (n) => console.log(n)).run();
 */
export function Pipeline<A extends First>(a: A): PipelineComponent<InputOf<A>, OutputOf<A>>;
export function Pipeline<A extends First, B extends Last<OutputOf<A>>>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
): PipelineComponent<InputOf<A>, OutputOf<B>>;
export function Pipeline<A extends First, B extends Middle<OutputOf<A>>, C extends Last<OutputOf<B>>>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
): PipelineComponent<InputOf<A>, OutputOf<C>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Last<OutputOf<C>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
): PipelineComponent<InputOf<A>, OutputOf<D>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Last<OutputOf<D>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
): PipelineComponent<InputOf<A>, OutputOf<E>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Last<OutputOf<E>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
): PipelineComponent<InputOf<A>, OutputOf<F>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Last<OutputOf<F>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
): PipelineComponent<InputOf<A>, OutputOf<G>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Middle<OutputOf<F>>,
  H extends Last<OutputOf<G>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
  h: H & Fits<H, OutputOf<G>>,
): PipelineComponent<InputOf<A>, OutputOf<H>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Middle<OutputOf<F>>,
  H extends Middle<OutputOf<G>>,
  I extends Last<OutputOf<H>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
  h: H & Fits<H, OutputOf<G>>,
  i: I & Fits<I, OutputOf<H>>,
): PipelineComponent<InputOf<A>, OutputOf<I>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Middle<OutputOf<F>>,
  H extends Middle<OutputOf<G>>,
  I extends Middle<OutputOf<H>>,
  J extends Last<OutputOf<I>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
  h: H & Fits<H, OutputOf<G>>,
  i: I & Fits<I, OutputOf<H>>,
  j: J & Fits<J, OutputOf<I>>,
): PipelineComponent<InputOf<A>, OutputOf<J>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Middle<OutputOf<F>>,
  H extends Middle<OutputOf<G>>,
  I extends Middle<OutputOf<H>>,
  J extends Middle<OutputOf<I>>,
  K extends Last<OutputOf<J>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
  h: H & Fits<H, OutputOf<G>>,
  i: I & Fits<I, OutputOf<H>>,
  j: J & Fits<J, OutputOf<I>>,
  k: K & Fits<K, OutputOf<J>>,
): PipelineComponent<InputOf<A>, OutputOf<K>>;
export function Pipeline<
  A extends First,
  B extends Middle<OutputOf<A>>,
  C extends Middle<OutputOf<B>>,
  D extends Middle<OutputOf<C>>,
  E extends Middle<OutputOf<D>>,
  F extends Middle<OutputOf<E>>,
  G extends Middle<OutputOf<F>>,
  H extends Middle<OutputOf<G>>,
  I extends Middle<OutputOf<H>>,
  J extends Middle<OutputOf<I>>,
  K extends Middle<OutputOf<J>>,
  L extends Last<OutputOf<K>>,
>(
  a: A,
  b: B & Fits<B, OutputOf<A>>,
  c: C & Fits<C, OutputOf<B>>,
  d: D & Fits<D, OutputOf<C>>,
  e: E & Fits<E, OutputOf<D>>,
  f: F & Fits<F, OutputOf<E>>,
  g: G & Fits<G, OutputOf<F>>,
  h: H & Fits<H, OutputOf<G>>,
  i: I & Fits<I, OutputOf<H>>,
  j: J & Fits<J, OutputOf<I>>,
  k: K & Fits<K, OutputOf<J>>,
  l: L & Fits<L, OutputOf<K>>,
): PipelineComponent<InputOf<A>, OutputOf<L>>;
export function Pipeline(
  a: AnyPart,
  b: AnyPart,
  c: AnyPart,
  d: AnyPart,
  e: AnyPart,
  f: AnyPart,
  g: AnyPart,
  h: AnyPart,
  i: AnyPart,
  j: AnyPart,
  k: AnyPart,
  l: AnyPart,
  m: AnyPart,
  ...rest: readonly AnyPart[]
): PipelineComponent<unknown, never>;
export function Pipeline(...parts: readonly AnyPart[]): Component {
  return new PipelineOf(parts);
}

const PipelineOf = class Pipeline extends Component {
  declare readonly inbox: Inbox;
  declare readonly outbox: Outbox;

  constructor(parts: readonly unknown[]) {
    super();
    if (parts.length === 0) throw new TypeError('Pipeline: Expected at least one part but received none');
    const chain = parts.map((part, index) => asComponent(part, index, parts.length));
    for (const part of chain) adopt(this, part);
    const first = chain[0] as Component;
    const last = chain[chain.length - 1] as Component;
    // Before linking, which gives components that declare no boxes the ones it needs.
    const ends = { takes: takesInput(first), sends: sendsOutput(last) };
    chain.forEach((part, index) => {
      const next = chain[index + 1];
      if (next === undefined) return;
      connect(outboxOf(part, 'outbox'), inboxOf(next, 'inbox'));
      if (declares(part, 'outs', 'signal') && declares(next, 'ins', 'control')) {
        connect(outboxOf(part, 'signal'), inboxOf(next, 'control'));
      }
    });
    this.#passOn(first, last, ends);
  }

  #passOn(first: Component, last: Component, ends: { takes: boolean; sends: boolean }): void {
    const boxes: { inbox?: Inbox; outbox?: Outbox } = {};
    if (ends.takes) {
      boxes.inbox = this.in('inbox');
      connect(boxes.inbox, inboxOf(first, 'inbox'));
    }
    if (declares(first, 'ins', 'control')) connect(this.in('control'), inboxOf(first, 'control'));
    if (ends.sends) {
      boxes.outbox = this.out('outbox');
      connect(outboxOf(last, 'outbox'), boxes.outbox);
    }
    if (declares(last, 'outs', 'signal')) connect(outboxOf(last, 'signal'), this.out('signal'));
    Object.assign(this, boxes);
  }
};

function asComponent(part: unknown, index: number, count: number): Component {
  if (part instanceof Component) return part;
  const place = index === 0 ? 'first' : index === count - 1 ? 'last' : 'middle';
  const made = bridge(part, place);
  if (made !== undefined) return made;
  const wanted = {
    first: 'a component, function, iterable or readable stream',
    middle: 'a component or function',
    last: 'a component, function or writable stream',
  };
  throw new TypeError(`Pipeline: Expected ${wanted[place]} for part ${index + 1} but received ${describe(part)}`);
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an object of ${value.constructor?.name ?? 'no class'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function declares(component: Component, kind: 'ins' | 'outs', name: string): boolean {
  return component[TASK][kind].some((box) => box.name === name);
}

/** Components that declare no boxes at all have the article's by name. */
function takesInput(component: Component): boolean {
  const { ins, outs } = component[TASK];
  return declares(component, 'ins', 'inbox') || (ins.length === 0 && outs.length === 0);
}

function sendsOutput(component: Component): boolean {
  const { ins, outs } = component[TASK];
  return declares(component, 'outs', 'outbox') || (ins.length === 0 && outs.length === 0);
}
