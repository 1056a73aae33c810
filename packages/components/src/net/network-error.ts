// SPDX-License-Identifier: Apache-2.0
import { systemError } from '../system-error.js';

/** A connection could not be made or was lost, or a port could not be had. The `ComponentError` around it has the path. */
export class NetworkError extends Error {
  /** The operating system's code, such as `ECONNREFUSED` or `EADDRINUSE`; `TIMEOUT`, `CLOSED`. */
  readonly code: string;
  readonly host: string;
  readonly port: number;

  constructor(message: string, code: string, host: string, port: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NetworkError';
    this.code = code;
    this.host = host;
    this.port = port;
  }
}

/** @internal `doing` is followed by the address and the reason. */
export function networkError(doing: string, host: string, port: number, cause: unknown): NetworkError {
  const { code, text } = systemError(cause);
  return new NetworkError(`${doing} ${address(host, port)}: ${text}`, code, host, port, cause);
}

/** @internal `host:port`, with brackets around an IPv6 address. */
export function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
