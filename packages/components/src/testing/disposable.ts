// SPDX-License-Identifier: Apache-2.0

/** Bytes that count how often they were disposed. For tests. */
export class CountedBytes extends Uint8Array {
  disposed = 0;

  [Symbol.dispose](): void {
    this.disposed++;
  }
}
