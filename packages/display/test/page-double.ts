// SPDX-License-Identifier: Apache-2.0
import { WebSocket } from 'ws';
import { type FrameHeader, HEADER_BYTES, readHeader } from '../src/page/frame-header.js';
import { until } from './until.js';

/** Speaks the page's part of the protocol, so that a test decides when it asks for a frame. */
export class PageDouble {
  readonly socket: WebSocket;
  readonly frames: { readonly header: FrameHeader; readonly planes: Uint8Array }[] = [];
  readonly texts: string[] = [];
  pings = 0;
  closedWith: { readonly code: number; readonly reason: string } | undefined;
  refusedWith: number | undefined;

  constructor(url: string, { answersPings = true, headers = {} as Record<string, string>, path = '/frames' } = {}) {
    const { origin, host, search } = new URL(url);
    this.socket = new WebSocket(`ws://${host}${path}${search}`, {
      autoPong: answersPings,
      headers: { origin, ...headers },
    });
    this.socket.binaryType = 'arraybuffer';
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) this.texts.push(new TextDecoder().decode(data as ArrayBuffer));
      else {
        const message = data as ArrayBuffer;
        this.frames.push({ header: readHeader(message), planes: new Uint8Array(message, HEADER_BYTES) });
      }
    });
    this.socket.on('ping', () => {
      this.pings++;
    });
    this.socket.on('close', (code, reason) => {
      this.closedWith = { code, reason: reason.toString() };
    });
    this.socket.on('unexpected-response', (request, { statusCode }) => {
      this.refusedWith = statusCode;
      request.destroy();
    });
    this.socket.on('error', () => {});
  }

  say(text: string): void {
    this.socket.send(text);
  }

  async open(): Promise<this> {
    await until(() => this.socket.readyState === WebSocket.OPEN);
    return this;
  }

  /** Resolves when the server has heard everything that was said so far. */
  async heard(): Promise<void> {
    let answered = false;
    this.socket.once('pong', () => {
      answered = true;
    });
    this.socket.ping();
    await until(() => answered);
  }

  /** Asks for a frame and waits until it has come. */
  async ask(): Promise<FrameHeader> {
    const before = this.frames.length;
    this.say('ready');
    await until(() => this.frames.length > before);
    return this.newest;
  }

  get newest(): FrameHeader {
    const frame = this.frames.at(-1);
    if (frame === undefined) throw new Error('Expected a frame but received none');
    return frame.header;
  }
}
