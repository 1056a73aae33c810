// SPDX-License-Identifier: Apache-2.0
import { ComponentError, Pipeline } from '@kamaelia/axon';
import { type Drive, drive } from '@kamaelia/axon/testing';
import { FramePool, type VideoFrame } from '@kamaelia/media';
import { afterEach, describe, expect, it } from 'vitest';
import { grey } from '../test/frames.js';
import { PageDouble } from '../test/page-double.js';
import { until } from '../test/until.js';
import { VideoOverlay, type VideoOverlayOptions } from './index.js';

const pool = new FramePool({ name: 'test' });
const pages: PageDouble[] = [];

afterEach(() => {
  for (const page of pages.splice(0)) page.socket.terminate();
  expect(pool.current?.used ?? 0).toBe(0);
});

interface Shown {
  readonly overlay: VideoOverlay;
  readonly run: Drive<VideoFrame, never>;
  readonly url: string;
  readonly open: (options?: ConstructorParameters<typeof PageDouble>[1]) => Promise<PageDouble>;
  /** Sends frames and waits until the overlay has dealt with them. */
  readonly send: (count: number) => Promise<void>;
}

async function shown(options: VideoOverlayOptions = {}): Promise<Shown> {
  const overlay = new VideoOverlay({ port: 0, announce: () => {}, ...options });
  const run = drive(overlay) as unknown as Drive<VideoFrame, never>;
  const { url } = await overlay.listening;
  let sent = 0;
  const open = async (pageOptions = {}) => {
    const before = overlay.stats.viewers;
    const page = new PageDouble(url, pageOptions);
    pages.push(page);
    await page.open();
    await until(() => overlay.stats.viewers > before);
    return page;
  };
  const send = async (count: number) => {
    for (let i = 0; i < count; i++) {
      run.inbox.send(grey(pool, sent & 255, sent));
      sent++;
      await run.settle();
    }
  };
  return { overlay, run, url, open, send };
}

async function abort({ run }: Shown): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

