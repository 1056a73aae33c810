// SPDX-License-Identifier: Apache-2.0
// The call that native code asked for may come when the component has long seen what it was about.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Scheduler } from '@kamaelia/axon';
import { drive, virtualClock } from '@kamaelia/axon/testing';
import type { NativeDecoderOptions, NativeEvent } from '@kamaelia/dirac-native';
import { describe, expect, it, vi } from 'vitest';
import { DiracDecoder } from './index.js';

const testcard = readFileSync(join(import.meta.dirname, '..', '..', '..', 'examples', 'media', 'testcard.drc'));

const seen = vi.hoisted(() => ({ kinds: [] as string[], wake: () => {} }));

vi.mock('@kamaelia/dirac-native', async (original) => {
  const native = await original<typeof import('@kamaelia/dirac-native')>();
  const openDecoder = (options: NativeDecoderOptions) => {
    const decoder = native.openDecoder(options);
    const poll = decoder.poll.bind(decoder);
    seen.wake = options.onWake;
    const watched = (): NativeEvent[] => {
      const events = poll();
      seen.kinds.push(...events.map(({ kind }) => kind));
      return events;
    };
    return Object.defineProperty(decoder, 'poll', { value: watched });
  };
  return { ...native, openDecoder };
});

describe('DiracDecoder, woken late', () => {
  it('waits on for picture memory when a wake comes that has no news', async () => {
    const clock = virtualClock();
    const onSlice = () => {
      if (seen.kinds.at(-1) !== 'needSlots') return;
      seen.kinds.push('wake');
      seen.wake();
    };
    const scheduler = new Scheduler({ clock, onSlice });
    const decoder = new DiracDecoder({ threads: 1 });
    const run = drive(decoder, { inbox: [testcard.subarray(0, 200_000)] }, { clock, scheduler });
    await Promise.race([run.finish(), clockStandsStill(run)]);
    expect(seen.kinds.filter((kind) => kind === 'wake').length).toBeGreaterThan(1);
    const { messages } = run.outbox;
    expect(decoder.stats?.pool.leaked).toBe(0);
    expect(messages.length).toBeGreaterThan(40);
    for (const frame of messages) frame.close();
  });
});

/** Resolves when the graph can do nothing more although it has not ended. */
async function clockStandsStill({ settle }: { settle(): Promise<void> }): Promise<void> {
  await settle();
  await settle();
}
