// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, type MessagePort, type ResourceLimits } from 'node:worker_threads';
import { DEFAULT_CAPACITY, type Inbox } from '../inbox.js';
import type { LogEntry, LogLevel } from '../log.js';
import type { Outbox } from '../outbox.js';
import { allocateChannel, Channel, MAIN, WORKER } from './channel.js';
import { Crossing } from './crossing.js';
import { Delivery } from './delivery.js';
import type { Job, JobBox, JobEnd, WorkerNote } from './job.js';
import { Lender } from './lender.js';
import { CAPACITY_UNTIL_KNOWN, type ThreadedBox } from './ports.js';
import { addStack, fromPosted, ThreadError } from './thread-error.js';
import { acquireWorker, type PooledWorker } from './worker-pool.js';

/**
 * How long nothing happens between the graph and a worker before that may count as one that waits. A worker that is awake,
 * or blocked for a moment, is woken much faster than one in its event loop.
 */
const QUIET_MS = 2;
/** A thread that was told to end and does not is in a call that cannot be broken off; nobody waits longer for it. */
const EXIT_WITHIN_MS = 1000;

/** What a {@link Thread} needs of its component. */
export interface ThreadOwner {
  readonly module: string;
  readonly options: unknown;
  readonly path: string;
  /** Stack of whoever made the component. */
  readonly madeAt: string;
  readonly ins: readonly ThreadedBox<Inbox>[];
  readonly outs: readonly ThreadedBox<Outbox>[];
  readonly resourceLimits: ResourceLimits | undefined;
  /** The thread has ended. */
  onOver(): void;
  /** There is something to forward. */
  onRoom(): void;
  /** The thread may do something by itself (true), or only what it is woken for (false). */
  onBusy(busy: boolean): void;
  onLog(entry: LogEntry): void;
}

/** Why a thread ended, when it was not in order. */
export interface ThreadFailure {
  /** Path of what failed: the component's own, or one below. */
  readonly path: string;
  readonly error: unknown;
}

