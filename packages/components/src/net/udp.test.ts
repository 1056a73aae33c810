// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Component, ComponentError, Graphline, link, Pipeline, type Steps } from '@kamaelia/axon';
import { type Drive, drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../testing/quiet.js';
import { until } from '../testing/until.js';
import { type Address, type Datagram, NetworkError, PostboxPeer, SimplePeer, TargettedPeer } from './index.js';

const host = '127.0.0.1';
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets.clear();
});

/** A socket of Node's own, that records what it hears. */
async function rawSocket(address = host) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  sockets.add(socket);
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(data.toString()));
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  return { socket, heard, port };
}

async function abort(run: { abort(reason?: unknown): void; done: Promise<void> }): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

const texts = (run: Drive<never, Datagram>) => run.outbox.messages.map(([data]) => Buffer.from(data).toString());

describe('SimplePeer', () => {
  it('sends each message as a datagram, and ends with its inbox', async () => {
    const { heard, port } = await rawSocket();
    const peer = new SimplePeer({ receiverAddr: host, receiverPort: port });
    await drive(peer, { inbox: ['one', new TextEncoder().encode('two'), '', 'vier ü'] }).done;
    await until(() => heard.length === 4);
    expect(heard).toEqual(['one', 'two', '', 'vier ü']);
    expect(peer.stats).toEqual({ received: 0, dropped: 0, sent: 4, unsent: 0 });
  });

  it('sends on what it receives, with who sent it, on this machine only', async () => {
    const { socket, port } = await rawSocket();
    const peer = new SimplePeer();
    const run = drive(peer);
    const where = await peer.listening;
    expect(where.host).toBe(host);
    expect(peer.address).toEqual(where);
    socket.send('hello', where.port, host);
    await until(() => run.outbox.messages.length === 1);
    const [data, from] = run.outbox.messages[0] as Datagram;
    expect([Buffer.from(data).toString(), from]).toEqual(['hello', [host, port]]);
    expect([data.constructor, data.buffer.byteLength]).toEqual([Uint8Array, 5]);
    await abort(run);
  });

  it('sends and receives by IPv6 too', async () => {
    const { socket, heard, port } = await rawSocket('::1');
    const peer = new SimplePeer({ localaddr: '::1', receiverAddr: '::1', receiverPort: port });
    const run = drive(peer);
    const where = await peer.listening;
    run.inbox.send('there');
    await until(() => heard.length === 1);
    socket.send('and back', where.port, '::1');
    await until(() => run.outbox.messages.length === 1);
    expect(run.outbox.messages[0]?.[1]).toEqual(['::1', port]);
    await abort(run);
  });

  it('receives answers for as long as it lingers behind the end of its inbox', async () => {
    const { socket } = await rawSocket();
    socket.on('message', (data, { port }) => socket.send(`you said ${data}`, port, host));
    const to = { receiverAddr: host, receiverPort: socket.address().port };
    const run = drive(new SimplePeer({ ...to, linger: { ms: 500 } }), { inbox: ['this'] });
    await until(() => run.outbox.messages.length === 1);
    await run.advance({ ms: 499 });
    expect(run.outbox.ended).toBe(false);
    await run.advance({ ms: 1 });
    await run.done;
    expect(texts(run as never)).toEqual(['you said this']);
  });

  it('drops what nobody takes above its limit, counts it, and says so once a second', async () => {
    const { socket } = await rawSocket();
    const peer = new SimplePeer({ queue: 10 });
    const run = drive(peer, {}, { held: true });
    const { port } = await peer.listening;
    const all = 64 + 10 + 30;
    for (let i = 0; i < all; i++) {
      socket.send(`${i}`, port, host);
      await until(() => peer.stats.received === i + 1);
      await run.settle();
    }
    expect(peer.stats).toMatchObject({ received: all, dropped: 30 });
    const warnings = run.logs.filter((entry) => entry.level === 'warn');
    expect(warnings.map((entry) => entry.message)).toEqual([
      'nobody takes what is received: more than 10 datagrams (option queue) or 8 MiB wait',
    ]);
    run.outbox.take();
    await until(() => run.outbox.messages.length === 74);
    expect(texts(run as never)).toEqual(Array.from({ length: 74 }, (_, i) => `${i}`));
    await abort(run);
  });

  const rmemMax = '/proc/sys/net/core/rmem_max';
  const systemGives = existsSync(rmemMax) ? Number(readFileSync(rmemMax, 'utf8')) : 0;
  it.skipIf(systemGives < 4 << 20)('receives a burst that a larger buffer of the system keeps', async () => {
    const { socket } = await rawSocket();
    const peer = new SimplePeer({ receiveBuffer: 4 << 20, queue: 2000 });
    const run = drive(peer);
    const { port } = await peer.listening;
    // All before anybody comes to read; the usual buffer is for a hundred such.
    for (let i = 0; i < 1000; i++) socket.send(new Uint8Array(1400), port, host);
    await until(() => peer.stats.received === 1000);
    await abort(run);
  });

  it('goes on sending while nobody takes what it receives', async () => {
    const { socket, heard, port } = await rawSocket();
    const peer = new SimplePeer({ receiverAddr: host, receiverPort: port });
    const run = drive(peer, {}, { held: true });
    const where = await peer.listening;
    for (let i = 0; i < 100; i++) socket.send('x', where.port, host);
    await until(() => !peer.outbox.open);
    run.inbox.send(...Array.from({ length: 200 }, (_, i) => `${i}`));
    await until(() => heard.length === 200);
    await abort(run);
  });

  it('sends 100000 datagrams without keeping more than its inbox holds', async () => {
    const { port } = await rawSocket();
    let most = 0;
    const peer = new SimplePeer({ receiverAddr: host, receiverPort: port });
    function* many() {
      for (let i = 0; i < 100_000; i++) {
        most = Math.max(most, peer.inbox.length);
        yield 'x';
      }
    }
    await Pipeline(many(), peer).run();
    expect(peer.stats.sent + peer.stats.unsent).toBe(100_000);
    expect(most).toBeLessThanOrEqual(64);
  });

  it('counts what the system does not send, and a host that is unknown', async () => {
    const peer = new SimplePeer({ localaddr: '0.0.0.0', receiverAddr: 'no-such-host.invalid', receiverPort: 9 });
    const run = drive(peer, { inbox: ['a', 'b', 'c'] });
    await run.done;
    expect(peer.stats).toMatchObject({ sent: 0, unsent: 3 });
    const warnings = run.logs.filter((entry) => entry.level === 'warn').map((entry) => entry.message);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/^could not send to no-such-host\.invalid:9: /);
    const local = new SimplePeer({ receiverAddr: 'localhost', receiverPort: 9 });
    await drive(local, { inbox: ['a', 'b'] }).done;
    expect(local.stats.sent).toBe(2);
  });

  it('is stopped in order, by the end of its consumer, and at once, and lets its port go', async () => {
    class First extends Component {
      readonly inbox = this.in<Datagram>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    const { socket } = await rawSocket();
    const peer = new SimplePeer();
    const run = Pipeline(peer, new First()).run({ onLog: () => {} });
    const { port } = await peer.listening;
    socket.send('x', port, host);
    await run;
    const again = new SimplePeer({ localport: port });
    const graph = Pipeline(again, () => {}).activate({ onLog: () => {} });
    await again.listening;
    graph.stop();
    await graph.done;
    const third = new SimplePeer({ localport: port });
    const aborted = drive(third);
    await third.listening;
    await abort(aborted);
    const never = new SimplePeer({ localport: port });
    const early = drive(never);
    const { listening } = never;
    await Promise.resolve();
    await Promise.resolve();
    early.abort(new Error('early'));
    await expect(early.done).rejects.toThrow('early');
    await expect(listening).rejects.toThrow(/was stopped before it listened/);
    await until(
      () => !process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length || sockets.size > 0,
    );
    const last = new SimplePeer({ localport: port });
    const ending = drive(last, { inbox: [] });
    await ending.done;
  });

  it('says that its port is in use, with its path', async () => {
    const { port } = await rawSocket();
    const error: unknown = await Pipeline(new SimplePeer({ localport: port }), () => {})
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, cause } = error as ComponentError;
    expect(message).toMatch(
      /^Pipeline-\d+\/SimplePeer-\d+: cannot listen on 127\.0\.0\.1:\d+: address already in use \(EADDRINUSE\)$/,
    );
    expect(cause).toBeInstanceOf(NetworkError);
  });

  it('refuses messages that are none, too long, or have no receiver', async () => {
    const to = { receiverAddr: host, receiverPort: 9 };
    await expect(drive(new SimplePeer(to), { inbox: [5 as never] }).done).rejects.toThrow(
      'SimplePeer: Expected Uint8Array or string for a message but received 5',
    );
    await expect(drive(new SimplePeer(to), { inbox: [new Uint8Array(65_508)] }).done).rejects.toThrow(
      'SimplePeer: Expected at most 65507 bytes for a datagram but received 65508',
    );
    await expect(drive(new SimplePeer(), { inbox: ['x'] }).done).rejects.toThrow(
      'SimplePeer: Expected receiverAddr and receiverPort for what is to be sent but received none',
    );
  });

  const wrong: [string, unknown, RegExp][] = [
    [
      'a port out of range',
      { localport: 65_536 },
      /^SimplePeer: Expected a whole number from 0 to 65535 for localport/,
    ],
    ['a receiver without a port', { receiverAddr: host }, /Expected a number for receiverPort but received undefined/],
    ['a port without a receiver', { receiverPort: 5 }, /for receiverAddr but received undefined/],
    [
      'a receiver that cannot be reached from this machine alone',
      { receiverAddr: '192.0.2.1', receiverPort: 5 },
      /Expected a localaddr from which 192\.0\.2\.1 can be reached \(such as 0\.0\.0\.0\) but received 127\.0\.0\.1/,
    ],
    ['a small buffer', { receiveBuffer: 100 }, /from 4096 to 1073741824 for receiveBuffer but received 100/],
    ['no room for datagrams', { queue: 0 }, /from 1 to 65536 for queue but received 0/],
    ['a bare number as linger', { linger: 5 }, /for linger but received 5/],
    ['no object', 5, /Expected an object of options but received 5/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new SimplePeer(options as never)).toThrow(message);
  });

  it.skipIf(Object.keys(networkInterfaces()).length === 0)('listens wider when it is told so', async () => {
    const peer = new SimplePeer({ localaddr: '0.0.0.0' });
    const run = drive(peer);
    expect((await peer.listening).host).toBe('0.0.0.0');
    await abort(run);
  });
});

