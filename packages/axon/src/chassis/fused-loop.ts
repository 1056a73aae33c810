// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '../dispose.js';
import type { Inbox } from '../inbox.js';
import type { Outbox } from '../outbox.js';
import { isThenable } from '../steps.js';
import type { Task } from '../task.js';
import { wiring } from '../topology.js';

/** What one step of a fused row does with a message. */
export interface RowCall {
  readonly call: (message: unknown) => unknown;
  /** The result says whether the message goes on; otherwise it is what goes on, unless it is null or undefined. */
  readonly filters: boolean;
  /** Is called with each object that comes to the step; what it throws is the failure of what is before the step. */
  readonly pass?: (message: unknown) => void;
}

/** What a {@link FusedLoop} has done, and at which step it had to leave off. */
export class LoopReport {
  /** Messages that the first step took. */
  taken = 0;
  /** For each step, messages it took that went no further. */
  readonly drops: number[] = [];
  /** The step whose function threw, or gave a promise, as `result` says; -1 for the iterator. */
  at = -1;
  outcome: 'none' | 'threw' | 'promised' | 'ended' = 'none';
  /** The error or the promise. */
  result: unknown = undefined;
  /** What a filter that gave a promise was asked about. */
  message: unknown = undefined;
}

/** Where the messages of a row come from: an inbox, or the iterator of a source. */
export type RowFrom = Inbox | Iterator<unknown>;

/**
 * Takes messages one by one, calls every step's function, and sends what comes out, until there is none, the last step is
 * held back, `most` were taken, something was linked or stopped, or a function throws or gives a promise.
 */
export type FusedLoop = (from: RowFrom, outbox: Outbox, last: Task, report: LoopReport, most: number) => void;

/** A loop over closures: for rows that have not had much to do yet, and where code may not be generated. */
export function closureLoop(row: readonly RowCall[], iterates: boolean): FusedLoop {
  const steps = row.length;
  return (from, outbox, last, report, most) => {
    const { epoch } = wiring;
    const { drops } = report;
    for (let i = 0; i < steps; i++) drops[i] = 0;
    let taken = 0;
    let at = -1;
    let asked: unknown;
    let passing = false;
    try {
      next: while (taken < most && last.blocked === 0 && wiring.epoch === epoch) {
        at = -1;
        let value: unknown;
        if (iterates) {
          const item = (from as Iterator<unknown>).next();
          if (item.done === true) {
            report.outcome = 'ended';
            break;
          }
          value = item.value;
        } else {
          if (!(from as Inbox).ready) break;
          value = (from as Inbox).recv();
        }
        taken++;
        for (let step = 0; step < steps; step++) {
          const { call, filters, pass } = row[step] as RowCall;
          if (pass !== undefined && typeof value === 'object') {
            passing = true;
            pass(value);
            passing = false;
          }
          at = step;
          asked = value;
          const result = call(value);
          const promised = isThenable(result);
          if (promised) {
            report.outcome = 'promised';
            report.result = result;
            report.message = value;
          } else if (filters) {
            if (result) continue;
            disposeMessage(value);
          } else {
            value = result;
            if (value !== null && value !== undefined) continue;
          }
          drops[at] = (drops[at] as number) + 1;
          if (promised) break next;
          continue next;
        }
        passing = true;
        outbox.send(value);
        passing = false;
      }
    } catch (error) {
      report.outcome = 'threw';
      report.result = error;
      // What could not be sent is the failure of the step that gave it.
      if (!passing && at >= 0 && (row[at] as RowCall).filters) disposeMessage(asked);
      if (at >= 0) drops[at] = (drops[at] as number) + 1;
    }
    report.taken = taken;
    report.at = at;
  };
}

/**
 * The same in code made for this row, in which the engine sees each function called from one place and can put it in line.
 * Undefined where code may not be generated.
 */
export function generatedLoop(row: readonly RowCall[], iterates: boolean): FusedLoop | undefined {
  const names = row.map((_, i) => `call${i}`);
  const passes = row.map(({ pass }) => pass);
  let make: (...args: unknown[]) => FusedLoop;
  try {
    make = new Function('wiring', 'disposeMessage', 'passes', ...names, loopText(row, iterates)) as typeof make;
  } catch {
    // A page whose policy forbids it.
    return undefined;
  }
  return make(wiring, disposeMessage, passes, ...row.map(({ call }) => call));
}

function loopText(row: readonly RowCall[], iterates: boolean): string {
  const each = (text: (i: number) => string) => row.map((_, i) => text(i));
  const take = iterates
    ? `const item = from.next();
       if (item.done === true) { report.outcome = 'ended'; break; }
       value = item.value;`
    : 'value = from.recv();';
  return `'use strict';
return (from, outbox, last, report, most) => {
  const epoch = wiring.epoch;
  let ${['taken = 0', 'at = -1', 'passing = false', 'value', ...each((i) => `drops${i} = 0`)].join(', ')};
  try {
    while (taken < most && ${iterates ? '' : 'from.ready && '}last.blocked === 0 && wiring.epoch === epoch) {
      at = -1;
      ${take}
      taken++;
      ${row.map(({ filters, pass }, i) => (pass === undefined ? '' : passText(i)) + (filters ? filterText(i) : mapText(i))).join('\n      ')}
      passing = true;
      outbox.send(value);
      passing = false;
    }
  } catch (error) {
    report.outcome = 'threw';
    report.result = error;
    ${each((i) => (row[i]?.filters ? `if (at === ${i} && !passing) disposeMessage(value);` : '')).join(' ')}
    ${each((i) => `if (at === ${i}) drops${i}++;`).join(' ')}
  }
  ${each((i) => `report.drops[${i}] = drops${i};`).join(' ')}
  report.taken = taken;
  report.at = at;
};`;
}

function passText(i: number): string {
  return `if (typeof value === 'object') { passing = true; passes[${i}](value); passing = false; }
      `;
}

function mapText(i: number): string {
  return `at = ${i};
      value = call${i}(value);
      if (value === undefined || value === null) { drops${i}++; continue; }
      ${promisedText(i, 'value')}`;
}

function filterText(i: number): string {
  return `at = ${i};
      const kept${i} = call${i}(value);
      if (kept${i} !== true) {
        if (!kept${i}) { drops${i}++; disposeMessage(value); continue; }
        ${promisedText(i, `kept${i}`)}
      }`;
}

function promisedText(i: number, result: string): string {
  return `if ((typeof ${result} === 'object' || typeof ${result} === 'function') && typeof ${result}.then === 'function') {
        drops${i}++;
        report.outcome = 'promised'; report.result = ${result}; report.message = value;
        break;
      }`;
}
