// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from '@kamaelia/axon';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { component, inbox, inspection, outbox } from '../../test/reports.js';
import { LiveView } from './live-view.js';
import type { Terminal } from './terminal-screen.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function stream(isTTY: boolean): Terminal & { text: string } {
  const to = { isTTY, columns: 80, rows: 24, text: '', write };
  function write(text: string): boolean {
    to.text += text;
    return true;
  }
  return to as unknown as Terminal & { text: string };
}

/** A line whose sink takes nothing from `stallsAt` seconds on; its inbox is full then if `full`. */
function graph({ stallsAt = Number.POSITIVE_INFINITY, full = true } = {}): () => Inspection {
  const began = Date.now();
  return () => {
    const seconds = (Date.now() - began) / 1000;
    const moved = Math.floor(Math.min(seconds, stallsAt) * 10);
    const held = full && seconds >= stallsAt;
    return inspection(
      seconds,
      component('source', {
        reason: held ? 'full: outbox -> sink.inbox' : 'timer',
        outboxes: [outbox('sink.inbox', { sent: moved })],
      }),
      component('sink', { state: 'waiting', reason: 'promise', inboxes: [inbox({ taken: moved, full: held })] }),
    );
  };
}

const explain = (path: string) => `${path} waits for a promise`;
const stallAt = (seconds: number) =>
  `nothing has moved for ${seconds} s: 1 other waits for sink: sink waits for a promise`;

describe('LiveView', () => {
  it('shows a table on a terminal twice a second, with the culprit of a stall, and takes it away', () => {
    const stderr = stream(true);
    const view = new LiveView(graph({ stallsAt: 1 }), explain, undefined, stderr, stream(false));
    vi.advanceTimersByTime(1000);
    expect(stderr.text.match(/component .*slices\/s/g)).toHaveLength(2);
    expect(stderr.text).toMatch(/source +timer +10 /);
    expect(stderr.text).not.toContain('nothing has moved');
    vi.advanceTimersByTime(3000);
    expect(stderr.text.match(/component .*slices\/s/g)).toHaveLength(8);
    expect(stderr.text).toContain(stallAt(3).slice(0, 78));
    view.close();
    expect(stderr.text.endsWith('\u001b[J')).toBe(true);
    vi.advanceTimersByTime(3000);
    expect(stderr.text.match(/component .*slices\/s/g)).toHaveLength(8);
  });

  it('writes a table each time to what is no terminal when it is told how often', () => {
    const stderr = stream(false);
    const view = new LiveView(graph(), explain, 2000, stderr, stream(false));
    vi.advanceTimersByTime(4000);
    expect(stderr.text.match(/^component/gm)).toHaveLength(2);
    expect(stderr.text).not.toContain('\u001b');
    view.close();
  });

  it('else writes nothing there but one line for each stall behind a full inbox, after 5 s', () => {
    const stderr = stream(false);
    const view = new LiveView(graph({ stallsAt: 1 }), explain, undefined, stderr, stream(false));
    vi.advanceTimersByTime(5900);
    expect(stderr.text).toBe('');
    vi.advanceTimersByTime(60_000);
    expect(stderr.text).toBe(`kamaelia: ${stallAt(5)}\n`);
    view.close();
  });

  it('does not call it a stall when there is nothing to do', () => {
    const stderr = stream(false);
    const view = new LiveView(graph({ stallsAt: 1, full: false }), explain, undefined, stderr, stream(false));
    vi.advanceTimersByTime(60_000);
    expect(stderr.text).toBe('');
    view.close();
  });

  it('keeps what there was to see when the graph is about to be taken down', () => {
    const view = new LiveView(graph({ stallsAt: 1 }), explain, undefined, stream(false), stream(false));
    vi.advanceTimersByTime(3000);
    view.freeze();
    vi.advanceTimersByTime(3000);
    view.freezeForGood();
    const { inspection: seen, stall, notes } = view.end;
    expect(seen.atUs).toBe(3e6);
    expect(stall).toEqual({ path: 'sink', others: 1, why: 'sink waits for a promise' });
    expect(notes).toEqual([stallAt(2)]);
  });

  it('names the culprit at once of a graph in which nothing can happen any more', () => {
    const view = new LiveView(graph({ stallsAt: 0 }), explain, undefined, stream(false), stream(false));
    view.freezeForGood();
    expect(view.end.notes).toEqual(['nothing moves any more: 1 other waits for sink: sink waits for a promise']);
  });

  it('has no stall to tell of a graph that moved until its end', () => {
    const view = new LiveView(graph(), explain, undefined, stream(false), stream(false));
    vi.advanceTimersByTime(3000);
    view.close();
    expect(view.end).toMatchObject({ stall: undefined, notes: [] });
  });
});
