// SPDX-License-Identifier: Apache-2.0

let listening = false;

/** Writes to standard output and resolves when it was taken; rejects with `EPIPE` when nobody reads any more. */
export function writeOut(data: Uint8Array | string): Promise<void> {
  if (!listening) {
    listening = true;
    // The failed write rejects its own promise; without a listener the event would end the process as well.
    process.stdout.on('error', () => {});
  }
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
