// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  Component,
  checkOwnership,
  filter,
  inspect,
  map,
  noteReceivers,
  Pipeline,
  RECEIVED,
  type Steps,
} from './index.js';
import { type TestHandle, TestHandles } from './testing/index.js';

class Parcel {
  readonly seen: string[] = [];
  [RECEIVED](receiver: { path(): string }): void {
    this.seen.push(receiver.path());
  }
}

class One extends Component {
  inbox = this.in<Parcel>('inbox');
  outbox = this.out<Parcel>('outbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      while (this.inbox.ready) this.outbox.send(this.inbox.recv());
      yield;
    }
  }
}

class All extends Component {
  inbox = this.in<Parcel>('inbox');
  override *main(): Steps {
    while (!this.inbox.ended) {
      this.inbox.takeAll();
      yield;
    }
  }
}

describe('messages that want to know who has them', () => {
  it('are told each component that takes them, one by one or all at once', async () => {
    const parcels = [new Parcel(), new Parcel()];
    await Pipeline(parcels, new One(), new All()).run();
    expect(parcels.map(({ seen }) => seen)).toEqual([[], []]);
    noteReceivers();
    await Pipeline(parcels, new One(), new All()).run();
    for (const { seen } of parcels) {
      expect(seen.map((path) => path.replace(/-\d+/g, ''))).toEqual(['Pipeline/One', 'Pipeline/All']);
    }
  });

  it('sent on by a function that had sent them already, are refused as those of that function, in a row too', async () => {
    checkOwnership();
    class Loose extends Component {
      readonly outbox = this.out<unknown>('outbox');
    }
    const loose = new Loose();
    // Less and more than it takes to make code for the row.
    for (const count of [100, 5000]) {
      const handles = new TestHandles();
      const sent = (handle: TestHandle<number>) => {
        if (handle.value === count - 1) loose.outbox.send(handle);
        return handle;
      };
      const keep = filter((_: TestHandle<number>) => true);
      const drop = (handle: TestHandle<number>) => handle[Symbol.dispose]();
      const source = Array.from({ length: count }, (_, n) => handles.make(n));
      const line = Pipeline(source, (handle) => handle, sent, keep, drop);
      await expect(line.run()).rejects.toThrow(/^Pipeline-\d+\/sent: .*Expected a message that is its own/);
      handles.check();
    }
  });

  it('are told each function that has them, although the functions run as one', async () => {
    noteReceivers();
    const pass = (parcel: Parcel) => parcel;
    // Less and more than it takes to make code for the row.
    for (const count of [100, 5000]) {
      for (const first of [[], [new One()]]) {
        const parcels = Array.from({ length: count }, () => new Parcel());
        const [one, two] = [map(pass), filter((parcel: Parcel) => parcel.seen.length > 0)];
        one.name = 'one';
        two.name = 'two';
        const end = map((_: Parcel) => undefined);
        end.name = 'end';
        const line = Pipeline(...([parcels, ...first, one, two, end] as unknown as [Component, Component]));
        await line.run();
        const way = [...first.map(() => 'Pipeline/One'), 'Pipeline/one', 'Pipeline/two', 'Pipeline/end'];
        for (const { seen } of parcels) expect(seen.map((path) => path.replace(/-\d+/g, ''))).toEqual(way);
        // Had each its own slices, these would be as many as those of the first.
        expect(inspect(two).components[0]?.slices).toBeLessThan(10);
      }
    }
  });

  it('does not trip over messages that are none', async () => {
    noteReceivers();
    const seen: unknown[] = [];
    await Pipeline([1, 'two', { three: 3 }, Object.create(null)], (message: unknown) => {
      seen.push(message);
    }).run();
    expect(seen).toHaveLength(4);
  });
});
