// SPDX-License-Identifier: Apache-2.0
// The shared words of one link between two threads, by their place. Totals count modulo 2^32.

/** Messages that no longer count against the sender's bound. Written by the receiver. */
export const SETTLED = 0;
/** Messages that the receiving thread has become responsible for. Written by the receiver. */
export const CLAIMED = 1;
/** Capacity of the inbox at the end of the link. Written by the receiver. */
export const CAPACITY = 2;
/** The sender wants to be woken when {@link SETTLED} reaches {@link NEEDED}. Taken back by the receiver. */
export const WAITING = 3;
/** Written by the sender. */
export const NEEDED = 4;
/** Messages that the component has got; those that were disposed of because it ended do not count. Written by the receiver. */
export const TAKEN = 5;
