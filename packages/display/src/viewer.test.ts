// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { FrameMessage } from './frame-message.js';
import { Viewer } from './viewer.js';

/** A socket whose messages leave this machine only when the test says so. */
class SocketDouble extends EventEmitter {
  readonly sent: unknown[] = [];
  readonly #callbacks: ((error?: Error) => void)[] = [];
  bufferedAmount = 0;
  pings = 0;

  send(data: Uint8Array, _options: unknown, callback: (error?: Error) => void): void {
    this.sent.push(data);
    this.bufferedAmount += data.length;
    this.#callbacks.push(callback);
  }

  ping(): void {
    this.pings++;
  }

  /** Everything that was sent has left, or failed to. */
  flush(error?: Error): void {
    this.bufferedAmount = 0;
    for (const callback of this.#callbacks.splice(0)) callback(error);
  }
}

let socket: SocketDouble;
let nowUs = 0;
let dropped = 0;
let viewer: Viewer;

beforeEach(() => {
  socket = new SocketDouble();
  nowUs = 0;
  dropped = 0;
  viewer = new Viewer(socket as unknown as WebSocket, {
    first: undefined,
    now: () => nowUs,
    onDrop: () => {
      dropped++;
    },
  });
});

function frame(number: number): FrameMessage {
  return { bytes: new Uint8Array(100).fill(number) } as unknown as FrameMessage;
}

describe('Viewer', () => {
  it('has one message under way for a page that keeps asking and never reads, and drops and counts the others', () => {
    for (let n = 0; n < 100; n++) {
      nowUs += 20_000;
      viewer.told('ready');
      viewer.offer(frame(n));
      viewer.told('ready');
    }
    expect(socket.sent).toHaveLength(1);
    expect(viewer.sent).toBe(1);
    expect(dropped).toBe(98);
  });

  it('counts the silence from the first frame that waits, whatever the page says while a message is under way', () => {
    viewer.told('ready');
    viewer.offer(frame(0));
    expect(viewer.silentSinceUs).toBeUndefined();
    nowUs = 1_000_000;
    viewer.offer(frame(1));
    nowUs = 2_000_000;
    viewer.told('ready');
    viewer.told('hidden');
    viewer.offer(frame(2));
    expect(viewer.silentSinceUs).toBe(1_000_000);
    // Nothing has left for so long: a ping would not either.
    expect(viewer.probe()).toBe(false);
    expect(socket.pings).toBe(0);
  });

  it('sends the newest frame when the message before has left and the page asked meanwhile', () => {
    viewer.told('ready');
    viewer.offer(frame(0));
    viewer.offer(frame(1));
    viewer.told('ready');
    viewer.offer(frame(2));
    socket.flush();
    expect(socket.sent).toEqual([frame(0).bytes, frame(2).bytes]);
    expect(viewer.silentSinceUs).toBeUndefined();
    expect(dropped).toBe(1);
  });

  it('waits for the page to ask when the message before has left', () => {
    viewer.told('ready');
    viewer.offer(frame(0));
    nowUs = 7;
    viewer.offer(frame(1));
    socket.flush();
    expect(socket.sent).toHaveLength(1);
    expect(viewer.silentSinceUs).toBe(7);
    viewer.told('ready');
    expect(socket.sent).toHaveLength(2);
  });

  it('sends nothing more to a socket that failed', () => {
    viewer.told('ready');
    viewer.offer(frame(0));
    viewer.told('ready');
    viewer.offer(frame(1));
    socket.flush(new Error('gone'));
    expect(socket.sent).toHaveLength(1);
  });

  it('does not ping a hidden page whose answers to earlier messages cannot leave', () => {
    viewer.told('hidden');
    viewer.offer(frame(0));
    expect(viewer.probe()).toBe(true);
    expect(socket.pings).toBe(1);
    socket.emit('pong');
    socket.bufferedAmount = 2;
    expect(viewer.probe()).toBe(false);
    expect(socket.pings).toBe(1);
  });
});