describe('TargettedPeer', () => {
  it('sends to the address that came last, and waits until there is one', async () => {
    const [first, second] = [await rawSocket(), await rawSocket()];
    const peer = new TargettedPeer();
    const run = drive(peer);
    run.inbox.send('early');
    await peer.listening;
    await run.settle();
    expect(peer.stats.sent).toBe(0);
    const target = run.input<Address>('target');
    target.send([host, first.port]);
    await until(() => first.heard.length === 1);
    target.send([host, second.port]);
    await run.settle();
    run.inbox.send('late');
    run.inbox.close();
    await run.done;
    await until(() => second.heard.length === 1);
    expect([first.heard, second.heard]).toEqual([['early'], ['late']]);
  });

  it('begins with the receiver it was made with', async () => {
    const { heard, port } = await rawSocket();
    await drive(new TargettedPeer({ receiverAddr: host, receiverPort: port }), { inbox: ['x'] }).done;
    await until(() => heard.length === 1);
  });

  it('sends on what it receives', async () => {
    const { socket } = await rawSocket();
    const peer = new TargettedPeer();
    const run = drive(peer);
    socket.send('x', (await peer.listening).port, host);
    await until(() => run.outbox.messages.length === 1);
    await abort(run);
  });

  it('refuses an address that is none, and a message to nobody', async () => {
    const run = drive(new TargettedPeer(), { inbox: ['x'], target: [[host, 0]] });
    await expect(run.done).rejects.toThrow(
      'TargettedPeer: Expected [host, port] for an address but received ["127.0.0.1",0]',
    );
    const nobody = drive(new TargettedPeer(), { inbox: ['x'], target: [] });
    await expect(nobody.done).rejects.toThrow(
      'TargettedPeer: Expected an address at target, or receiverAddr, but received none',
    );
  });
});

