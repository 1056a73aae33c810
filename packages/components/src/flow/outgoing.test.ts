// SPDX-License-Identifier: Apache-2.0
import { Duplex } from 'node:stream';
import { Component, Pipeline, type Steps } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { ConnectedSocketAdapter } from '../net/index.js';
import { until } from '../testing/until.js';

/** The other side of a connection, which takes what it is given when it is told to. */
class Other extends Duplex {
  /** Sizes of what came with each call, one system call of a socket. */
  readonly calls: number[][] = [];
  /** Takes at once, as a socket does whose buffer has room. */
  eager = true;
  finishes = true;
  #taken: (() => void) | undefined;
  constructor() {
    super({ allowHalfOpen: true, autoDestroy: false, highWaterMark: 16_384 });
  }
  takeOne(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }
  override _read(): void {}
  override _write(chunk: Buffer, _: unknown, callback: () => void): void {
    this.#takeLater([chunk], callback);
  }
  override _writev(chunks: readonly { chunk: Buffer }[], callback: () => void): void {
    this.#takeLater(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }
  override _final(callback: () => void): void {
    if (this.finishes) callback();
  }
  #takeLater(chunks: readonly Buffer[], callback: () => void): void {
    this.calls.push(chunks.map(({ length }) => length));
    if (this.eager) callback();
    else this.#taken = callback;
  }
}

const block = () => new Uint8Array(1000);

function served(idleMs = 4000) {
  const other = new Other();
  const run = drive(new ConnectedSocketAdapter(other, { idle: { ms: idleMs } }));
  return { other, run };
}

describe('what goes out', () => {
  it('is written at once as far as it waits and the stream has room, else message by message', async () => {
    const { other, run } = served();
    await run.settle();
    run.inbox.send(block());
    await run.settle();
    run.inbox.send(block(), block(), block());
    await run.settle();
    expect(other.calls).toEqual([[1000], [1000, 1000, 1000]]);
    other.eager = false;
    run.inbox.send(...Array.from({ length: 40 }, () => new Uint8Array(2000)));
    await run.settle();
    // Until the high-water mark of 16 KiB was reached.
    expect(other.calls.slice(2).flat()).toHaveLength(9);
    for (let n = 0; n < 40; n++) {
      other.takeOne();
      await run.settle();
    }
    expect(other.calls.flat()).toEqual([...Array(4).fill(1000), ...Array(40).fill(2000)]);
    run.inbox.close();
    await until(() => other.writableFinished);
    other.push(null);
    await run.done;
  });

  it('is not waited for too long from one that takes little but goes on taking', async () => {
    const { other, run } = served();
    other.eager = false;
    run.inbox.send(...Array.from({ length: 12 }, () => new Uint8Array(20_000)));
    for (let n = 0; n < 10; n++) {
      await run.advance({ ms: 3500 });
      expect(run.logs).toEqual([]);
      other.takeOne();
    }
    // From then on nothing; it is looked four times in the limit.
    await run.advance({ ms: 3999 });
    expect(run.logs).toEqual([]);
    await run.advance({ ms: 1001 });
    await run.done;
    expect(run.logs.map(({ message }) => message)).toEqual([
      'the other side took nothing for 4000 ms (option idle) and is let go',
    ]);
  });

  it('that was all taken long ago is no reason to let somebody go', async () => {
    const { other, run } = served();
    other.eager = false;
    for (let n = 0; n < 5; n++) {
      run.inbox.send(block());
      await run.advance({ ms: 3500 });
      other.takeOne();
      await run.advance({ ms: n === 4 ? 60_000 : 400 });
    }
    expect(run.logs).toEqual([]);
    run.abort();
    await run.done.catch(() => {});
  });

  it('to a stream that does not tell that it has finished is waited for, and the idle limit longer', async () => {
    class Sender extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<Uint8Array>('outbox');
      override *main(): Steps {
        this.outbox.send(block());
      }
    }
    const other = new Other();
    other.eager = false;
    other.finishes = false;
    const adapter = new ConnectedSocketAdapter(other, { idle: { ms: 4000 } });
    const run = drive(Pipeline(new Sender(), adapter, new Sender()));
    await run.advance({ ms: 500 });
    other.takeOne();
    await run.advance({ ms: 4000 });
    expect(other.destroyed).toBe(false);
    await run.advance({ ms: 1000 });
    await run.done;
    expect([other.destroyed, run.logs]).toEqual([true, []]);
  });
});
