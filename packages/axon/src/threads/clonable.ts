// SPDX-License-Identifier: Apache-2.0
import type { Transferable } from 'node:worker_threads';

const DISPOSE: symbol | undefined = (Symbol as { dispose?: symbol }).dispose;

/**
 * What is posted for a message that has no codec; buffers that go with it instead of being copied are added to
 * `transfer`. Throws a TypeError, without a subject, for what would arrive as something else.
 *
 * `owned`: the sender has given up the bytes it sends, so that a `Uint8Array` that is all of its buffer can be moved.
 */
export function toClonable(message: unknown, owned: boolean, transfer: Transferable[]): unknown {
  if (typeof message === 'function' || typeof message === 'symbol') throw refusal(describe(message));
  if (typeof message !== 'object' || message === null) return message;
  if (ArrayBuffer.isView(message)) return bytesToPost(message, owned, transfer);
  const own = (message as { transferables?: unknown }).transferables;
  if (typeof own === 'function') {
    transfer.push(...transferablesOf(message, own.call(message)));
    return message;
  }
  if (DISPOSE !== undefined && typeof (message as Record<symbol, unknown>)[DISPOSE] === 'function') {
    throw refusal(`${describe(message)} with Symbol.dispose, for which no message codec is registered`);
  }
  if (!isPlain(message) && Object.prototype.toString.call(message) === '[object Object]') {
    throw refusal(`${describe(message)}, which would arrive without its class; register a message codec for it`);
  }
  return message;
}

/** Says of a value that could not be posted what it is. */
export function refusal(what: string): TypeError {
  return new TypeError(`Expected a message that can be cloned to another thread but received ${what}`);
}

function isPlain(message: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(message);
  // Also that of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(message: unknown): string {
  if (typeof message !== 'object' && typeof message !== 'function' && typeof message !== 'symbol')
    return String(message);
  if (message === null) return 'null';
  if (typeof message === 'symbol') return 'a symbol';
  if (typeof message === 'function') return message.name === '' ? 'a function' : `the function ${message.name}`;
  const name = (message as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
}

/** A view takes its whole buffer along when it is cloned, so a part of one is copied first. */
function bytesToPost(view: ArrayBufferView, owned: boolean, transfer: Transferable[]): ArrayBufferView {
  const { buffer, byteLength } = view;
  if (!(buffer instanceof ArrayBuffer)) return view;
  const whole = byteLength === buffer.byteLength;
  if (whole && !owned) return view;
  const moved = whole ? view : copyOf(view);
  transfer.push(moved.buffer as ArrayBuffer);
  return moved;
}

function copyOf(view: ArrayBufferView): ArrayBufferView {
  // A Buffer's own slice() would not copy.
  if (view instanceof Uint8Array) return new Uint8Array(view);
  if (view instanceof DataView) {
    return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  }
  return (view as Float64Array).slice();
}

function transferablesOf(message: object, list: unknown): Transferable[] {
  if (Array.isArray(list)) return list as Transferable[];
  throw new TypeError(`Expected an array from transferables() of ${describe(message)} but received ${typeof list}`);
}

/** Finds out which of several payloads is the one that a port refused, and why. Undefined when none is. */
export function firstUnclonable(
  payloads: readonly unknown[],
): { readonly index: number; readonly why: string } | undefined {
  for (const [index, payload] of payloads.entries()) {
    try {
      structuredClone(payload);
    } catch (error) {
      return { index, why: `${describe(payload)}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  return undefined;
}
