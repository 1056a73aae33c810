// SPDX-License-Identifier: Apache-2.0
export type { VirtualClock } from '../clock.js';
export { type Drive, type DriveOptions, drive, virtualClock } from './drive.js';
export { TestInput, TestSink, TestSource } from './ends.js';
export { type Fault, type FaultBench, type FaultOptions, type FaultReport, injectFaults } from './faults.js';
export { TestHandle, TestHandles } from './handles.js';
export { checkInvariants, isFinished, slicesOf } from './invariants.js';
export { seededOrder, seededRandom } from './order.js';
