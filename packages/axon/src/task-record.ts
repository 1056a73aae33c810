// SPDX-License-Identifier: Apache-2.0
import type { ComponentError } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { Task } from './task.js';

// How the generator is entered at its next slice.
export const RESUME_PLAIN = 0;
export const RESUME_VALUE = 1;
export const RESUME_THROW = 2;

/** What an `async main()` waits for; resolved in the task's slices. */
export interface Waiter {
  readonly inbox: Inbox | undefined;
  readonly outbox: Outbox | undefined;
  /** True for `delay()`, which only its timer settles. */
  readonly timed: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The promise behind `component.done`. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const ARTICLED = 1;
const REFUSABLE = 2;
const NOTIFIED = 4;
const END_CHECKED = 8;
const STARTED = 16;
const STOP_REQUESTED = 32;
const STOP_ASKED = 64;
const RETURNING = 128;
const MAIN_ENDED = 256;
const COUNTED_OUTSIDE = 512;
const LATE = 2048;
const RENEWS = 4096;
const CHASSIS = 8192;
const FAILED = 16384;

/** What most components never need. */
class Rare {
  resume: number = RESUME_PLAIN;
  resumeValue: unknown = undefined;
  token: number = 0;
  returnSlices: number = 0;
  externals: number = 0;
  holds: number = 0;
  onStuck: (() => void) | undefined = undefined;
  alarms: number = 0;
  timers: number = 0;
  waiters: Waiter[] | undefined = undefined;
  keeper: Task | undefined = undefined;
  liveChildren: number = 0;
  onEnd: (() => void) | undefined = undefined;
  successor: Task | undefined = undefined;
  onFailure: ((error: ComponentError, failed: Task) => void) | undefined = undefined;
  deferred: Deferred | undefined = undefined;
  error: unknown = undefined;
  controller: AbortController | undefined = undefined;
  slowSlices: number = 0;
}

const NOTHING_RARE: Rare = Object.freeze(new Rare());

/**
 * The part of a {@link Task} that is packed: a field costs every component eight bytes, and there may be very many that only
 * wait. What is true or false is a bit; what most components never need is in an object of its own, made when one does.
 */
export class TaskRecord {
  /** @internal */ flags = 0;
  #rare: Rare = NOTHING_RARE;

