// SPDX-License-Identifier: Apache-2.0
// Counted slots of shared memory and their codec: what a pool of pictures is in little.
import { registerMessageCodec } from '@kamaelia/axon';

const pools = new Map();

export class Pool {
  constructor(value) {
    this.value = value;
    this.counts = new Int32Array(value.counts);
    pools.set(value.id, this);
  }
  static make(id, slots) {
    return new Pool({
      id,
      counts: new SharedArrayBuffer(slots * 4),
      slots: Array.from({ length: slots }, () => new SharedArrayBuffer(64)),
    });
  }
  acquire() {
    const slot = this.counts.findIndex((_, i) => Atomics.compareExchange(this.counts, i, 0, 1) === 0);
    if (slot < 0) throw new Error('Pool: Expected a free slot but there is none');
    return new Slot(this, slot);
  }
  get held() {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}

export class Slot {
  #pool;
  constructor(pool, slot, tag = 0) {
    this.#pool = pool;
    this.slot = slot;
    this.tag = tag;
  }
  get data() {
    if (this.#pool === undefined) throw new TypeError('Slot: Expected an open slot but it was sent or closed');
    return new Uint8Array(this.#pool.value.slots[this.slot]);
  }
  /** The pool, which is no longer this handle's. */
  detach() {
    const pool = this.#pool;
    if (pool === undefined) throw new TypeError('Slot: Expected an open slot but it was sent or closed');
    this.#pool = undefined;
    return pool;
  }
  close() {
    if (this.#pool !== undefined) release(this.detach(), this.slot);
  }
  [Symbol.dispose]() {
    this.close();
  }
}

function release(pool, slot) {
  if (Atomics.sub(pool.counts, slot, 1) !== 1) throw new Error(`Pool: slot ${slot} was released twice`);
}

const poolOf = (value) => pools.get(value.id) ?? new Pool(value);

registerMessageCodec({
  name: 'test.Slot',
  is: (message) => message instanceof Slot,
  encode(slot, values) {
    if (slot.tag === 'refuse') throw new RangeError('no such tag');
    // A tag that is no number makes the descriptor one that has to be cloned.
    const pool = slot.detach();
    return [values.put(pool.value), slot.slot, slot.tag];
  },
  decode([value, slot, tag], values) {
    if (tag === 'undecodable') throw new RangeError('cannot be decoded');
    return new Slot(poolOf(values.get(value)), slot, tag);
  },
  dispose([value, slot], values) {
    release(poolOf(values.get(value)), slot);
  },
});
