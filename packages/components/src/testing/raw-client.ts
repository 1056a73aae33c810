// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';

/** A client of Node's own, that records what it hears. For tests. */
export class RawClient {
  static readonly #all = new Set<RawClient>();
  readonly socket: Socket;
  heard = 0;
  text = '';
  ended = false;
  closed = false;

  constructor(port: number, { reading = true, allowHalfOpen = false } = {}) {
    RawClient.#all.add(this);
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    if (reading) this.read();
  }

  /** Closes every client that is left. */
  static closeAll(): void {
    for (const client of RawClient.#all) client.socket.destroy();
    RawClient.#all.clear();
  }

  read(): void {
    this.socket.on('data', (chunk) => {
      this.heard += chunk.length;
      if (this.text.length < 1000) this.text += chunk.toString();
    });
    this.socket.resume();
  }
}