  private own(): Rare {
    if (this.#rare === NOTHING_RARE) this.#rare = new Rare();
    return this.#rare;
  }

  /** It declares no boxes: those of the article come into being as they are named. */
  get articled(): boolean {
    return (this.flags & ARTICLED) !== 0;
  }

  set articled(value: boolean) {
    this.flags = value ? this.flags | ARTICLED : this.flags & ~ARTICLED;
  }

  /** A full strict inbox refuses its messages by an error; any other holds it back. */
  get refusable(): boolean {
    return (this.flags & REFUSABLE) !== 0;
  }

  set refusable(value: boolean) {
    this.flags = value ? this.flags | REFUSABLE : this.flags & ~REFUSABLE;
  }

  /** Something changed that the next plain `yield` must not sleep through. */
  get notified(): boolean {
    return (this.flags & NOTIFIED) !== 0;
  }

  set notified(value: boolean) {
    this.flags = value ? this.flags | NOTIFIED : this.flags & ~NOTIFIED;
  }

  /** Since it was last parked it had a slice more for an inbox that has ended. */
  get endChecked(): boolean {
    return (this.flags & END_CHECKED) !== 0;
  }

  set endChecked(value: boolean) {
    this.flags = value ? this.flags | END_CHECKED : this.flags & ~END_CHECKED;
  }

  /** `main()` was called. */
  get started(): boolean {
    return (this.flags & STARTED) !== 0;
  }

  set started(value: boolean) {
    this.flags = value ? this.flags | STARTED : this.flags & ~STARTED;
  }

  get stopRequested(): boolean {
    return (this.flags & STOP_REQUESTED) !== 0;
  }

  set stopRequested(value: boolean) {
    this.flags = value ? this.flags | STOP_REQUESTED : this.flags & ~STOP_REQUESTED;
  }

  /** It was asked to end in order. */
  get stopAsked(): boolean {
    return (this.flags & STOP_ASKED) !== 0;
  }

  set stopAsked(value: boolean) {
    this.flags = value ? this.flags | STOP_ASKED : this.flags & ~STOP_ASKED;
  }

  /** The generator was told to return and still runs its `finally` blocks. */
  get returning(): boolean {
    return (this.flags & RETURNING) !== 0;
  }

  set returning(value: boolean) {
    this.flags = value ? this.flags | RETURNING : this.flags & ~RETURNING;
  }

  get mainEnded(): boolean {
    return (this.flags & MAIN_ENDED) !== 0;
  }

  set mainEnded(value: boolean) {
    this.flags = value ? this.flags | MAIN_ENDED : this.flags & ~MAIN_ENDED;
  }

  /** True while this task is counted in `scheduler.outside`. */
  get countedOutside(): boolean {
    return (this.flags & COUNTED_OUTSIDE) !== 0;
  }

  set countedOutside(value: boolean) {
    this.flags = value ? this.flags | COUNTED_OUTSIDE : this.flags & ~COUNTED_OUTSIDE;
  }

  /** Became a child of a component that was running; it is forgotten when it ends. */
  get late(): boolean {
    return (this.flags & LATE) !== 0;
  }

  set late(value: boolean) {
    this.flags = value ? this.flags | LATE : this.flags & ~LATE;
  }

  /** It makes others in the place of its parts itself. */
  get renews(): boolean {
    return (this.flags & RENEWS) !== 0;
  }

  set renews(value: boolean) {
    this.flags = value ? this.flags | RENEWS : this.flags & ~RENEWS;
  }

  /** Its parts are all there is to it: it is stopped in order by stopping them. */
  get chassis(): boolean {
    return (this.flags & CHASSIS) !== 0;
  }

  set chassis(value: boolean) {
    this.flags = value ? this.flags | CHASSIS : this.flags & ~CHASSIS;
  }

  get failed(): boolean {
    return (this.flags & FAILED) !== 0;
  }

  set failed(value: boolean) {
    this.flags = value ? this.flags | FAILED : this.flags & ~FAILED;
  }

  /** How the generator is entered at its next slice. */
  get resume(): number {
    return this.#rare.resume;
  }

  set resume(value: number) {
    if (value !== this.#rare.resume) this.own().resume = value;
  }

  get resumeValue(): unknown {
    return this.#rare.resumeValue;
  }

  set resumeValue(value: unknown) {
    if (value !== this.#rare.resumeValue) this.own().resumeValue = value;
  }

  /** Tells a promise or timer of an earlier wait from the present one. */
  get token(): number {
    return this.#rare.token;
  }

  set token(value: number) {
    if (value !== this.#rare.token) this.own().token = value;
  }

  get returnSlices(): number {
    return this.#rare.returnSlices;
  }

  set returnSlices(value: number) {
    if (value !== this.#rare.returnSlices) this.own().returnSlices = value;
  }

  /** `external()` handles given out. */
  get externals(): number {
    return this.#rare.externals;
  }

  set externals(value: number) {
    if (value !== this.#rare.externals) this.own().externals = value;
  }

  /** Outstanding `hold()`s. */
  get holds(): number {
    return this.#rare.holds;
  }

  set holds(value: number) {
    if (value !== this.#rare.holds) this.own().holds = value;
  }

  /** Set while it waits for what those downstream hold; see `External.starved()`. */
  get onStuck(): (() => void) | undefined {
    return this.#rare.onStuck;
  }

  set onStuck(value: (() => void) | undefined) {
    if (value !== this.#rare.onStuck) this.own().onStuck = value;
  }

  /** Alarms set by `wakeAt()` that have not rung. */
  get alarms(): number {
    return this.#rare.alarms;
  }

  set alarms(value: number) {
    if (value !== this.#rare.alarms) this.own().alarms = value;
  }

  /** Entries of the heap of timers that are its own. */
  get timers(): number {
    return this.#rare.timers;
  }

  set timers(value: number) {
    if (value !== this.#rare.timers) this.own().timers = value;
  }

  get waiters(): Waiter[] | undefined {
    return this.#rare.waiters;
  }

  set waiters(value: Waiter[] | undefined) {
    if (value !== this.#rare.waiters) this.own().waiters = value;
  }

  /** Becomes its parent if it runs when this one is activated. */
  get keeper(): Task | undefined {
    return this.#rare.keeper;
  }

  set keeper(value: Task | undefined) {
    if (value !== this.#rare.keeper) this.own().keeper = value;
  }

  get liveChildren(): number {
    return this.#rare.liveChildren;
  }

  set liveChildren(value: number) {
    if (value !== this.#rare.liveChildren) this.own().liveChildren = value;
  }

  /** Called when it has ended in order or not, while it still has its boxes. */
  get onEnd(): (() => void) | undefined {
    return this.#rare.onEnd;
  }

  set onEnd(value: (() => void) | undefined) {
    if (value !== this.#rare.onEnd) this.own().onEnd = value;
  }

  /** Takes its place when it has ended; has its messages already. */
  get successor(): Task | undefined {
    return this.#rare.successor;
  }

  set successor(value: Task | undefined) {
    if (value !== this.#rare.successor) this.own().successor = value;
  }

  /** What a failure below does; without it the failure goes to the parent, and from the root to the whole graph. */
  get onFailure(): ((error: ComponentError, failed: Task) => void) | undefined {
    return this.#rare.onFailure;
  }

  set onFailure(value: ((error: ComponentError, failed: Task) => void) | undefined) {
    if (value !== this.#rare.onFailure) this.own().onFailure = value;
  }

  get deferred(): Deferred | undefined {
    return this.#rare.deferred;
  }

  set deferred(value: Deferred | undefined) {
    if (value !== this.#rare.deferred) this.own().deferred = value;
  }

  get error(): unknown {
    return this.#rare.error;
  }

  set error(value: unknown) {
    if (value !== this.#rare.error) this.own().error = value;
  }

  get controller(): AbortController | undefined {
    return this.#rare.controller;
  }

  set controller(value: AbortController | undefined) {
    if (value !== this.#rare.controller) this.own().controller = value;
  }

  get slowSlices(): number {
    return this.#rare.slowSlices;
  }

  set slowSlices(value: number) {
    if (value !== this.#rare.slowSlices) this.own().slowSlices = value;
  }
}
