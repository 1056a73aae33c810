// SPDX-License-Identifier: Apache-2.0
import { type ColorSpace, FramePool, type VideoFrame, type VideoProperties } from '@kamaelia/media';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launch, skipped } from '../../test/chromium.js';
import { colourPatches } from '../../test/colour-patches.js';
import { grey, moving, painted } from '../../test/frames.js';
import { type Picture, Show } from '../../test/show.js';
import type { VideoOverlayOptions } from '../index.js';
import type {} from './page.js';

const pool = new FramePool({ name: 'test', onWarning: () => {} });
const LEVELS = 2;

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return largest;
}

function pixel({ width, data }: Picture, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

describe.skipIf(skipped)('the page in Chromium (skipped where there is no browser)', () => {
  let browser: Browser;
  const shows: Show[] = [];
  const pages: Page[] = [];

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    for (const { overlay, done, errors } of shows.splice(0)) {
      overlay.abort(new Error('test is over'));
      await done.catch(() => {});
      expect(errors).toEqual([]);
    }
    expect(pool.current?.used).toBe(0);
  });

  async function show(options?: VideoOverlayOptions, viewport = { width: 800, height: 500 }): Promise<Show> {
    const made = new Show(options);
    shows.push(made);
    const page = await browser.newPage({ viewport });
    pages.push(page);
    await made.open(page);
    return made;
  }

  it.each(colourPatches)(
    'draws known colours of $colorSpace.matrix, full range $colorSpace.fullRange',
    async (known) => {
      const shown = await show();
      const size = 16;
      const colours = Object.entries(known.colours);
      const shape: VideoProperties = {
        format: 'I420',
        codedWidth: size * colours.length,
        codedHeight: size,
        colorSpace: known.colorSpace,
      };
      const frame = painted(pool, shape, (plane, x) => {
        const patch = colours[Math.floor((x << (plane === 0 ? 0 : 1)) / size)];
        return patch?.[1][0][plane] ?? 0;
      });
      const picture = await shown.drawn(frame);
      expect(picture).toMatchObject({ width: size * colours.length, height: size });
      const found = colours.map(([name], i) => [name, pixel(picture, i * size + size / 2, size / 2)] as const);
      for (const [i, [name, rgba]] of found.entries()) {
        const difference = largestDifference(rgba, [...(colours[i]?.[1][1] ?? []), 255]);
        expect(difference, `${name}: ${rgba}`).toBeLessThanOrEqual(LEVELS);
      }
    },
  );

  const bt2020: ColorSpace = { primaries: null, transfer: null, matrix: 'bt2020-ncl', fullRange: false };
  const shapes: readonly (VideoProperties & { readonly frames: number })[] = [
    { format: 'I420', codedWidth: 176, codedHeight: 144, frames: 24 },
    { format: 'I420', codedWidth: 97, codedHeight: 61, frames: 24 },
    { format: 'I420', codedWidth: 97, codedHeight: 62, chromaLocation: 'center', frames: 3 },
    { format: 'I420', codedWidth: 98, codedHeight: 61, chromaLocation: 'topleft', colorSpace: bt2020, frames: 3 },
    { format: 'I422', codedWidth: 97, codedHeight: 61, frames: 3 },
    { format: 'I444', codedWidth: 97, codedHeight: 61, frames: 3 },
    { format: 'I420P10', codedWidth: 33, codedHeight: 17, frames: 3 },
    { format: 'I420', codedWidth: 1, codedHeight: 1, frames: 1 },
    { format: 'I420', codedWidth: 64, codedHeight: 32, visibleRect: { x: 0, y: 0, width: 61, height: 27 }, frames: 2 },
  ];

  it('draws what copyTo() converts, within 2 levels, through changes of size and format', async () => {
    const shown = await show();
    for (const { frames, ...shape } of shapes) {
      const name = `${shape.format} ${shape.codedWidth}x${shape.codedHeight} ${shape.chromaLocation ?? ''}`;
      for (let n = 0; n < frames; n++) {
        const deep = shape.format.endsWith('P10') ? 4 : 1;
        const samples = moving(n);
        const frame = painted(pool, shape, (plane, x, y) => samples(plane, x, y) * deep);
        const { width, height } = frame.visibleRect;
        const expected = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
        await frame.copyTo(expected, { format: 'RGBA' });
        const picture = await shown.drawn(frame);
        expect(picture).toMatchObject({ width, height });
        expect(largestDifference(picture.data, expected), `${name}, frame ${n}`).toBeLessThanOrEqual(LEVELS);
      }
    }
  });

  it('shows pictures that are too wide smaller, in the right aspect', async () => {
    const shown = await show({ maxWidth: 64 }, { width: 700, height: 700 });
    const shape = { format: 'I420', codedWidth: 256, codedHeight: 128, pixelAspect: { num: 1, den: 2 } } as const;
    const frame = painted(pool, shape, (plane, x) => (plane === 0 ? (x < 128 ? 16 : 235) : 128));
    const picture = await shown.drawn(frame);
    expect(picture).toMatchObject({ width: 64, height: 32 });
    expect(pixel(picture, 10, 16)).toEqual([0, 0, 0, 255]);
    expect(pixel(picture, 50, 16)).toEqual([255, 255, 255, 255]);
    const box = await shown.page?.locator('canvas').boundingBox();
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(1, 2);
    expect(box?.height).toBeGreaterThan(600);
    await shown.page?.setViewportSize({ width: 300, height: 500 });
    await shown.page?.waitForFunction(() => (document.querySelector('canvas')?.clientWidth ?? 0) <= 300);
  });

  // The fields of a picture that moves fast: one is red, the other blue.
  function fields(order: 'tff' | 'bff', format: 'I420' | 'I422', seconds: number): VideoFrame {
    const shape = { format, codedWidth: 16, codedHeight: 32, fields: order, frameRate: { num: 1, den: seconds } };
    const red = [81, 90, 240];
    const blue = [41, 240, 110];
    return painted(pool, shape, (plane, _x, y) => (y % 2 === 0 ? red : blue)[plane] as number);
  }
  const allOf = ({ data, width, height }: Picture) => {
    const seen = new Set<string>();
    for (let i = 0; i < width * height * 4; i += 4)
      seen.add(data[i] === 254 ? 'red' : data[i + 2] === 255 ? 'blue' : 'mixed');
    return [...seen];
  };

  it('shows the fields of interlaced pictures one after the other, never combed', async () => {
    const shown = await show();
    for (const format of ['I420', 'I422'] as const) {
      expect(allOf(await shown.drawn(fields('tff', format, 1000)))).toEqual(['red']);
      expect(allOf(await shown.drawn(fields('bff', format, 1000)))).toEqual(['blue']);
    }
    const first = await shown.drawn(fields('tff', 'I420', 1));
    expect(['red', 'blue']).toContain(allOf(first).join());
    await expect.poll(async () => allOf(await shown.pixels()), { timeout: 5000 }).toEqual(['blue']);
  });

  it('takes chroma of interlaced 4:2:0 where it lies in each field', async () => {
    const shown = await show();
    // Cb grows by 4 a row of the frame. Chroma row c belongs to field c & 1; it lies a quarter (top) or three quarters
    // (bottom) of a field row below row 2 * (c >> 1) of that field: at row 4 * (c >> 1) + 0.5 or + 2.5 of the frame.
    const cb = (row: number) => 74 + 4 * row;
    const chromaAt = (c: number) => 4 * (c >> 1) + (c % 2 === 0 ? 0.5 : 2.5);
    for (const order of ['tff', 'bff'] as const) {
      const shape = { format: 'I420', codedWidth: 8, codedHeight: 28, fields: order } as const;
      const frame = painted(pool, { ...shape, frameRate: { num: 1, den: 1000 } }, (plane, _x, y) =>
        plane === 0 ? 126 : plane === 1 ? cb(chromaAt(y)) : 128,
      );
      const picture = await shown.drawn(frame);
      // Rows beyond the first and last chroma row of a field have nothing to be interpolated with.
      for (let row = 3; row < 23; row++) {
        const blue = (110 * 255) / 219 + (cb(row) - 128) * 2.017232;
        expect(Math.abs((pixel(picture, 4, row)[2] ?? 0) - blue), `${order}, row ${row}`).toBeLessThanOrEqual(LEVELS);
      }
    }
  });

  it('shows both fields in their rows when told to weave', async () => {
    const shown = await show({ weave: true });
    const picture = await shown.drawn(fields('tff', 'I422', 1000));
    expect(allOf({ ...picture, height: 1 })).toEqual(['red']);
    expect(allOf(picture).sort()).toEqual(['blue', 'red']);
  });

  it('survives a reload: the last frame is there at once, and the next ones follow', async () => {
    const shown = await show();
    await shown.drawn(grey(pool, 100));
    await shown.drawn(grey(pool, 126));
    await shown.page?.reload();
    await shown.draws(1);
    await shown.reaches('playing');
    expect(pixel(await shown.pixels(), 8, 4)).toEqual([128, 128, 128, 255]);
    expect((await shown.drawn(grey(pool, 235))).frameNumber).toBe(2);
    expect(shown.overlay.stats).toMatchObject({ viewers: 1, dropped: 0 });
  });

  it('shows the last frame and the end, and comes back when there is a new stream', async () => {
    const shown = await show();
    await shown.drawn(grey(pool, 100));
    const { port } = await shown.overlay.listening;
    const last = shown.send(grey(pool, 235));
    await shown.end();
    await shown.reaches('ended');
    expect(await shown.pixels()).toMatchObject({ frameNumber: last });
    const next = new Show({ port });
    shows.push(next);
    next.page = shown.page;
    await next.reaches('waiting');
    expect(pixel(await next.drawn(grey(pool, 16)), 0, 0)).toEqual([0, 0, 0, 255]);
    await next.reaches('playing');
  });

  it('asks for nothing while it is hidden, and shows what it dropped when it is seen again', async () => {
    const shown = await show();
    await shown.drawn(grey(pool, 50));
    const hide = (hidden: boolean) =>
      shown.page?.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    // What it had asked for still comes.
    await shown.drawn(grey(pool, 60));
    for (let n = 0; n < 10; n++) shown.send(grey(pool, 70 + n));
    await expect.poll(() => shown.overlay.stats.frames).toBe(12);
    expect((await shown.pixels()).frameNumber).toBe(1);
    await hide(false);
    await shown.draws(11);
    expect(await shown.page?.evaluate(() => window.kamaelia.dropped)).toBe(9);
    expect(shown.overlay.stats.dropped).toBe(9);
    expect(await shown.page?.locator('#dropped').textContent()).toBe('9 dropped');
  });

  it('draws its picture again when the graphics context was lost', async () => {
    const shown = await show();
    const before = await shown.drawn(grey(pool, 200));
    await shown.page?.evaluate(async () => {
      const gl = document.querySelector('canvas')?.getContext('webgl2');
      const lose = gl?.getExtension('WEBGL_lose_context');
      const event = (name: string) =>
        new Promise((resolve) => document.querySelector('canvas')?.addEventListener(name, resolve, { once: true }));
      const lost = event('webglcontextlost');
      lose?.loseContext();
      await lost;
      const restored = event('webglcontextrestored');
      setTimeout(() => lose?.restoreContext(), 0);
      await restored;
    });
    expect(largestDifference((await shown.pixels()).data, before.data)).toBe(0);
    expect(pixel(await shown.drawn(grey(pool, 16)), 3, 3)).toEqual([0, 0, 0, 255]);
  });

  it('can be embedded, and says frame, time and rate', async () => {
    const shown = await show();
    const { url } = await shown.overlay.listening;
    const outer = await browser.newPage();
    pages.push(outer);
    await outer.setContent(`<iframe src="${url}" width="400" height="300"></iframe>`);
    const frame = outer.frameLocator('iframe');
    await shown.drawn(grey(pool, 100, 75));
    await frame.locator('#frame', { hasText: 'frame 0' }).waitFor();
    await frame.locator('#time', { hasText: '00:03.00' }).waitFor();
    await frame.locator('#rate', { hasText: 'fps' }).waitFor();
    expect(await frame.locator('#size').textContent()).toBe('16×8');
  });
});
