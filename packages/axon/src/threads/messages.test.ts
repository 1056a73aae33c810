// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, it } from 'vitest';
import { Pipeline, registerMessageCodec } from '../index.js';
import { drive } from '../testing/index.js';
import { closeWorkerPool, threaded } from './index.js';

interface TestPool {
  readonly held: number;
  acquire(): TestSlot;
}
interface TestSlot extends Disposable {
  tag: unknown;
  readonly data: Uint8Array;
  close(): void;
}
interface Slots {
  readonly Pool: { make(id: string, slots: number): TestPool };
}

const at = (name: string) => new URL(`./test-components/${name}.mjs`, import.meta.url);
// Of the sources here, of the compiled package in the worker.
const { Pool } = (await import('./test-components/slots.mjs' as string)) as Slots;

afterAll(closeWorkerPool);

describe('bytes', () => {
  it('are copied, and only the part that is sent', async () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    const part = new Uint8Array(new ArrayBuffer(1 << 20), 10, 3).fill(7);
    const run = drive(threaded(at('echo')), { inbox: [whole, part] });
    await run.finish();
    expect(run.outbox.messages).toEqual([whole, part]);
    expect(whole).toEqual(new Uint8Array([1, 2, 3, 4]));
    expect((run.outbox.messages as Uint8Array[])[1]?.buffer.byteLength).toBe(3);
  });

  it('are moved where the box says that they are owned', async () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const ports = { in: { inbox: { owned: true } } };
    const run = drive(threaded(at('echo'), {}, { ports }), { inbox: [bytes] });
    await run.finish();
    expect(run.outbox.messages).toEqual([new Uint8Array([1, 2, 3, 4])]);
    expect(bytes.length).toBe(0);
  });

  it('in a slab that others share are never moved', async () => {
    const ports = { in: { inbox: { owned: true } } };
    const pooled = Buffer.from('abc');
    expect(pooled.buffer.byteLength).toBeGreaterThan(3);
    const run = drive(threaded(at('echo'), {}, { ports }), { inbox: [pooled] });
    await run.finish();
    expect(run.outbox.messages).toEqual([new Uint8Array([97, 98, 99])]);
    expect(pooled.toString()).toBe('abc');
    expect(pooled.buffer.byteLength).toBeGreaterThan(3);
  });

  it('of shared memory are shared', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    const run = drive(threaded(at('echo')), { inbox: [shared] });
    await run.finish();
    const [back] = run.outbox.messages as unknown as [Uint8Array];
    shared[0] = 9;
    expect(back[0]).toBe(9);
  });

  it('of a message that names its transferables are moved', async () => {
    class Block {
      readonly data = new Float32Array([1, 2]);
      transferables() {
        return [this.data.buffer];
      }
    }
    const block = new Block();
    const run = drive(threaded(at('echo')), { inbox: [block] });
    await run.finish();
    expect(run.outbox.messages).toEqual([{ data: new Float32Array([1, 2]) }]);
    expect(block.data.length).toBe(0);
  });

  it('sent by one sendAll arrive one by one, in order', async () => {
    const batch = Array.from({ length: 500 }, (_, n) => n);
    const run = drive(
      Pipeline(
        {
          *[Symbol.iterator]() {
            yield* batch;
          },
        },
        threaded(at('echo'), { capacity: 3 }),
      ),
    );
    await run.finish();
    expect(run.outbox.messages).toEqual(batch);
  });
});

