// SPDX-License-Identifier: Apache-2.0

/**
 * A fault of media data or of a codec. `code` is a stable word such as `NO_SEQUENCE_HEADER`; `position` is the byte of
 * the input at which the fault was seen, where that is known.
 */
export class MediaError extends Error {
  readonly code: string;
  readonly position: number | undefined;

  constructor(message: string, { code, position, cause }: { code: string; position?: number; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.position = position;
  }
}
