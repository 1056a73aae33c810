// SPDX-License-Identifier: Apache-2.0

/** The thread of a component, not the component itself, failed. */
export class ThreadError extends Error {
  /**
   * `WORKER_EXITED`: it ended before its component, for instance by `process.exit()`. `MODULE_UNUSABLE`: the module cannot
   * be loaded, or its default export is no component with the boxes that are linked.
   */
  readonly code: 'WORKER_EXITED' | 'MODULE_UNUSABLE';

  constructor(code: ThreadError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ThreadError';
    this.code = code;
  }
}

/** An error on its way to another thread, which would not keep its name and its properties. */
export interface PostedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Its own properties, as far as they can be cloned. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause?: PostedThrow;
}

/** Something that was thrown. */
export type PostedThrow = { readonly error: PostedError } | { readonly value: unknown };

const DEEPEST_CAUSE = 8;

/** Makes anything that was thrown ready to be posted. */
export function toPosted(thrown: unknown, depth = 0): PostedThrow {
  if (!(thrown instanceof Error)) return { value: isClonable(thrown) ? thrown : String(thrown) };
  const { name, message, stack, cause } = thrown;
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) {
    if (!['name', 'message', 'stack', 'cause'].includes(key) && isClonable(value)) properties[key] = value;
  }
  const error = { name: String(name), message: String(message), stack: String(stack), properties };
  if (cause === undefined || depth >= DEEPEST_CAUSE) return { error };
  return { error: { ...error, cause: toPosted(cause, depth + 1) } };
}

/**
 * What was thrown in the worker, with its name, message, properties and cause; its class is lost. The stack is that of
 * the worker with `madeAt`, where the threaded component was made, below it.
 */
export function fromPosted(posted: PostedThrow, madeAt: string): unknown {
  if ('value' in posted) return posted.value;
  const { name, message, stack, properties, cause } = posted.error;
  const error = new Error(message, cause === undefined ? undefined : { cause: fromPosted(cause, '') });
  Object.assign(error, properties);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  error.stack = stack;
  return addStack(error, madeAt);
}

/** Puts the place where a threaded component was made below the stack of what was thrown in its worker. */
export function addStack(thrown: unknown, madeAt: string): unknown {
  if (thrown instanceof Error && madeAt !== '') {
    thrown.stack = `${thrown.stack}\n    in a worker, for the component made\n${madeAt}`;
  }
  return thrown;
}

function isClonable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
