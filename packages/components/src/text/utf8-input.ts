// SPDX-License-Identifier: Apache-2.0

/**
 * Text of a stream that comes as text, or as bytes in UTF-8 that may be cut anywhere. What is not UTF-8 becomes U+FFFD; a
 * byte order mark at the beginning is left out.
 */
export class Utf8Input {
  readonly #decoder = new TextDecoder();

  /** The text of the next message, as far as its last character is complete. */
  take(message: string | Uint8Array): string {
    return typeof message === 'string' ? message : this.#decoder.decode(message, { stream: true });
  }

  /** What an incomplete character at the end of the stream becomes. */
  end(): string {
    return this.#decoder.decode();
  }
}
