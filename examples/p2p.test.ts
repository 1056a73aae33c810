// SPDX-License-Identifier: Apache-2.0
// The article's P2P core as it is meant to run: several processes, each fed by the one before it.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endAll, type Program, start } from './program.js';

const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await endAll();
});

/** Where the stream begins: a server of the test, which sends what the test says, when it says so. */
async function origin(): Promise<{ port: string; accepted: Promise<Socket> }> {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection').then(([socket]) => {
    closers.push(() => (socket as Socket).destroy());
    return socket as Socket;
  });
  closers.push(() => server.close());
  return { port: String((server.address() as { port: number }).port), accepted };
}

/** A core that is fed from `from`, and its port. */
async function core(from: string, ownPort = '0'): Promise<{ program: Program; port: string }> {
  const program = start('p2p-node.mjs', '127.0.0.1', from, ownPort);
  const [, port = ''] = await program.says(/core on port (\d+)\n/);
  return { program, port };
}

/** The n-th peer of a core has what comes from now on. */
function serves(program: Program, n: number): Promise<unknown> {
  return program.says(new RegExp(`(serving [^\n]*\n[^]*){${n}}`));
}

class Listener {
  readonly #socket: Socket;
  heard = '';
  #changed: () => void = () => {};

  constructor(port: string) {
    this.#socket = connect({ host: '127.0.0.1', port: Number(port) });
    this.#socket.on('data', (bytes) => {
      this.heard += bytes;
      this.#changed();
    });
    // What a peer that was killed does to its connections is not what is looked at.
    this.#socket.on('error', () => {});
    closers.push(() => this.#socket.destroy());
  }

  async hears(text: string): Promise<void> {
    while (!this.heard.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

describe('the article’s P2P core', () => {
  it('brings what enters at the first of three to a listener at the third', async () => {
    const source = await origin();
    const first = await core(source.port);
    const second = await core(first.port);
    const third = await core(second.port);
    const listener = new Listener(third.port);
    const socket = await source.accepted;
    await Promise.all([serves(first.program, 1), serves(second.program, 1), serves(third.program, 1)]);
    // More than any buffer on the way holds as one piece, so that order across pieces is seen.
    const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join('');
    socket.write(lines);
    await listener.hears('line 19999\n');
    expect(listener.heard).toBe(lines);
  });

  it('loses only what is behind a core that dies, which goes on when that is there again', async () => {
    const source = await origin();
    const first = await core(source.port);
    const second = await core(first.port);
    const third = await core(second.port);
    const near = new Listener(first.port);
    const far = new Listener(third.port);
    const socket = await source.accepted;
    await Promise.all([serves(first.program, 2), serves(second.program, 1), serves(third.program, 1)]);
    socket.write('one ');
    await Promise.all([near.hears('one '), far.hears('one ')]);

    await second.program.kill();
    socket.write('two ');
    await near.hears('two ');
    expect(third.program.child.exitCode).toBe(null);

    const again = await core(first.port, second.port);
    await Promise.all([serves(first.program, 3), serves(again.program, 1)]);
    socket.write('three ');
    await Promise.all([near.hears('three '), far.hears('three ')]);
    expect({ near: near.heard, far: far.heard }).toEqual({ near: 'one two three ', far: 'one three ' });
    expect(first.program.child.exitCode).toBe(null);
  });

  it('is played by a program behind a pipe, fed by a source that repeats a file', async () => {
    const source = start('p2p-source.mjs', join(import.meta.dirname, 'media', 'testcard.drc'), '0');
    const [, port = ''] = await source.says(/source on port (\d+)\n/);
    const node = await core(port);
    const player = start('play-through.mjs', '127.0.0.1', node.port, 'head -c 4000 | wc -c');
    expect(await player.ends(), player.stderr).toBe(0);
    expect(player.stdout.trim()).toBe('4000');
  });
});
