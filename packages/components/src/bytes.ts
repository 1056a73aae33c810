// SPDX-License-Identifier: Apache-2.0
import { shown } from './options.js';

/** What components that write take: bytes, or text that is written as UTF-8. */
export type Sendable = Uint8Array | string;

/** The bytes of a message; throws a TypeError that begins with `owner` for anything else. */
export function bytesOf(owner: string, message: Sendable): Uint8Array {
  if (message instanceof Uint8Array) return message;
  if (typeof message === 'string') return Buffer.from(message, 'utf8');
  throw new TypeError(`${owner}: Expected Uint8Array or string for a message but received ${shown(message)}`);
}

/** Plain bytes with a buffer of their own, as every receiver may rely on: Node's may lie in a pool it uses again. */
export function ownBytes(chunk: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = chunk;
  if (buffer.byteLength === byteLength) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(chunk);
}