describe('messages with a codec', () => {
  it('cross in the memory they are in, and their counts are right at the end', async () => {
    const pool = Pool.make('there and back', 200);
    const sent = Array.from({ length: 200 }, (_, n) => {
      const slot = pool.acquire();
      slot.data[0] = n;
      slot.tag = n;
      return slot;
    });
    const seen: number[][] = [];
    await Pipeline(sent, threaded(at('slot-echo')), threaded(at('slot-echo')), (slot: TestSlot) => {
      seen.push([slot.tag as number, slot.data[0] as number]);
      slot.close();
    }).run();
    expect(seen).toEqual(sent.map((_, n) => [n, n]));
    expect(pool.held).toBe(0);
    expect(() => sent[0]?.data).toThrow('it was sent or closed');
  });

  it('keep their place among others when their descriptor has to be cloned', async () => {
    const pool = Pool.make('mixed', 10);
    const tagged = (tag: unknown) => Object.assign(pool.acquire(), { tag });
    const sent = [1, tagged('text'), { n: 2 }, tagged(3), 'four', tagged({ five: 5 })];
    const seen: unknown[] = [];
    await Pipeline(sent, threaded(at('slot-echo')), (message: unknown) => {
      seen.push(typeof message === 'object' && message !== null && 'tag' in message ? message.tag : message);
      (message as Partial<TestSlot>).close?.();
    }).run();
    expect(seen).toEqual([1, 'text', { n: 2 }, 3, 'four', { five: 5 }]);
    expect(pool.held).toBe(0);
  });

  it.each([0, 1, 3, 10, 40])(
    'leak nothing when the graph is aborted in the middle (after %i messages)',
    async (count) => {
      const pool = Pool.make(`aborted ${count}`, 500);
      const controller = new AbortController();
      let seen = 0;
      const source = function* () {
        for (let n = 0; n < 500; n++) yield pool.acquire();
      };
      const graph = Pipeline(
        source(),
        threaded(at('slot-echo'), { capacity: 7 }),
        threaded(at('slot-echo')),
        (slot: TestSlot) => {
          slot.close();
          if (++seen === count) controller.abort(new Error('enough'));
        },
      );
      const running = graph.run({ signal: controller.signal });
      if (count === 0) controller.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
      expect(pool.held).toBe(0);
    },
  );

  it.each(['throws', 'exits', 'spins'])('leak nothing when the thread ends before it took them (%s)', async (how) => {
    const pool = Pool.make(`ended: ${how}`, 30);
    const busy = new Int32Array(new SharedArrayBuffer(4));
    // Room for all, so that the source has none left that it would have to dispose of.
    const ports = { in: { inbox: { capacity: 30 } } };
    const component = threaded(at('slot-failing'), { how, busy: busy.buffer }, { stopWithin: { ms: 10 }, ports });
    const run = drive(component, { inbox: Array.from({ length: 30 }, () => pool.acquire()) });
    if (how === 'spins') {
      while (Atomics.load(busy, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
      run.abort();
    }
    await expect(run.done).rejects.toThrow();
    expect(pool.held).toBe(0);
  });

  it.each([
    ['refuse', /inbox: no such tag$/],
    ['undecodable', /inbox: cannot be decoded$/],
  ])('that fail in the codec are disposed of, and the error names the box (%s)', async (tag, message) => {
    const pool = Pool.make(`codec: ${tag}`, 3);
    const slots = [pool.acquire(), Object.assign(pool.acquire(), { tag }), pool.acquire()];
    const run = drive(threaded(at('slot-echo')), { inbox: slots });
    run.outbox.hold();
    await expect(run.done).rejects.toThrow(message);
    expect(pool.held).toBe(0);
  });

  it('whose codec the worker has not are refused, and disposed of', async () => {
    const pool = Pool.make('unknown there', 1);
    const run = drive(threaded(at('echo'), {}, { resourceLimits: { maxOldGenerationSizeMb: 64 } }), {
      inbox: [pool.acquire()],
    });
    await expect(run.done).rejects.toThrow(
      /Expected the message codec "test.Slot" in both threads but it is registered in the other one only$/,
    );
    expect(pool.held).toBe(0);
  });
});

describe('registerMessageCodec()', () => {
  const codec = {
    name: 'test.Whole',
    is: (_: unknown): _ is never => false,
    encode: () => 0,
    decode: () => 0 as never,
    dispose() {},
  };

  it('takes the same codec twice, and no other of its name', () => {
    registerMessageCodec(codec);
    registerMessageCodec(codec);
    expect(() => registerMessageCodec({ ...codec })).toThrow('Expected one codec named test.Whole but received two');
  });

  it('says what a codec lacks', () => {
    expect(() => registerMessageCodec({ ...codec, name: '' })).toThrow('Expected a non-empty string for name');
    expect(() => registerMessageCodec({ ...codec, name: 'x', dispose: undefined as never })).toThrow(
      'Expected a method dispose of x',
    );
  });
});
