// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { Component, Graphline, link, Pipeline, type Steps } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../testing/quiet.js';
import { RawClient } from '../testing/raw-client.js';
import { until } from '../testing/until.js';
import { ConnectedSocketAdapter, type ConnectedSocketAdapterOptions, NetworkError } from './index.js';

const servers: Server[] = [];

afterEach(() => {
  RawClient.closeAll();
  for (const server of servers.splice(0)) server.close();
});

/** A client, and the server's socket for it. */
async function connected(options: { reading?: boolean; allowHalfOpen?: boolean } = {}) {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new RawClient((server.address() as AddressInfo).port, options);
  const [socket] = (await once(server, 'connection')) as [Socket];
  return { client, socket };
}

async function adapted(
  options: ConnectedSocketAdapterOptions = {},
  of: { reading?: boolean; allowHalfOpen?: boolean; held?: boolean } = {},
) {
  const { client, socket } = await connected(of);
  const adapter = new ConnectedSocketAdapter(socket, options);
  const run = drive(adapter, {}, { held: of.held === true });
  return { client, socket, adapter, run };
}

const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
const blocks = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(65_536).fill(i));

describe('ConnectedSocketAdapter', () => {
  it('moves bytes both ways and knows both ends', async () => {
    const { client, adapter, run } = await adapted();
    client.socket.write('to the server');
    run.inbox.send('to ', new TextEncoder().encode('the client'), '');
    await until(() => client.text === 'to the client' && text(run.outbox.messages) === 'to the server');
    expect(adapter.peer).toEqual({ host: '127.0.0.1', port: client.socket.localPort });
    expect(adapter.local).toEqual({ host: '127.0.0.1', port: client.socket.remotePort });
    expect(adapter.stats).toEqual({ bytesIn: 13, bytesOut: 13 });
    client.socket.end();
    run.inbox.close();
    await run.done;
    await until(() => client.closed);
    expect(adapter.lost).toBeUndefined();
    expect(adapter.peer?.host).toBe('127.0.0.1');
  });

  it('ends its outbox with the other side, and still sends what comes after', async () => {
    const { client, run } = await adapted({}, { allowHalfOpen: true });
    client.socket.end('question');
    await until(() => run.outbox.ended);
    expect(text(run.outbox.messages)).toBe('question');
    run.inbox.send('answer');
    run.inbox.close();
    await run.done;
    await until(() => client.closed);
    expect(client.text).toBe('answer');
  });

  it('tells the other side the end of its inbox, and still receives what comes after', async () => {
    const { client, run } = await adapted({}, { allowHalfOpen: true });
    run.inbox.send('question');
    run.inbox.close();
    await until(() => client.ended);
    client.socket.end('answer');
    await run.done;
    expect([client.text, text(run.outbox.messages)]).toEqual(['question', 'answer']);
  });

  it('sends the last words of one that says them and does not wait', async () => {
    class Farewell extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<Uint8Array>('outbox');
      override *main(): Steps {
        for (const block of blocks(50)) this.outbox.send(block);
      }
    }
    const { client, socket } = await connected();
    const adapter = new ConnectedSocketAdapter(socket);
    const farewell = new Farewell();
    client.socket.write('never heard');
    await Graphline({ adapter, farewell }, () => [
      link(adapter.outbox, farewell.inbox),
      link(farewell.outbox, adapter.inbox),
    ]).run();
    await until(() => client.closed);
    expect(client.heard).toBe(50 * 65_536);
  });

  it('ends with the other side when nothing is linked to its inbox, or nothing to its outbox', async () => {
    const receiving = await connected();
    let heard = '';
    const done = Pipeline(new ConnectedSocketAdapter(receiving.socket), (bytes: Uint8Array) => {
      heard += Buffer.from(bytes).toString();
    }).run();
    receiving.client.socket.end('all');
    await done;
    expect(heard).toBe('all');
    const sending = await connected();
    sending.client.socket.write('nobody hears this');
    await Pipeline(['all'], new ConnectedSocketAdapter(sending.socket)).run();
    await until(() => sending.client.closed);
    expect(sending.client.text).toBe('all');
  });

  it('waits for idle for the end of one that keeps its side open and that nobody listens to', async () => {
    class Sender extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        this.outbox.send('bye');
      }
    }
    const { client, socket } = await connected({ allowHalfOpen: true });
    const adapter = new ConnectedSocketAdapter(socket);
    const sender = new Sender();
    const graph = Graphline({ adapter, sender }, () => [
      link(adapter.outbox, sender.inbox),
      link(sender.outbox, adapter.inbox),
    ]);
    const run = drive(graph);
    await until(() => client.ended);
    await run.advance({ ms: 59_999 });
    expect(socket.destroyed).toBe(false);
    await run.advance({ ms: 1 });
    await run.done;
    expect(socket.destroyed).toBe(true);
  });

  it('stopped, ends although the other side sends for ever', async () => {
    const { client, socket, adapter, run } = await adapted({}, { allowHalfOpen: true });
    const write = () => {
      while (client.socket.writable && client.socket.write(new Uint8Array(16_384)));
    };
    client.socket.on('drain', write);
    write();
    run.inbox.send('what is left');
    await until(() => run.outbox.messages.length > 10);
    run.stop();
    await until(() => client.ended && run.outbox.ended);
    expect(client.text).toBe('what is left');
    const { bytesIn } = adapter.stats;
    await until(() => adapter.stats.bytesIn > bytesIn);
    await run.advance({ ms: 60_000 });
    await run.done;
    expect(socket.destroyed).toBe(true);
  });

  it('makes the other side wait while its outbox is full, and still writes to it', async () => {
    const { client, adapter, run } = await adapted({}, { held: true });
    client.socket.write(Buffer.alloc(64 * 1024 * 1024));
    await quiet(() => adapter.stats.bytesIn);
    expect(adapter.stats.bytesIn).toBeLessThan(8 * 1024 * 1024);
    run.inbox.send(...blocks(100));
    await until(() => client.heard === 100 * 65_536);
    run.outbox.take();
    await until(() => adapter.stats.bytesIn === 64 * 1024 * 1024);
    run.abort();
    await run.done.catch(() => {});
  });

  it('takes from its inbox only what the other side reads', async () => {
    const { client, adapter, run } = await adapted({}, { reading: false });
    run.inbox.send(...blocks(1000));
    await quiet(() => adapter.stats.bytesOut);
    expect(adapter.stats.bytesOut).toBeLessThan(16 * 1024 * 1024);
    expect(run.inbox.waiting).toBeGreaterThan(700);
    client.read();
    await until(() => client.heard === 1000 * 65_536);
    run.abort();
    await run.done.catch(() => {});
  });

  it('lets one go that takes nothing for the idle limit, with a warning', async () => {
    const { adapter, run } = await adapted({ idle: { ms: 3000 } }, { reading: false });
    run.inbox.send(...blocks(1000));
    await quiet(() => adapter.stats.bytesOut);
    await run.advance({ ms: 2999 });
    expect(run.logs).toEqual([]);
    await run.advance({ ms: 1 });
    await run.done;
    expect(run.logs.map((entry) => entry.message)).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+ took nothing for 3000 ms \(option idle\) and is let go$/),
    ]);
  });

  it('lets one go with which nothing was exchanged, counted from the last byte', async () => {
    const { client, run } = await adapted({ inactive: { ms: 1000 } });
    await run.advance({ ms: 900 });
    client.socket.write('x');
    await until(() => run.outbox.messages.length === 1);
    await run.advance({ ms: 900 });
    run.inbox.send('y');
    await until(() => client.text === 'y');
    await run.advance({ ms: 999 });
    expect(run.logs).toEqual([]);
    await run.advance({ ms: 1 });
    await run.done;
    await until(() => client.closed);
    expect(run.logs[0]?.message).toMatch(/exchanged nothing for 1000 ms \(option inactive\) and is let go/);
  });

  it('ends without failure when the connection is lost, behind what had arrived, and says why', async () => {
    const { client, adapter, run } = await adapted();
    client.socket.write('half');
    await until(() => run.outbox.messages.length > 0);
    client.socket.resetAndDestroy();
    await run.done;
    expect(text(run.outbox.messages)).toBe('half');
    expect(adapter.lost).toBeInstanceOf(NetworkError);
    expect(adapter.lost?.message).toMatch(/^lost the connection to 127\.0\.0\.1:\d+: .*\(ECONNRESET\)$/);
  });

  it('stops its producer when the connection is gone', async () => {
    const { client, socket } = await connected();
    function* endless() {
      for (;;) yield new Uint8Array(65_536);
    }
    const done = Pipeline(endless(), new ConnectedSocketAdapter(socket)).run();
    await until(() => client.heard > 0);
    client.socket.destroy();
    await done;
  });

  it('finishes: hears nothing more, and still says what there is to say', async () => {
    const { client, adapter, run } = await adapted({}, { allowHalfOpen: true });
    client.socket.write('heard');
    await until(() => run.outbox.messages.length > 0);
    adapter.finish();
    await until(() => run.outbox.ended);
    client.socket.write('not heard');
    run.inbox.send(...blocks(20));
    run.inbox.close();
    await until(() => client.ended);
    expect([client.heard, text(run.outbox.messages)]).toEqual([20 * 65_536, 'heard']);
    client.socket.end();
    await run.done;
  });

  it('takes any duplex stream', async () => {
    const stream = new PassThrough();
    const adapter = new ConnectedSocketAdapter(stream);
    const run = drive(adapter, { inbox: ['around ', 'and back'] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('around and back');
    expect([adapter.peer, stream.destroyed]).toEqual([undefined, true]);
  });

  it('ends at once with a socket that is closed already', async () => {
    const { socket } = await connected();
    socket.destroy();
    const run = drive(new ConnectedSocketAdapter(socket));
    await run.done;
    expect(run.outbox.messages).toEqual([]);
  });

  it('closes its socket when it is aborted, and when it is disposed without ever running', async () => {
    const { client, run } = await adapted();
    await run.settle();
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    await until(() => client.closed);
    const unused = await connected();
    new ConnectedSocketAdapter(unused.socket)[Symbol.dispose]();
    await until(() => unused.client.closed);
  });

  it('refuses messages that are neither bytes nor text, and streams that are none', async () => {
    const { run } = await adapted();
    run.inbox.send({} as never);
    await expect(run.done).rejects.toThrow(
      'ConnectedSocketAdapter: Expected Uint8Array or string for a message but received {}',
    );
    expect(() => new ConnectedSocketAdapter('socket' as never)).toThrow(
      'ConnectedSocketAdapter: Expected a socket or another duplex stream but received "socket"',
    );
    expect(() => new ConnectedSocketAdapter(new PassThrough(), { idle: 5 as never })).toThrow(
      /for idle but received 5/,
    );
  });
});