describe('PostboxPeer', () => {
  it('sends each message where it says, in order', async () => {
    const [first, second] = [await rawSocket(), await rawSocket()];
    const letters = [
      [host, first.port, 'one'],
      ['localhost', second.port, new TextEncoder().encode('two')],
      [host, first.port, 'three'],
    ];
    const peer = new PostboxPeer();
    await drive(peer, { inbox: letters }).done;
    await until(() => first.heard.length === 2 && second.heard.length === 1);
    expect([first.heard, second.heard]).toEqual([['one', 'three'], ['two']]);
    expect(peer.stats.sent).toBe(3);
  });

  it('answers who wrote to it', async () => {
    const { socket, heard } = await rawSocket();
    const peer = new PostboxPeer();
    const answer = Pipeline(([data, [from, port]]: Datagram) => [from, port, data]);
    const graph = Graphline({ peer, answer }, (g) => [
      link(g.peer.outbox, g.answer.inbox as never),
      link(g.answer.outbox as never, g.peer.inbox),
    ]).activate({ onLog: () => {} });
    const { port } = await peer.listening;
    socket.send('echo', port, host);
    await until(() => heard.length === 1);
    expect(heard).toEqual(['echo']);
    graph.abort();
    await graph.done.catch(() => {});
  });

  it.each([[['x']], [[host, 0, 'x']], [['', 5, 'x']], ['x'], [[host, 5, 7]]])('refuses %j', async (message) => {
    const run = drive(new PostboxPeer(), { inbox: [message as never] });
    await expect(run.done).rejects.toThrow(
      /PostboxPeer: Expected (\[host, port, data\]|Uint8Array or string) for a mess/,
    );
  });

  it('takes no more than the system sends', async () => {
    const { port } = await rawSocket();
    const peer = new PostboxPeer();
    const run = drive(peer);
    run.inbox.send(...Array.from({ length: 5000 }, () => [host, port, new Uint8Array(1000)] as const));
    await quiet(() => peer.stats.sent);
    expect(peer.stats.sent).toBe(5000);
    await abort(run);
  });
});
