// SPDX-License-Identifier: Apache-2.0
let last = 0;

/** A number that nothing else of this process has had. */
export function numId(): number {
  last += 1;
  return last;
}

/** A name that nothing else of this process has had: `Class_<number>`. */
export function strId(thing: object): string {
  return tupleId(thing)[1];
}

/** A number and the name made of it. */
export function tupleId(thing: object): readonly [id: number, name: string] {
  const id = numId();
  return [id, `${thing.constructor.name}_${id}`];
}
