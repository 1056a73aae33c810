// SPDX-License-Identifier: Apache-2.0
import type { FrameLayout, FrameSlot } from './pool-generation.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Whether the environment asks for checks of this kind: `KAMAELIA_CHECK=frames`, several with commas between. */
export function checkWanted(kind: string): boolean {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return (process?.env?.KAMAELIA_CHECK ?? '').split(',').includes(kind);
}

/** Checksums of slots whose pixels nobody may change any more, for `KAMAELIA_CHECK=frames`. */
export class SlotChecksums {
  readonly #layout: FrameLayout;
  readonly #slots: readonly FrameSlot[];
  readonly #sums = new Map<number, number>();

  constructor(layout: FrameLayout, slots: readonly FrameSlot[]) {
    this.#layout = layout;
    this.#slots = slots;
  }

  /** From now on the slot is read-only. */
  take(slot: number): void {
    this.#sums.set(slot, this.#sum(slot));
  }

  has(slot: number): boolean {
    return this.#sums.has(slot);
  }

  /** The slot may be written to again. */
  drop(slot: number): void {
    this.#sums.delete(slot);
  }

  /** False when the samples have changed since they were last looked at; a change is reported once. */
  verify(slot: number): boolean {
    const before = this.#sums.get(slot);
    if (before === undefined) return true;
    const now = this.#sum(slot);
    this.#sums.set(slot, now);
    return now === before;
  }

  /** FNV-1a over the 32-bit words of the planes; rows are multiples of 64 bytes, and what is left over goes by bytes. */
  #sum(slot: number): number {
    const { buffer, baseOffset } = this.#slots[slot] as FrameSlot;
    let sum = FNV_OFFSET;
    for (const { offset, stride, height } of this.#layout.planes) {
      const bytes = new Uint8Array(buffer, baseOffset + offset, stride * height);
      const words = bytes.byteOffset % 4 === 0 ? new Int32Array(buffer, bytes.byteOffset, bytes.length >> 2) : [];
      for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] as number), FNV_PRIME);
      for (let i = words.length * 4; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] as number), FNV_PRIME);
    }
    return sum;
  }
}
