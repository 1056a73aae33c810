// SPDX-License-Identifier: Apache-2.0
export { BoxAlreadyLinkedError as BoxAlreadyLinkedToDestination } from '../errors.js';

/** What every error of the old vocabulary is an instance of. `args` is what it was made with. */
export class AxonException extends Error {
  readonly args: readonly unknown[];

  constructor(message: string, ...args: unknown[]) {
    super(message);
    this.name = new.target.name;
    this.args = args;
  }
}

/** A component was asked for boxes that it lacks; thrown by `testInterface`. */
export class invalidComponentInterface extends AxonException {
  readonly code = 'INVALID_COMPONENT_INTERFACE';
}

/** `send` into an inbox whose size was set by `setInboxSize` or `pipewidth`, and which is full. */
export class noSpaceInBox extends AxonException {
  readonly code = 'NO_SPACE_IN_BOX';
  /** Messages that wait. */
  readonly current: number;
  readonly capacity: number;

  constructor(box: string, current: number, capacity: number) {
    super(`${box}: Expected room for a message but it holds ${current} of ${capacity}`, current, capacity);
    this.current = current;
    this.capacity = capacity;
  }
}

/** The parent given to a tracker is none. */
export class BadParentTracker extends AxonException {
  readonly code = 'BAD_PARENT_TRACKER';
}

/** A service of that name is registered. */
export class ServiceAlreadyExists extends AxonException {
  readonly code = 'SERVICE_ALREADY_EXISTS';
}

/** What was to offer a service is no component. */
export class BadComponent extends AxonException {
  readonly code = 'BAD_COMPONENT';
}

/** The component that was to offer a service has no such inbox. */
export class BadInbox extends AxonException {
  readonly code = 'BAD_INBOX';
}

/** No service of that name is registered, or no longer. */
export class MultipleServiceDeletion extends AxonException {
  readonly code = 'MULTIPLE_SERVICE_DELETION';
}

/** A value of that name is tracked. */
export class NamespaceClash extends AxonException {
  readonly code = 'NAMESPACE_CLASH';
}

/** No value of that name is tracked. */
export class AccessToUndeclaredTrackedVariable extends AxonException {
  readonly code = 'UNDECLARED_TRACKED_VARIABLE';
}

/** Arguments exclude each other. */
export class ArgumentsClash extends AxonException {
  readonly code = 'ARGUMENTS_CLASH';
}

/** For programs that end by an error. */
export class normalShutdown extends AxonException {
  readonly code = 'NORMAL_SHUTDOWN';
}
