// SPDX-License-Identifier: Apache-2.0
import { BoundedInbox } from '../bounded-inbox.js';
import { Component, inboxOf, outboxOf, TASK } from '../component.js';
import { CancelledError, ComponentError } from '../errors.js';
import type { External } from '../external.js';
import type { Inbox } from '../inbox.js';
import { connect, finalInbox } from '../link.js';
import type { LogEntry } from '../log.js';
import type { Outbox } from '../outbox.js';
import { Scheduler } from '../scheduler.js';
import { PARK, type Steps } from '../steps.js';
import { DONE, IDLE, type Task, walkTasks } from '../task.js';
import { type BlockingThread, sendBlocking, setBlocking } from './blocking.js';
import { Channel, MAIN, WORKER } from './channel.js';
import { Crossing } from './crossing.js';
import { Delivery, ExactDelivery } from './delivery.js';
import type { Job, WorkerNote } from './job.js';
import { leftovers } from './leftovers.js';
import { Lender } from './lender.js';
import { ThreadError, toPosted } from './thread-error.js';

/** The event loop has a turn at least so often, for what the component may have started beside the runtime. */
const TURN_MS = 10;
const SETTLED: Promise<void> = Promise.resolve();

/** Sends into the component's inboxes what comes from the graph. */
class Feeder extends Component {
  readonly boxes: readonly Outbox[];

  constructor(names: readonly string[]) {
    super();
    // Of role control: that nobody listens to the boxes any more, which the graph is told, does not stop this.
    this.boxes = names.map((name) => this.out(name, { role: 'control' }));
  }

  override *main(): Steps {
    // The graph can always send something: components here that wait for it do not wait for each other.
    this.external().hold();
    for (;;) yield;
  }
}

/** Takes what the component's outboxes send, for the graph. */
class Collector extends Component {
  readonly boxes: readonly Inbox[];
  readonly #external: External = this.external();
  readonly #forward: () => boolean;

  /** `forward` returns false when there will be no more to forward. */
  constructor(names: readonly string[], forward: () => boolean) {
    super();
    this.boxes = names.map((name) => this.in(name));
    this.#forward = forward;
  }

  wake(): void {
    this.#external.wake();
  }

  override *main(): Steps {
    while (this.#forward()) yield PARK;
  }
}

/** Runs one component in this thread. */
export class WorkerSide implements BlockingThread {
  readonly component: Component;
  readonly #job: Job;
  readonly #channel: Channel;
  readonly #crossing: Crossing;
  readonly #collector: Collector;
  readonly #feeder: Feeder;
  readonly #scheduler: Scheduler;
  #failure: { readonly path: string; readonly cause: unknown } | undefined;
  #stopped = false;
  /** The component has ended. */
  #done = false;
  /** The graph knows everything of it. */
  #finished = false;
  #checkComing = false;
  #turnAt = performance.now();

