// SPDX-License-Identifier: Apache-2.0
export type { VirtualClock } from '../clock.js';
export { type Drive, type DriveOptions, drive, virtualClock } from './drive.js';
export { TestInput, TestSink, TestSource } from './ends.js';
export { checkInvariants, isFinished, slicesOf } from './invariants.js';
export { seededOrder, seededRandom } from './order.js';