describe('VideoOverlay', () => {
  it('shows each frame to a page that keeps up, then tells it the end', async () => {
    const { overlay, run, open, send } = await shown();
    const page = await open();
    for (let n = 0; n < 10; n++) {
      await send(1);
      const header = await page.ask();
      expect(header).toMatchObject({ number: n, pts: n, width: 16, height: 8 });
      expect(page.frames.at(-1)?.planes[0]).toBe(n);
      expect(pool.current?.used).toBe(0);
    }
    run.inbox.close();
    await until(() => page.closedWith !== undefined);
    await run.done;
    expect(page.texts.map((text) => JSON.parse(text))).toEqual([{ kind: 'end', frames: 10, dropped: 0 }]);
    expect(page.closedWith).toEqual({ code: 1000, reason: 'ended' });
    expect(overlay.stats).toEqual({ viewers: 0, frames: 10, sent: 10, dropped: 0 });
  });

  it('keeps only the newest frame for a page that does not ask, and never waits for it', async () => {
    const show = await shown();
    const { overlay, run, open, send } = show;
    const slow = await open();
    const quick = await open();
    for (let n = 0; n < 50; n++) {
      await send(1);
      await quick.ask();
    }
    expect(run.clock.now()).toBe(0);
    expect(pool.current?.used).toBe(0);
    expect(slow.frames).toHaveLength(0);
    expect(overlay.stats).toMatchObject({ frames: 50, sent: 50, dropped: 49 });
    expect((await slow.ask()).number).toBe(49);
    expect(quick.frames.map(({ header }) => header.number)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    await abort(show);
  });

  it('has one frame under way for each page, however often it asks', async () => {
    const show = await shown();
    const { open, send } = show;
    const page = await open();
    for (let i = 0; i < 5; i++) page.say('ready');
    await page.heard();
    await send(1);
    await until(() => page.frames.length === 1);
    await send(3);
    await page.heard();
    expect(page.frames).toHaveLength(1);
    expect((await page.ask()).number).toBe(3);
    expect(page.frames).toHaveLength(2);
    await abort(show);
  });

  it('lets a page go that is silent for 5 s with frames waiting', async () => {
    const show = await shown();
    const { overlay, run, open, send } = show;
    const silent = await open();
    const slow = await open();
    await run.advance({ ms: 20_000 });
    expect(overlay.stats.viewers).toBe(2);
    await send(1);
    for (let second = 0; second < 4; second++) {
      await run.advance({ ms: 1000 });
      await slow.ask();
      await send(1);
    }
    await run.advance({ ms: 999 });
    expect(overlay.stats.viewers).toBe(2);
    await slow.ask();
    await run.advance({ ms: 2 });
    await until(() => silent.closedWith !== undefined);
    await until(() => overlay.stats.viewers === 1);
    expect(slow.closedWith).toBeUndefined();
    expect(run.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: a viewer was silent for 5 s with frames waiting and is let go',
    ]);
    await abort(show);
  });

  it('keeps the newest frame for a hidden page as long as its browser is there', async () => {
    const show = await shown();
    const { overlay, run, open, send } = show;
    const hidden = await open();
    const gone = await open({ answersPings: false });
    hidden.say('hidden');
    gone.say('hidden');
    await Promise.all([hidden.heard(), gone.heard()]);
    for (let second = 0; second < 12; second++) {
      await send(1);
      await run.advance({ ms: 1000 });
      // Answers to pings come in real time.
      await hidden.heard();
    }
    expect(hidden.pings).toBe(2);
    await until(() => gone.closedWith !== undefined);
    expect(hidden.closedWith).toBeUndefined();
    await until(() => overlay.stats.viewers === 1);
    expect((await hidden.ask()).number).toBe(11);
    await abort(show);
  });

  it('gives a new page the last frame at once', async () => {
    const show = await shown();
    const { overlay, open, send } = show;
    let first = false;
    overlay.viewer.then(() => {
      first = true;
    });
    await send(3);
    expect(first).toBe(false);
    const page = await open();
    await until(() => first);
    expect((await page.ask()).number).toBe(2);
    const late = await open();
    await send(1);
    expect((await late.ask()).number).toBe(3);
    // What was before a page came is not lost to it.
    expect(overlay.stats.dropped).toBe(0);
    await abort(show);
  });

  it('waits at the end until pages have the last frame, but not for ever', async () => {
    const { run, open, send } = await shown();
    const alive = await open();
    const stuck = await open();
    const hidden = await open();
    hidden.say('hidden');
    await send(2);
    run.inbox.close();
    await run.settle();
    expect((await alive.ask()).number).toBe(1);
    expect(stuck.closedWith).toBeUndefined();
    await run.advance({ ms: 2000 });
    await until(() => [alive, stuck, hidden].every(({ closedWith }) => closedWith !== undefined));
    await run.done;
    expect(run.clock.now()).toBeLessThan(5e6);
    expect(alive.texts).toHaveLength(1);
    expect(stuck.texts).toHaveLength(1);
  });

  it('turns pages away beyond maxViewers, and those that say what the page never does', async () => {
    const show = await shown({ maxViewers: 1 });
    const { overlay, url, open } = show;
    const page = await open();
    const second = new PageDouble(url);
    pages.push(second);
    await until(() => second.closedWith !== undefined);
    expect(second.closedWith).toEqual({ code: 1013, reason: 'more than 1 viewers (maxViewers)' });
    page.say('give me all');
    await until(() => page.closedWith !== undefined);
    expect(page.closedWith?.code).toBe(1008);
    await until(() => overlay.stats.viewers === 0);
    const long = await open();
    long.say('x'.repeat(1000));
    await until(() => long.closedWith !== undefined);
    expect(long.closedWith?.code).toBe(1009);
    await abort(show);
  });

  it('goes on when a page leaves', async () => {
    const show = await shown();
    const { overlay, run, open, send } = show;
    const page = await open();
    await send(1);
    await page.ask();
    page.socket.terminate();
    await until(() => overlay.stats.viewers === 0);
    await send(2);
    expect(overlay.stats).toMatchObject({ frames: 3, sent: 1, dropped: 0 });
    expect(run.logs).toEqual([]);
    await abort(show);
  });

  it('closes everything at once when it is aborted, and frees its frames and its port', async () => {
    const overlay = new VideoOverlay({ port: 0, announce: () => {} });
    const controller = new AbortController();
    async function* frames(): AsyncGenerator<VideoFrame> {
      for (let n = 0; ; n++) {
        yield grey(pool, n & 255, n);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const done = Pipeline(frames(), overlay).run({ signal: controller.signal });
    const { url, port } = await overlay.listening;
    const page = await new PageDouble(url).open();
    pages.push(page);
    await until(() => overlay.stats.frames > 20);
    controller.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    await until(() => page.closedWith !== undefined);
    const again = await shown({ port });
    await abort(again);
  });

  it('delivers what it has when it is stopped in order', async () => {
    const { overlay, run, open, send } = await shown();
    const page = await open();
    page.say('ready');
    await send(1);
    run.stop();
    await until(() => page.closedWith !== undefined);
    await run.done;
    expect(page.frames).toHaveLength(1);
    expect(page.closedWith?.code).toBe(1000);
    expect(overlay.stats.frames).toBe(1);
  });

  it('ends the graph with its path when its port is in use', async () => {
    const show = await shown();
    const { port } = new URL(show.url);
    const overlay = new VideoOverlay({ port: Number(port), announce: () => {} });
    const frames = [grey(pool, 1), grey(pool, 2)];
    const error = await Pipeline(frames, overlay)
      .run()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).path).toMatch(/^Pipeline-\d+\/VideoOverlay-\d+$/);
    expect((error as ComponentError).cause).toMatchObject({ code: 'PORT' });
    expect((error as Error).message).toContain(`cannot serve the page: listen EADDRINUSE`);
    await expect(overlay.listening).rejects.toThrow();
    await expect(overlay.viewer).rejects.toThrow();
    for (const frame of frames) frame.close();
    await abort(show);
  });

  it('announces its address', async () => {
    const said: string[] = [];
    const show = await shown({ announce: (url) => said.push(url) });
    expect(said).toEqual([show.url]);
    await abort(show);
  });

  it('refuses options that make no sense, by name', () => {
    expect(() => new VideoOverlay({ port: 65_536 })).toThrow(
      new RangeError('VideoOverlay: Expected an integer of 0 to 65535 for port but received 65536'),
    );
    expect(() => new VideoOverlay({ maxWidth: 8 })).toThrow('Expected an integer of 16 to 16384 for maxWidth');
    expect(() => new VideoOverlay({ maxViewers: 0 })).toThrow('for maxViewers but received 0');
    expect(() => new VideoOverlay({ host: '' })).toThrow(
      new TypeError('VideoOverlay: Expected a non-empty string for host but received ""'),
    );
    expect(() => new VideoOverlay({ title: 3 as never })).toThrow('Expected a string for title but received 3');
  });
});