/** The graph's side of a component that runs in a worker. */
export class Thread {
  readonly #owner: ThreadOwner;
  readonly #worker: PooledWorker;
  readonly #port: MessagePort;
  readonly #channel: Channel;
  readonly #crossing: Crossing;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #over = false;
  /** The worker said that its component has ended. What it sent before that may still have to be received. */
  #jobEnd: JobEnd | undefined;
  #failure: ThreadFailure | undefined;
  #busy = false;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #happened = 0;
  #ringsAtRest = -1;
  #terminated = false;
  #endTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: ThreadOwner) {
    this.#owner = owner;
    const { ins, outs } = owner;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const memory = allocateChannel([ins.length, outs.length]);
    const channel = new Channel(memory, port1, MAIN, (note) => this.#note(note as WorkerNote));
    this.#channel = channel;
    this.#crossing = new Crossing(
      channel,
      ins.map(({ box, owned }, link) => new Lender(box, channel, MAIN, link, { owned, bounds: true })),
      outs.map(({ box }, link) => new Delivery(box, channel, WORKER, link)),
      { otherIsSafe: false, tellsEnds: () => true },
    );
    port1.on('message', (posted: unknown) => this.#look(posted));
    port1.on('messageerror', (error: unknown) => this.#lost(error));
    port1.unref();
    this.#setBusy(true);
    this.#lookForQuiet();
    this.#worker = acquireWorker(owner.resourceLimits, (exitCode, error) => this.#workerEnded(exitCode, error));
    const job: Job = {
      module: owner.module,
      options: owner.options,
      path: owner.path,
      ins: ins.map(jobBox),
      outs: outs.map(jobBox),
      port: port2,
      memory,
    };
    this.#worker.post(job, [port2]);
  }

  /** The worker has nothing to do with the component any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Why the thread ended, unless that was in order. */
  get failure(): ThreadFailure | undefined {
    return this.#failure;
  }

  /** Sends what waits in the inboxes. */
  forward(): void {
    if (this.#over) return;
    this.#crossing.forward();
    this.#crossing.update();
    this.#happened++;
    this.#afterRings();
  }

  /** Something has come through the port, perhaps only to say that there is something in the shared memory. */
  #look(posted: unknown): void {
    this.#channel.file(posted);
    this.#lookAtAll();
    if (this.#over) return;
    this.#happened++;
    this.#afterRings();
  }

  /** It was told to look, so it is busy. Perhaps it rests again already, but what it did meanwhile was not seen yet. */
  #afterRings(): void {
    if (this.#channel.rings !== this.#ringsAtRest) this.#setBusy(true);
    if (this.#busy) this.#lookForQuiet();
  }

  /** True if the worker rests and everything it did before that was seen. */
  #lookAtAll(): boolean {
    const channel = this.#channel;
    let rested: boolean;
    let { rings } = channel;
    do {
      if (this.#over) return false;
      channel.beginLooking();
      // Read first: all that it did before it rested is then received.
      rested = channel.workerRests;
      rings = channel.rings;
      this.#receive();
      if (this.#jobEnd !== undefined) this.#workerDone(this.#jobEnd);
      if (this.#over) return false;
      // Until here the worker need not post anything; what it posted may have been taken out of the port already.
    } while (!channel.sleepInLoop());
    if (this.#crossing.waiting) this.#owner.onRoom();
    return rested && channel.rings === rings;
  }

  #lookForQuiet(): void {
    if (this.#quietTimer !== undefined) return;
    const happened = this.#happened;
    this.#quietTimer = setTimeout(() => {
      this.#quietTimer = undefined;
      if (this.#over) return;
      if (happened === this.#happened) {
        // Otherwise it wakes this thread when it rests.
        if (!this.#channel.askForRest()) return;
        if (this.#lookAtAll()) this.#rests();
      }
      if (this.#busy && !this.#over) this.#lookForQuiet();
    }, QUIET_MS);
  }

  /** Only what it is woken for will have it do anything. */
  #rests(): void {
    this.#ringsAtRest = this.#channel.rings;
    this.#setBusy(false);
    this.#channel.callToLoop();
  }

  #receive(): void {
    try {
      this.#crossing.receive();
    } catch (error) {
      this.#failWith(error);
    }
  }

  #note(note: WorkerNote): void {
    if ('ready' in note) {
      for (const [link, capacity] of note.ready.entries()) this.#takeOverCapacity(link, capacity);
    } else if ('log' in note) {
      this.#owner.onLog(note.log);
    } else if ('over' in note) {
      // It may be read in the middle of receiving, with records before it that were not visited yet.
      this.#jobEnd = note.over;
    } else {
      this.#crossing.note(note);
    }
  }

  /** The bound that the class declares, where nobody here said otherwise. */
  #takeOverCapacity(link: number, capacity: number = DEFAULT_CAPACITY): void {
    const { box, sized } = this.#owner.ins[link] as ThreadedBox<Inbox>;
    if (!sized && box.capacity === CAPACITY_UNTIL_KNOWN && !box.strict) box.setCapacity(capacity);
  }

  #setBusy(busy: boolean): void {
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#owner.onBusy(busy);
  }

  // ---- ending ----

  #workerDone({ failure, leaves }: JobEnd): void {
    // All that it sent is there by now.
    this.#receive();
    if (failure !== undefined) this.#failure ??= this.#failureOf(failure);
    // What it has not let go of comes back when its thread ends. Nobody else uses that: a thread has one component.
    const { held } = this.#crossing;
    if (held > 0 && !this.#terminated) {
      if (failure === undefined) this.#log('warn', `has not let go of ${held} messages: its thread is terminated`);
      this.#terminate();
    }
    if (this.#terminated) return;
    this.#finish();
    if (leaves.length === 0) this.#worker.release();
    else this.#worker.retire();
  }

  #failureOf({ path, thrown }: NonNullable<JobEnd['failure']>): ThreadFailure {
    return { path, error: fromPosted(thrown, this.#owner.madeAt) };
  }

  #workerEnded(exitCode: number, error: unknown): void {
    if (!this.#over) {
      this.#channel.pump();
      this.#receive();
    }
    this.#crossing.abandon();
    if (this.#over) return;
    const end = this.#jobEnd;
    if (end?.failure !== undefined) this.#failure ??= this.#failureOf(end.failure);
    if (end === undefined && !this.#terminated) {
      this.#failure ??= { path: this.#owner.path, error: this.#exitError(exitCode, error) };
    }
    this.#finish();
  }

  #exitError(exitCode: number, error: unknown): unknown {
    const { madeAt } = this.#owner;
    if (error !== undefined) return addStack(error, madeAt);
    const message = `Expected its worker to outlive it but that exited with code ${exitCode}`;
    return addStack(new ThreadError('WORKER_EXITED', message), madeAt);
  }

  /** This thread cannot make anything of what the worker sent. */
  #failWith(error: unknown): void {
    this.#failure ??= { path: this.#owner.path, error };
    this.#terminate();
  }

  #lost(error: unknown): void {
    if (!this.#over) this.#failWith(error);
  }

  #finish(): void {
    this.#over = true;
    this.#crossing.dispose();
    this.#port.close();
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#endTimer);
    this.#setBusy(false);
    this.#end();
    this.#owner.onOver();
  }

  /**
   * Stops the component and resolves when its thread has nothing more to do with it: at the latest when it had
   * `withinMs` to end by itself and was then terminated.
   */
  async stop(withinMs: number): Promise<void> {
    this.#channel.stop();
    if (await this.#overWithin(withinMs)) return;
    this.#log('warn', `did not end within ${withinMs} ms after it was stopped: its thread is terminated`);
    this.#terminate();
    if (await this.#overWithin(EXIT_WITHIN_MS)) return;
    this.#log('warn', 'its thread is in a call that cannot be broken off, and ends after it');
    this.#finish();
  }

  /**
   * All its streams have ended, and it was told to end with them: terminates the thread as soon as nothing came of it for
   * `ms`, unless it is the graph that it waits for.
   */
  endWithin(ms: number): void {
    if (this.#endTimer !== undefined || this.#over) return;
    const happened = this.#happened;
    const taken = this.#crossing.taken;
    this.#endTimer = setTimeout(() => {
      this.#endTimer = undefined;
      if (this.#over) return;
      if (happened !== this.#happened || taken !== this.#crossing.taken || this.#channel.workerRests) {
        this.endWithin(ms);
        return;
      }
      this.#log('warn', `did nothing for ${ms} ms after the end of its streams: its thread is terminated`);
      this.#terminate();
    }, ms);
  }

  #terminate(): void {
    this.#terminated = true;
    void this.#worker.terminate();
  }

  async #overWithin(ms: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    return this.#over;
  }

  #log(level: LogLevel, message: string): void {
    this.#owner.onLog({ level, path: this.#owner.path, message });
  }
}

function jobBox({ box, named, owned }: ThreadedBox<Inbox> | ThreadedBox<Outbox>): JobBox {
  return { name: box.name, required: named || box.linked || wasLinked(box), owned };
}

/** Who was linked may have ended before this component began. */
function wasLinked(box: Inbox | Outbox): boolean {
  return 'gone' in box ? box.gone : box.eos || box.count > 0;
}
