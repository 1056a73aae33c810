// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Component, noteReceivers, Pipeline, RECEIVED, type Steps } from './index.js';

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

  it('does not trip over messages that are none', async () => {
    noteReceivers();
    const seen: unknown[] = [];
    await Pipeline([1, 'two', { three: 3 }, Object.create(null)], (message: unknown) => {
      seen.push(message);
    }).run();
    expect(seen).toHaveLength(4);
  });
});