  constructor(job: Job, component: Component) {
    this.#job = job;
    this.component = component;
    component.name = job.path;
    this.#feeder = new Feeder(job.ins.map(({ name }) => name));
    this.#collector = new Collector(
      job.outs.map(({ name }) => name),
      () => this.#forward(),
    );
    const [ins, outs] = boxesOf(component, job);
    for (const [i, box] of this.#feeder.boxes.entries()) if (ins[i] !== undefined) connect(box, ins[i]);
    for (const [i, box] of this.#collector.boxes.entries()) if (outs[i] !== undefined) connect(outs[i], box);
    const channel = new Channel(job.memory, job.port, WORKER, (note) => this.#crossing.note(note as never));
    this.#channel = channel;
    const lenders = this.#collector.boxes.map(
      (inbox, link) =>
        new Lender(inbox, channel, WORKER, link, { owned: job.outs[link]?.owned === true, bounds: false }),
    );
    this.#crossing = new Crossing(
      channel,
      lenders,
      this.#feeder.boxes.map((outbox, link) => delivery(outbox, ins[link], channel, link)),
      { otherIsSafe: true, tellsEnds: () => this.#isWell() },
    );
    this.#scheduler = new Scheduler({ onSlice: () => this.#checkSoon() });
    this.#scheduler.meter.patient = true;
    const ready = ins.map((inbox) => inbox && finalInbox(inbox)?.capacity);
    channel.note({ ready } satisfies WorkerNote);
  }

  /** Resolves when the component has ended and the graph knows everything of it. */
  async run(): Promise<void> {
    const { component } = this;
    setBlocking(this);
    if (Object.prototype.toString.call(component.main) === '[object Function]') {
      for (const inbox of this.#collector.boxes) sendBlocking(inbox, this);
    }
    const scheduler = this.#scheduler;
    const onLog = (entry: LogEntry) => this.#log(entry);
    this.#feeder.activate({ scheduler, onLog });
    this.#collector.activate({ scheduler, onLog });
    component.activate({ scheduler, onLog });
    const ended = component.done.catch((error: unknown) => this.#failed(error)).then(() => this.#componentEnded());
    this.#job.port.on('message', this.#onMessage);
    this.#look();
    await this.#collector.done.catch((error: unknown) => this.#fail(error));
    await ended;
    await this.#finish();
  }

  readonly #onMessage = (posted: unknown): void => {
    this.#turnAt = performance.now();
    this.#channel.file(posted);
    this.#look();
  };

  // ---- the two directions ----

  #look(): void {
    if (this.#finished) return;
    this.#channel.beginLooking();
    // What comes for a component that has ended may outlive it; but what it sent may still wait for a place in the ring.
    if (!this.#done) this.#receive();
    if (this.#crossing.waiting) this.#collector.wake();
    this.#checkSoon();
  }

  #receive(): void {
    if (this.#channel.stopping) this.#stop();
    try {
      this.#crossing.receive();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A slice of the collector. */
  #forward(): boolean {
    this.#crossing.forward();
    this.#crossing.update();
    return !this.#done || this.#crossing.waiting;
  }

  // ---- going to sleep ----

  /** Once after each run of the scheduler. */
  #checkSoon(): void {
    if (this.#checkComing) return;
    this.#checkComing = true;
    // Node's queueMicrotask() makes an AsyncResource for each call, which takes longer than a slice.
    SETTLED.then(this.#check);
  }

  readonly #check = (): void => {
    this.#checkComing = false;
    if (!this.#finished) this.#sleepWell();
  };

  #sleepWell(): void {
    const channel = this.#channel;
    this.#crossing.update();
    if (!this.#isQuiet()) {
      if (!channel.sleepInLoop()) this.#look();
    } else if (performance.now() - this.#turnAt > TURN_MS) {
      channel.sleepInLoop();
      setImmediate(() => {
        this.#turnAt = performance.now();
        this.#look();
      });
    } else {
      channel.rest();
      if (channel.sleepBlocked() || !channel.sleepInLoop()) this.#look();
    }
  }

  /** Nothing can happen here unless the graph sends something. */
  #isQuiet(): boolean {
    const { graph, state } = this.component[TASK];
    // It has ended, which the graph is about to be told.
    if (graph === undefined || state === DONE) return false;
    for (const task of graph.tasks) if (!isParked(task)) return false;
    return this.#collector[TASK].state === IDLE;
  }

  /** How it ends, and with it its boxes, the graph hears from the note at the end: what waits there may outlive it. */
  #isWell(): boolean {
    const { graph, state } = this.component[TASK];
    return state !== DONE && graph?.failure === undefined;
  }

  // ---- blocking ----

  get stopping(): boolean {
    return this.#channel.stopping;
  }

  exchange(): void {
    this.#channel.beginLooking();
    try {
      this.#crossing.receive();
      this.#crossing.forward();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  sleep(): void {
    this.#channel.rest();
    this.#channel.sleepBlocked();
  }

  // ---- ending ----

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const tasks: Task[] = [];
    walkTasks(this.component[TASK], (task) => {
      tasks.push(task);
    });
    for (const task of tasks.reverse()) this.#scheduler.requestStop(task);
  }

  /** Something of the runtime failed, not the component. */
  #fail(error: unknown): void {
    const cause = error instanceof ComponentError ? error.cause : error;
    this.#failure ??= { path: this.#job.path, cause };
    this.#stop();
  }

  #failed(error: unknown): void {
    const { path, cause } = error instanceof ComponentError ? error : { path: this.#job.path, cause: error };
    // A blocking call that was broken off says so by this error.
    if (cause instanceof CancelledError && this.#channel.stopping) return;
    this.#failure ??= { path, cause };
  }

  #componentEnded(): void {
    this.#done = true;
    this.#collector.wake();
  }

  async #finish(): Promise<void> {
    this.#finished = true;
    setBlocking(undefined);
    const { port } = this.#job;
    port.off('message', this.#onMessage);
    // What was not received is the graph's, which knows how much that was.
    this.#crossing.dispose();
    this.#feeder.done.catch(() => {});
    this.#feeder.abort();
    const failure = this.#failure && { path: this.#failure.path, thrown: toPosted(this.#failure.cause) };
    const leaves = await leftovers();
    this.#channel.note({ over: failure === undefined ? { leaves } : { failure, leaves } } satisfies WorkerNote);
  }

  #log(entry: LogEntry): void {
    try {
      this.#channel.note({ log: entry } satisfies WorkerNote);
    } catch {
      const { level, path, message } = entry;
      this.#channel.note({ log: { level, path, message } } satisfies WorkerNote);
    }
  }
}

function isParked(task: Task): boolean {
  if (task.state === DONE) return true;
  if (task.state !== IDLE || task.countedOutside) return false;
  const timed = task.alarms > 0 || task.waiters?.some((waiter) => waiter.timed);
  return task.externals === 0 && task.holds === 0 && timed !== true;
}

function delivery(outbox: Outbox, inbox: Inbox | undefined, channel: Channel, link: number): Delivery {
  // An inbox that passes its messages on, or drops some, does not tell by itself which ones were taken.
  const exact = inbox !== undefined && inbox.to === undefined && !(inbox instanceof BoundedInbox && inbox.lossy);
  if (exact) return new ExactDelivery(outbox, inbox, channel, MAIN, link);
  return new Delivery(outbox, channel, MAIN, link);
}

/** The component's boxes for the links of the job; undefined for one that it lacks and need not have. */
function boxesOf(component: Component, job: Job): [(Inbox | undefined)[], (Outbox | undefined)[]] {
  const { ins, outs } = component[TASK];
  try {
    return [
      job.ins.map(({ name, required }) => {
        const declared = ins.find((box) => box.name === name);
        return declared ?? (required ? inboxOf(component, name) : undefined);
      }),
      job.outs.map(({ name, required }) => {
        const declared = outs.find((box) => box.name === name);
        return declared ?? (required ? outboxOf(component, name) : undefined);
      }),
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ThreadError('MODULE_UNUSABLE', `Expected the boxes of ports in ${job.module} but: ${why}`);
  }
}
