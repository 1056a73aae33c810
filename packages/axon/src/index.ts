// SPDX-License-Identifier: Apache-2.0
export {
  Backplane,
  PublishTo,
  type PublishToOptions,
  SubscribeTo,
  type SubscribeToOptions,
} from './chassis/backplane.js';
export { Carousel, type CarouselComponent, type CarouselOptions } from './chassis/carousel.js';
export { Branch, type BranchOptions, refuseSingleOwner, type SubscriberPolicy, sendToAll } from './chassis/fan-out.js';
export { filter, map, type StepComponent } from './chassis/function-stage.js';
export { Graphline, type GraphlineOptions } from './chassis/graphline.js';
export { type GroupComponent, type GroupOptions, group, type SupervisionPolicy } from './chassis/group.js';
export {
  type ComponentInput,
  type ComponentOutput,
  type InputOf,
  type OutputOf,
  Pipeline,
} from './chassis/pipeline.js';
export { Par, Seq } from './chassis/seq-par.js';
export { Tee, type TeeBranch } from './chassis/tee.js';
export { type Clock, WallClock } from './clock.js';
export { Component, type RunOptions, run } from './component.js';
export { disposeMessage } from './dispose.js';
export {
  BoxAlreadyLinkedError,
  CancelledError,
  ComponentError,
  DeadlockError,
  EmptyInboxError,
  EndedOutboxError,
  LinkCycleError,
  NotActivatedError,
  NotOwnedError,
  nearest,
  RetargetError,
  UnknownBoxError,
} from './errors.js';
export type { External } from './external.js';
export type { OnUnhandled } from './graph.js';
export { DEFAULT_CAPACITY, type Inbox, type InboxOptions, type Lossy, noteReceivers, RECEIVED } from './inbox.js';
export { toDot, toMermaid } from './inspect/graph-text.js';
export {
  type ActivityState,
  type ComponentReport,
  type InboxReport,
  type Inspection,
  inspect,
  type OutboxReport,
} from './inspect/inspect.js';
export { type MessageSummary, type Trace, tap, trace } from './inspect/tap.js';
export { why } from './inspect/why.js';
export { type Link, link, type MessageOf, unlink } from './link.js';
export { type LogEntry, type LogHook, type LogLevel, logToStderr } from './log.js';
export type { Outbox, OutboxOptions } from './outbox.js';
export type { ReadableOfNode } from './outward.js';
export { checkOwnership, SENT } from './ownership.js';
export { type DestinationOf, type RetargetOptions, retarget } from './retarget.js';
export { Scheduler, type SchedulerOptions } from './scheduler.js';
export { type PositionReport, SlavedClock, type SlavedClockOptions } from './slaved-clock.js';
export { type Duration, Step, type Steps } from './steps.js';
export { type SuccessorOf, swap } from './swap.js';
export {
  type MessageCodec,
  registerMessageCodec,
  type SharedValueReader,
  type SharedValueWriter,
} from './threads/message-codecs.js';
export { defaultSchedule, type Schedule } from './turns.js';
