// SPDX-License-Identifier: Apache-2.0
import { TASK } from '../component.js';
import { Inbox } from '../inbox.js';
import { Outbox } from '../outbox.js';
import { type Passing, passings } from '../passing.js';
import { IDLE, QUEUED, type Task } from '../task.js';
import { wiring } from '../topology.js';
import { closureLoop, type FusedLoop, generatedLoop, LoopReport, type RowCall, type RowFrom } from './fused-loop.js';

/** Method of a {@link FusibleStep}, by which it is known. */
export const HAND_OVER: unique symbol = Symbol('kamaelia.handOver');

/** A component that only calls a function with each message, so that the component before it can do that in its stead. */
export interface FusibleStep extends RowCall {
  readonly [TASK]: Task;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  /** It has not begun, has work of its own to end first, or has shown that it waits for promises. */
  readonly apart: boolean;
  /** Takes over what it would have run into itself. */
  [HAND_OVER](outcome: 'threw' | 'promised', result: unknown, message: unknown): void;
}

/** Messages after which code is generated for a row: for less it would cost more than it brings. */
const WARM = 1024;
/** A row of steps whose slices are longer than this on average takes no more messages a slice than they would between them. */
const LONG_US = 2000;
const LONG_SLICE = 64;

const PUSH = Inbox.prototype.push;

/**
 * Adjacent steps that run as one: the first of them calls the functions of all, and sends what comes out from the outbox of
 * the last. Nothing waits in the inboxes between, whose counters go on as if it had.
 *
 * The row is looked up at the beginning of each slice, by where the outboxes lead. A step whose inbox is tapped, linked
 * anew, or holds something, that is stopped or held back, or waits for a promise, is not part of it then; it works by
 * itself, and the row before it sends to its inbox. Thus there is nothing to take apart.
 */
export class FusedRow {
  readonly #from: RowFrom;
  readonly #task: Task;
  readonly #outbox: Outbox;
  readonly #first: FusibleStep | undefined;
  /** The steps of the present slice; a component that is itself a step is the first. */
  #steps: FusibleStep[] = [];
  /** The steps that `#loop` is for. */
  #known: FusibleStep[] = [];
  #loop: FusedLoop | undefined;
  #isGenerated = false;
  #passings: readonly Passing[] = [];
  #passed = 0;
  readonly #report = new LoopReport();

  /** `first` takes from its inbox; a source has an iterator and sends from `outbox`. */
  constructor(task: Task, from: RowFrom, outbox: Outbox, first: FusibleStep | undefined) {
    this.#task = task;
    this.#from = from;
    this.#outbox = outbox;
    this.#first = first;
  }

  /**
   * Works off what there is, at most `most` messages, and gives what stopped it. What a later step threw, or the promise it
   * gave, is handed over to it; what concerns this component itself is in the report.
   */
  run(most: number): LoopReport {
    const report = this.#report;
    let left = most;
    let epoch: number;
    do {
      epoch = wiring.epoch;
      this.#look();
      report.outcome = 'none';
      report.result = report.message = undefined;
      const last = this.#steps[this.#steps.length - 1];
      const task = last === undefined ? this.#task : last[TASK];
      const outbox = last === undefined ? this.#outbox : last.outbox;
      if (this.#task.timedUs > LONG_US * this.#task.timedSlices)
        left = Math.min(left, Math.ceil(LONG_SLICE / (this.#steps.length + 1)));
      this.#loopFor()(this.#from, outbox, task, report, left);
      this.#count(report);
      left -= report.taken;
      // Something was linked or stopped by one of the functions: the row may be another now.
    } while (report.outcome === 'none' && wiring.epoch !== epoch && left > 0 && !this.#task.stopRequested);
    this.#handOver(report);
    return report;
  }

  /** Finds the row as it is now. */
  #look(): void {
    const steps = this.#steps;
    steps.length = 0;
    if (this.#first !== undefined) steps.push(this.#first);
    let step = following(this.#outbox);
    while (step !== undefined && !steps.includes(step)) {
      steps.push(step);
      step = following(step.outbox);
    }
  }

  #loopFor(): FusedLoop {
    const iterates = this.#first === undefined;
    if (this.#loop === undefined || !sameSteps(this.#steps, this.#known) || this.#passings !== passings) {
      this.#known = [...this.#steps];
      this.#passings = passings;
      this.#loop = closureLoop(this.#calls(iterates), iterates);
      this.#isGenerated = false;
      this.#passed = 0;
    } else if (!this.#isGenerated && this.#passed >= WARM) {
      this.#isGenerated = true;
      this.#loop = generatedLoop(this.#calls(iterates), iterates) ?? this.#loop;
    }
    return this.#loop;
  }

  #calls(iterates: boolean): RowCall[] {
    const all = this.#passings;
    if (all.length === 0) return this.#known;
    return this.#known.map(({ call, filters, [TASK]: task }, i) => {
      const from = i > 0 ? (this.#known[i - 1] as FusibleStep).outbox : this.#outbox;
      // The first of a row without an iterator takes from its inbox.
      if (i === 0 && !iterates) return { call, filters };
      const pass = (message: unknown) => {
        for (const passing of all) passing(message, from, task);
      };
      return { call, filters, pass };
    });
  }

  /** What each box would have counted. */
  #count(report: LoopReport): void {
    const steps = this.#steps;
    this.#passed += report.taken;
    let passing = report.taken;
    if (this.#first === undefined && steps.length > 0) this.#outbox.sent += passing;
    for (let i = 0; i < steps.length; i++) {
      const { inbox, outbox } = steps[i] as FusibleStep;
      if (i > 0 || this.#first === undefined) inbox.takenBefore += passing;
      passing -= report.drops[i] as number;
      if (i < steps.length - 1) outbox.sent += passing;
    }
  }

  #handOver(report: LoopReport): void {
    const { outcome, at } = report;
    if (outcome !== 'threw' && outcome !== 'promised') return;
    const step = this.#steps[at];
    if (step === undefined || step === this.#first) return;
    report.outcome = 'none';
    // Until the step has its slice nobody would listen. Of other thenables a second then() may mean the work twice.
    if (report.result instanceof Promise) report.result.catch(() => {});
    step[HAND_OVER](outcome, report.result, report.message);
    const task = step[TASK];
    task.scheduler.notify(task);
  }
}

/** The step behind an outbox, if it can be run from before it. */
function following(outbox: Outbox): FusibleStep | undefined {
  const inbox = outbox.sink;
  const { task } = inbox;
  const step = task.component as unknown as Partial<FusibleStep> | undefined;
  if (step === undefined || step[HAND_OVER] === undefined || step.inbox !== inbox || step.apart) return undefined;
  // Functions of their own: somebody looks at each message. Those of all boxes may have been replaced, see passings.
  if (outbox.send !== Outbox.prototype.send || inbox.push !== PUSH || inbox.recv !== Inbox.prototype.recv)
    return undefined;
  if (inbox.count > 0 || inbox.producers.length !== 1 || task.blocked > 0 || task.stopRequested) return undefined;
  return task.state === IDLE || task.state === QUEUED ? (step as FusibleStep) : undefined;
}

function sameSteps(a: readonly FusibleStep[], b: readonly FusibleStep[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
