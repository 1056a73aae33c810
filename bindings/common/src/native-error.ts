// SPDX-License-Identifier: Apache-2.0

/** A fault that native code reported: a stable `code` and the byte of the input at which it was seen. */
export class NativeError extends Error {
  readonly code: string;
  readonly position: number;

  constructor(message: string, { code, position }: { code: string; position: number }) {
    super(message);
    this.name = 'NativeError';
    this.code = code;
    this.position = position;
  }
}
