// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import type { VideoFrame } from '@kamaelia/media';
import type { Page } from 'playwright-core';
import { VideoOverlay, type VideoOverlayOptions } from '../src/index.js';
import type {} from '../src/page/page.js';

export interface Picture {
  readonly frameNumber: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** An overlay whose frames come one by one from the test, and a page that shows it. */
export class Show {
  readonly overlay: VideoOverlay;
  readonly done: Promise<void>;
  readonly errors: string[] = [];
  page: Page | undefined;
  #wanted: ((frame: VideoFrame | undefined) => void)[] = [];
  #given: (VideoFrame | undefined)[] = [];
  #sent = 0;

  constructor(options: VideoOverlayOptions = {}) {
    this.overlay = new VideoOverlay({ port: 0, title: 'Test', announce: () => {}, ...options });
    this.done = Pipeline(this.#frames(), this.overlay).run();
  }

  async *#frames(): AsyncGenerator<VideoFrame> {
    for (;;) {
      const frame = await new Promise<VideoFrame | undefined>((resolve) => {
        if (this.#given.length > 0) resolve(this.#given.shift());
        else this.#wanted.push(resolve);
      });
      if (frame === undefined) return;
      yield frame;
    }
  }

  #give(frame: VideoFrame | undefined): void {
    const wanted = this.#wanted.shift();
    if (wanted === undefined) this.#given.push(frame);
    else wanted(frame);
  }

  async open(page: Page): Promise<Page> {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
    const { url } = await this.overlay.listening;
    await page.goto(url);
    await this.reaches('waiting');
    return page;
  }

  /** Its number. */
  send(frame: VideoFrame): number {
    this.#give(frame);
    return this.#sent++;
  }

  async draws(number: number): Promise<void> {
    await this.#page.waitForFunction((n) => window.kamaelia.frameNumber === n, number);
  }

  async reaches(state: string): Promise<void> {
    await this.#page.waitForFunction((wanted) => window.kamaelia?.state === wanted, state);
  }

  /** Sends a frame and reads what the page makes of it. */
  async drawn(frame: VideoFrame): Promise<Picture> {
    const number = this.send(frame);
    await this.draws(number);
    return this.pixels();
  }

  /** What the page reads back of its drawing. */
  async pixels(): Promise<Picture> {
    const { text, ...rest } = await this.#page.evaluate(() => {
      const { data, ...size } = window.kamaelia.readPixels();
      // Text crosses into this process a hundred times faster than an array of numbers.
      let bytes = '';
      for (let at = 0; at < data.length; at += 8192) bytes += String.fromCharCode(...data.subarray(at, at + 8192));
      return { ...size, text: btoa(bytes) };
    });
    return { ...rest, data: Uint8Array.from(Buffer.from(text, 'base64')) };
  }

  get #page(): Page {
    if (this.page === undefined) throw new Error('Expected a page but none is open');
    return this.page;
  }

  async end(): Promise<void> {
    this.#give(undefined);
    await this.done;
  }
}
