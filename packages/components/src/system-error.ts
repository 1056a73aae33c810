// SPDX-License-Identifier: Apache-2.0
import { getSystemErrorMap } from 'node:util';

/** Code and plain words of what the operating system refused, such as `ENOENT` and `no such file or directory`. */
export function systemError(error: unknown): { readonly code: string; readonly text: string } {
  // Connecting to a name with several addresses fails with one error for each.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code, errno, message, reason } = (first ?? {}) as Partial<NodeJS.ErrnoException & { reason: string }>;
  const words = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  // The messages of OpenSSL are made of addresses and lines of its source.
  const ofOpenSSL = code !== undefined && /^ERR_O?SSL_/.test(code) ? reason : undefined;
  const text = words ?? ofOpenSSL ?? message ?? String(first);
  return code === undefined ? { code: 'UNKNOWN', text } : { code, text: `${text} (${code})` };
}
