// SPDX-License-Identifier: Apache-2.0
import type { SharedValueWriter } from '@kamaelia/axon';
import { passportOf } from './guest-generation.js';
import type { PoolGeneration } from './pool-generation.js';
import type { PostedPassport } from './pool-passport.js';

/** What another thread gets of a generation whose frames it has to give back, as it is posted. */
export interface Loan {
  readonly passport: PostedPassport;
  /** For each slot, how many of its counts the component in that thread has. Written there. */
  readonly held: Int32Array<SharedArrayBuffer>;
}

/** The loans to one component. */
interface Loans {
  readonly byGeneration: WeakMap<PoolGeneration, Loan>;
  all: { readonly generation: WeakRef<PoolGeneration>; readonly held: Loan['held'] }[];
}

const loansOf = new WeakMap<SharedValueWriter, Loans>();

/** The loan of a generation's frames to the component that `values` are for. */
export function loanTo(values: SharedValueWriter, generation: PoolGeneration): Loan {
  let loans = loansOf.get(values);
  if (loans === undefined) {
    loans = { byGeneration: new WeakMap(), all: [] };
    loansOf.set(values, loans);
  }
  const known = loans.byGeneration.get(generation);
  if (known !== undefined) return known;
  const held = new Int32Array(new SharedArrayBuffer(generation.counts.byteLength));
  const loan: Loan = { passport: passportOf(generation), held };
  loans.byGeneration.set(generation, loan);
  // A generation that was collected here is nobody's any more, and nothing has to come back to it.
  loans.all = loans.all.filter((other) => other.generation.deref() !== undefined);
  loans.all.push({ generation: new WeakRef(generation), held });
  return loan;
}

/** Counts that the component has. */
export function heldBy(values: SharedValueWriter): number {
  let sum = 0;
  for (const { held } of loansOf.get(values)?.all ?? []) {
    for (let slot = 0; slot < held.length; slot++) sum += Atomics.load(held, slot);
  }
  return sum;
}

/** The component's thread has ended: its counts are given back. */
export function takeBackFrom(values: SharedValueWriter): void {
  for (const { generation, held } of loansOf.get(values)?.all ?? []) {
    for (let slot = 0; slot < held.length; slot++) {
      for (let count = Atomics.exchange(held, slot, 0); count > 0; count--) generation.deref()?.release(slot);
    }
  }
}
