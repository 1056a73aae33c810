// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  baseOffsetOf,
  type NativeDecoderOptions,
  type NativeDiracDecoder,
  type NativeDiracParser,
  type NativeEvent,
  openDecoder,
  openParser,
} from './index.js';

const testcard = readFileSync(join(import.meta.dirname, '..', '..', '..', 'examples', 'media', 'testcard.drc'));
const opened: NativeDiracDecoder[] = [];

afterEach(() => {
  for (const decoder of opened.splice(0)) decoder.close();
});

function open(options: Partial<NativeDecoderOptions> = {}): NativeDiracDecoder {
  const decoder = openDecoder({ onWake: () => {}, ...options });
  opened.push(decoder);
  return decoder;
}

/** Calls what has other types in TypeScript. */
const call = (target: object, method: string, ...args: unknown[]): unknown =>
  (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
const classOf = (target: object) => Object.getPrototypeOf(target).constructor as new (...args: unknown[]) => object;

/** A value of every type there is, and what messages call it. */
const values: readonly (readonly [unknown, string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [1.5, '1.5'],
  [-1, '-1'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [2 ** 60, String(2 ** 60)],
  [5n, '5'],
  ['text', '"text"'],
  [Symbol('s'), 'a symbol'],
  [() => {}, 'a function'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [[], 'an array'],
  [new ArrayBuffer(8), 'an object'],
  [new SharedArrayBuffer(8), 'an object'],
  [new DataView(new ArrayBuffer(8)), 'an object'],
  [new Uint8Array(8), 'Uint8Array'],
  [new Uint8ClampedArray(8), 'Uint8ClampedArray'],
  [new Uint16Array(8), 'Uint16Array'],
  [new Int32Array(8), 'Int32Array'],
  [new BigUint64Array(8), 'BigUint64Array'],
  [new Proxy({}, {}), 'an object'],
];
const but = (...kinds: readonly string[]) => values.filter(([, name]) => !kinds.includes(name));

async function until(decoder: NativeDiracDecoder, kind: NativeEvent['kind']): Promise<NativeEvent> {
  for (;;) {
    const event = decoder.poll().find((candidate) => candidate.kind === kind);
    if (event !== undefined) return event;
    await nextTurn();
  }
}

/** A decoder that waits for slots, and right arguments to provide them. */
async function waiting() {
  const decoder = open();
  decoder.push(testcard.subarray(0, 60_000));
  const event = await until(decoder, 'format');
  if (event.kind !== 'format') throw new Error('Expected a format');
  const { slotBytes, minimumSlots } = event.layout;
  const slots = Array.from({ length: minimumSlots }, () => new Uint8Array(new SharedArrayBuffer(slotBytes + 64)));
  const offsets = slots.map(({ buffer }) => baseOffsetOf(buffer));
  const counts = new Int32Array(new SharedArrayBuffer(4 * minimumSlots));
  return { decoder, slotBytes, args: [event.generation, slots, offsets, counts] as const };
}

describe('NativeDiracDecoder', () => {
  const Decoder = classOf(openDecoder({ onWake: () => {} }));

  it('refuses options of every wrong type', () => {
    const objects = ['an object', 'an array', 'a function', 'Uint8Array', 'Uint8ClampedArray', 'Uint16Array'];
    for (const [value, name] of but(...objects, 'Int32Array', 'BigUint64Array')) {
      expect(() => new Decoder(value)).toThrow(
        new TypeError(`NativeDiracDecoder: Expected an object for options but received ${name}`),
      );
    }
    for (const [value, name] of but('a function')) {
      expect(() => new Decoder({ onWake: value })).toThrow(
        new TypeError(`NativeDiracDecoder: Expected a function for onWake but received ${name}`),
      );
    }
    for (const [option, highest] of [
      ['threads', 64],
      ['maxPixels', Number.MAX_SAFE_INTEGER],
    ] as const) {
      for (const [value, name] of but('undefined')) {
        const Kind = typeof value === 'number' ? RangeError : TypeError;
        const message = `NativeDiracDecoder: Expected an integer of 1 to ${highest} for ${option} but received ${name}`;
        expect(() => new Decoder({ onWake() {}, [option]: value })).toThrow(new Kind(message));
      }
    }
    expect(() => open({ threads: 65 })).toThrow(RangeError);
    const throwing = () => {
      throw new Error('from the getter');
    };
    for (const option of ['onWake', 'threads', 'maxPixels']) {
      const options = Object.defineProperty({ onWake() {} }, option, { get: throwing });
      expect(() => openDecoder(options)).toThrow('from the getter');
    }
  });

  it('refuses bytes of every wrong type', () => {
    const decoder = open();
    for (const method of ['push', 'pushChunk']) {
      for (const [value, name] of but('Uint8Array')) {
        expect(() => call(decoder, method, value)).toThrow(
          new TypeError(`NativeDiracDecoder.${method}: Expected a Uint8Array for bytes but received ${name}`),
        );
      }
      expect(() => call(decoder, method)).toThrow(TypeError);
    }
  });

  it('takes bytes of any memory, none included', () => {
    const decoder = open();
    expect(decoder.push(new Uint8Array(0))).toBe(0);
    expect(decoder.push(new Uint8Array(new SharedArrayBuffer(100), 3, 50))).toBe(50);
    const moved = new Uint8Array(100);
    structuredClone(moved, { transfer: [moved.buffer] });
    expect(decoder.push(moved)).toBe(0);
    expect(decoder.pushChunk(moved)).toBe(true);
  });

  it('refuses slots of every wrong type, each by its place', async () => {
    const { decoder, args } = await waiting();
    const [generation, slots, offsets, counts] = args;
    const where = 'NativeDiracDecoder.provideSlots: Expected';
    const refused = (given: readonly unknown[], message: string) =>
      expect(() => call(decoder, 'provideSlots', ...given)).toThrow(`${where} ${message}`);
    for (const [value, name] of values) {
      refused([value, slots, offsets, counts], `a whole number from 0 for generation but received ${name}`);
    }
    for (const [value, name] of but('an array')) {
      refused([generation, value, offsets, counts], `an array for slots but received ${name}`);
      refused([generation, slots, value, counts], `an array for baseOffsets but received ${name}`);
    }
    for (const [value, name] of values) {
      refused([generation, slots, offsets, value], `an Int32Array of shared memory for counts but received ${name}`);
      const wrongSlots = [...slots.slice(0, -1), value];
      const last = slots.length - 1;
      refused(
        [generation, wrongSlots, offsets, counts],
        `a Uint8Array of shared memory for slots[${last}] but received ${name}`,
      );
      const wrongOffsets = [value, ...offsets.slice(1)];
      refused(
        [generation, slots, wrongOffsets, counts],
        `a whole number from 0 for baseOffsets[0] but received ${name}`,
      );
    }
    expect(() => call(decoder, 'provideSlots')).toThrow(TypeError);
    decoder.provideSlots(...args);
    expect(await until(decoder, 'picture')).toMatchObject({ generation, pts: 0, damaged: false });
  });

  it('refuses slots that do not fit, lie askew, are for nobody or more than counts', async () => {
    const { decoder, slotBytes, args } = await waiting();
    const [generation, slots, offsets, counts] = args;
    const short = new Uint8Array(new SharedArrayBuffer(slotBytes - 1));
    const refused = (given: readonly unknown[], message: string) =>
      expect(() => call(decoder, 'provideSlots', ...given)).toThrow(
        new RangeError(`NativeDiracDecoder.provideSlots: Expected ${message}`),
      );
    const room = `${slotBytes} bytes behind its base offset for slots[0] but received`;
    refused([generation, [short], [0], counts], `${room} ${slotBytes - 1}`);
    refused([generation, slots.slice(0, 1), [100], counts], `${room} ${slotBytes + 64}`);
    refused([generation, slots.slice(0, 1), [2 ** 53 - 1], counts], `${room} ${slotBytes + 64}`);
    const odd = ((offsets[0] ?? 0) + 1) % 64;
    refused(
      [generation, slots.slice(0, 1), [odd], counts],
      `the offset of an address that is a multiple of 64 for baseOffsets[0] but received ${odd}`,
    );
    refused(
      [generation + 1, slots, offsets, counts],
      `the generation of the last format event but received ${generation + 1}`,
    );
    const { length } = slots;
    refused(
      [generation, slots, offsets.slice(1), counts],
      `a base offset and a count for each slot but received ${length - 1} for ${length}`,
    );
    refused(
      [generation, slots, offsets, counts.subarray(2)],
      `a base offset and a count for each slot but received ${length - 2} for ${length}`,
    );
    expect(() => call(open(), 'provideSlots', 0, [], [], counts)).toThrow('the generation of the last format event');
    decoder.provideSlots(...args);
    expect(await until(decoder, 'picture')).toMatchObject({ pts: 0 });
  });

  it('refuses slots whose memory can be taken away', async () => {
    const { decoder, slotBytes, args } = await waiting();
    const [generation, slots, offsets, counts] = args;
    const ordinary = slots.map(() => new Uint8Array(slotBytes + 64));
    expect(() => decoder.provideSlots(generation, ordinary, offsets, counts)).toThrow(
      'Expected a Uint8Array of shared memory for slots[0] but received Uint8Array',
    );
    expect(() => call(decoder, 'provideSlots', generation, slots, offsets, new Int32Array(counts.length))).toThrow(
      'Expected an Int32Array of shared memory for counts but received Int32Array',
    );
  });

  it('survives arrays whose elements close it, or throw, when they are read', async () => {
    const { decoder, args } = await waiting();
    const [generation, slots, offsets, counts] = args;
    const withGetter = (get: () => unknown) => Object.defineProperty([...slots], 1, { get });
    const throwing = withGetter(() => {
      throw new Error('from the getter');
    });
    expect(() => call(decoder, 'provideSlots', generation, throwing, offsets, counts)).toThrow('from the getter');
    const closing = withGetter(() => {
      decoder.close();
      return slots[1];
    });
    expect(() => call(decoder, 'provideSlots', generation, closing, offsets, counts)).toThrow(
      'NativeDiracDecoder.provideSlots: Expected an open decoder but it is closed',
    );
  });

  it('refuses releases of every wrong type, and takes them after its end', () => {
    const decoder = open();
    for (const [value, name] of values) {
      const message = (argument: string) =>
        `NativeDiracDecoder.release: Expected a whole number from 0 for ${argument} but received ${name}`;
      expect(() => call(decoder, 'release', value, 0)).toThrow(message('generation'));
      expect(() => call(decoder, 'release', 0, value)).toThrow(message('slot'));
    }
    expect(() => decoder.release(4_294_967_295, 0)).not.toThrow();
    decoder.close();
    expect(() => decoder.release(1, 2)).not.toThrow();
  });

  it('does nothing with arguments that it does not have', () => {
    const decoder = open();
    for (const [value] of values) {
      expect(call(decoder, 'poll', value)).toEqual([]);
      call(decoder, 'reset', value);
      expect(call(decoder, 'stats', value)).toMatchObject({ bytes: 0 });
    }
    call(decoder, 'finish', 'now');
    call(decoder, 'close', 'now');
  });

  it('says so when it is used after its end, but for what may come late', () => {
    const decoder = open();
    decoder.close();
    for (const [method, ...args] of [
      ['push', new Uint8Array(1)],
      ['pushChunk', new Uint8Array(1)],
      ['poll'],
      ['provideSlots', 0, [], [], new Int32Array(new SharedArrayBuffer(4))],
      ['finish'],
      ['reset'],
    ] as const) {
      expect(() => call(decoder, method, ...args)).toThrow(
        `NativeDiracDecoder.${method}: Expected an open decoder but it is closed`,
      );
    }
    expect(() => decoder.close()).not.toThrow();
    expect(decoder.stats().bytes).toBe(0);
  });

  it('takes nothing more after finish()', () => {
    const decoder = open();
    decoder.finish();
    expect(decoder.push(new Uint8Array(5))).toBe(0);
    expect(decoder.pushChunk(new Uint8Array(5))).toBe(false);
    expect(() => decoder.finish()).not.toThrow();
  });

  it('does its work for nobody else', () => {
    const decoder = open();
    for (const method of Object.getOwnPropertyNames(Decoder.prototype).filter((name) => name !== 'constructor')) {
      const run = Reflect.get(decoder, method) as (...args: unknown[]) => unknown;
      for (const [value] of values) expect(() => run.call(value, 0, [], [], 0)).toThrow(TypeError);
      expect(() => run.call(openParser())).toThrow(TypeError);
      expect(() => run.call(Object.create(decoder))).toThrow(TypeError);
    }
    expect(() => (Decoder as unknown as () => void)()).toThrow(TypeError);
  });
});

describe('NativeDiracParser', () => {
  const Parser = classOf(openParser());

  it('refuses bytes of every wrong type', () => {
    const parser = openParser();
    for (const [value, name] of but('Uint8Array')) {
      expect(() => call(parser, 'push', value)).toThrow(
        new TypeError(`NativeDiracParser.push: Expected a Uint8Array for bytes but received ${name}`),
      );
    }
    expect(parser.push(new Uint8Array(0))).toEqual([]);
    expect(parser.finish()).toEqual([]);
    expect(parser.bytesSkipped()).toBe(0);
  });

  it('goes on after its end with whatever comes', () => {
    const parser = openParser();
    parser.push(testcard.subarray(0, 5000));
    parser.finish();
    expect(() => parser.push(testcard.subarray(0, 5000))).not.toThrow();
    expect(() => parser.finish()).not.toThrow();
  });

  it('takes any arguments where it has none, and does its work for nobody else', () => {
    const parser = openParser();
    for (const [value] of values) {
      expect(() => new Parser(value)).not.toThrow();
      for (const method of ['push', 'finish', 'bytesSkipped'] as const satisfies (keyof NativeDiracParser)[]) {
        const run = parser[method] as (...args: unknown[]) => unknown;
        expect(() => run.call(value, new Uint8Array(1))).toThrow(TypeError);
      }
    }
    expect(() => parser.finish.call(open() as unknown as NativeDiracParser)).toThrow(TypeError);
  });
});

describe('baseOffsetOf', () => {
  it('finds the first address that is a multiple of 64', () => {
    for (let i = 0; i < 20; i++) {
      const offset = baseOffsetOf(new SharedArrayBuffer(1000 + i));
      expect(Number.isInteger(offset) && offset >= 0 && offset < 64).toBe(true);
    }
  });

  it('refuses everything that is no shared buffer', () => {
    for (const [value] of values.filter(([value]) => !(value instanceof SharedArrayBuffer))) {
      expect(() => baseOffsetOf(value as SharedArrayBuffer)).toThrow(TypeError);
    }
    expect(() => baseOffsetOf(new ArrayBuffer(8) as unknown as SharedArrayBuffer)).toThrow(
      'baseOffsetOf: Expected a SharedArrayBuffer for buffer but received ArrayBuffer',
    );
    expect(() => baseOffsetOf(7 as unknown as SharedArrayBuffer)).toThrow('but received 7');
  });
});
