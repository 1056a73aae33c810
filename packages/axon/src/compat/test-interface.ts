// SPDX-License-Identifier: Apache-2.0
import { type Component, TASK } from '../component.js';
import { invalidComponentInterface } from './axon-exceptions.js';

/** Names of boxes that a component has to have. */
export type Interface = readonly [inboxes: readonly string[], outboxes: readonly string[]];

/** Options of {@link testInterface}. */
export interface TestInterfaceOptions {
  /** Give false instead of throwing. */
  readonly production?: boolean;
}

/**
 * True when a component has the inboxes and outboxes named, and perhaps others; throws `invalidComponentInterface` when it
 * does not.
 */
export function testInterface(
  theComponent: Component,
  interface_: Interface,
  { production = false }: TestInterfaceOptions = {},
): boolean {
  const { ins, outs } = theComponent[TASK];
  const [inboxes, outboxes] = interface_;
  for (const [kind, wanted, boxes] of [
    ['inboxes', inboxes, ins],
    ['outboxes', outboxes, outs],
  ] as const) {
    const missing = wanted.filter((name) => !boxes.some((box) => box.name === name));
    if (missing.length === 0) continue;
    if (production) return false;
    const message = `testInterface: Expected ${kind} ${missing.join(', ')} of ${theComponent.path} but it has none`;
    throw new invalidComponentInterface(message, kind, theComponent, interface_);
  }
  return true;
}
