// SPDX-License-Identifier: Apache-2.0
export { AdaptiveCommsComponent, type ResourceInformation } from './adaptive-comms-component.js';
export * from './axon-exceptions.js';
export { type Attributes, type BoxNames, component } from './component.js';
export { coordinatingassistanttracker, type Service } from './coordinating-assistant-tracker.js';
export { numId, strId, tupleId } from './id-gen.js';
export { Introspector } from './introspector.js';
export * from './ipc.js';
export { type LinkageOptions, linkage, type Passthrough } from './linkage.js';
export { type MicroprocessOptions, microprocess, type SchedulerClass } from './microprocess.js';
export { type BoxPair, type LinkOptions, postoffice, type Unlinked } from './postoffice.js';
export { type RunThreadsOptions, scheduler } from './scheduler.js';
export { type Interface, type TestInterfaceOptions, testInterface } from './test-interface.js';
