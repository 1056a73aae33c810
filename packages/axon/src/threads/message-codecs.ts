// SPDX-License-Identifier: Apache-2.0

/** Where a codec puts what several descriptors refer to, such as the memory of a pool. One for each threaded component. */
export interface SharedValueWriter {
  /**
   * This thread goes on when the other one ends, whatever that had then: what is encoded here should be such that
   * {@link MessageCodec.abandon} can give it back.
   */
  readonly outlives: boolean;
  /**
   * A number under which the other thread finds `value`. It is cloned to that thread once for each threaded component,
   * however often it is put, and dropped there when it was collected here. Shared memory in it is shared, not copied.
   */
  put(value: object): number;
}

/** Where a codec finds what the other thread has {@link SharedValueWriter.put}. */
export interface SharedValueReader {
  /** The clone of the value; the same object each time. A RangeError for a number that nobody put. */
  get(number: number): object;
}

/**
 * How messages of one kind cross to another thread without being copied: as descriptors of what lies in shared memory.
 *
 * A descriptor takes over what the message owned: between `encode` and `decode` nobody else holds it, and whoever drops
 * it calls `dispose`. An array of at most 7 numbers travels through shared memory; anything else that can be cloned by a
 * port, which is slower.
 */
export interface MessageCodec<T = unknown, D = unknown> {
  /** The same in every thread, and different from that of any other codec. */
  readonly name: string;
  /** Whether the message is of this kind. */
  is(message: unknown): message is T;
  /** Gives the message away: from now on it is of no use in this thread. If it throws, the message is disposed of. */
  encode(message: T, values: SharedValueWriter): D;
  /** The message, owned by the caller, in the thread that receives it. If it throws, the descriptor is disposed of. */
  decode(descriptor: D, values: SharedValueReader): T;
  /** Lets go of what a descriptor owns that nobody will decode; called in the thread that encoded it, or in the other. */
  dispose(descriptor: D, values: SharedValueReader): void;
  /**
   * A component in this thread has the message, which was decoded here: nobody else gives back from now on what it owns. A
   * codec whose messages own something that outlives a thread notes here, in shared memory, that this thread has it.
   */
  claim?(message: T): void;
  /** How much of what was encoded for `values` the other thread has claimed and not let go of. */
  held?(values: SharedValueWriter): number;
  /** The other thread has ended: gives back what {@link held} counts. */
  abandon?(values: SharedValueWriter): void;
}

const codecs: MessageCodec[] = [];

/**
 * From now on messages of this kind cross to other threads by their codec. It has to be registered in the worker too:
 * the module that does so is imported by the threaded component's module as well.
 */
export function registerMessageCodec<T, D>(codec: MessageCodec<T, D>): void {
  const { name } = codec;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`registerMessageCodec: Expected a non-empty string for name but received ${String(name)}`);
  }
  for (const method of ['is', 'encode', 'decode', 'dispose'] as const) {
    if (typeof codec[method] === 'function') continue;
    throw new TypeError(`registerMessageCodec: Expected a method ${method} of ${name} but received none`);
  }
  const other = codecNamed(name);
  if (other === (codec as unknown)) return;
  if (other !== undefined)
    throw new TypeError(`registerMessageCodec: Expected one codec named ${name} but received two`);
  codecs.push(codec as unknown as MessageCodec);
}

/** @internal This thread answers for a message that has come from another one. */
export function claimMessage(message: unknown): void {
  codecFor(message)?.claim?.(message);
}

const NOWHERE: SharedValueWriter = { outlives: false, put: () => 0 };

/**
 * @internal Forgets a message that was decoded here and not claimed: the thread that encoded it takes its descriptor back.
 * False for one that was not encoded.
 */
export function relinquish(message: unknown): boolean {
  const codec = codecFor(message);
  if (codec === undefined) return false;
  try {
    codec.encode(message, NOWHERE);
  } catch {
    // Whatever is wrong with it, it is no longer this thread's.
  }
  return true;
}

/** @internal The codec for a message, if there is one. */
export function codecFor(message: unknown): MessageCodec | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  for (const codec of codecs) if (codec.is(message)) return codec;
  return undefined;
}

/** @internal */
export function codecNamed(name: string): MessageCodec | undefined {
  return codecs.find((codec) => codec.name === name);
}
