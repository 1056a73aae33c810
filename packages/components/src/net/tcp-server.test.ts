// SPDX-License-Identifier: Apache-2.0
import { Component, ComponentError, Graphline, type LogEntry, link, Pipeline, type Steps } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { RawClient } from '../testing/raw-client.js';
import { until } from '../testing/until.js';
import { type ConnectedSocketAdapter, TCPClient, TCPServer, type TCPServerOptions } from './index.js';

const host = '127.0.0.1';
afterEach(() => RawClient.closeAll());

async function served(options: Partial<TCPServerOptions> = {}, driveOptions: { held?: boolean } = {}) {
  const server = new TCPServer({ listenport: 0, ...options });
  const run = drive(server, {}, driveOptions);
  const { port } = await server.listening;
  return { server, run, port };
}

async function abort(run: { abort(reason?: unknown): void; done: Promise<void> }): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

/** Runs a client's connection so that it hears what it says. */
function echoing(client: ConnectedSocketAdapter): Component {
  const echo = Pipeline((bytes: Uint8Array) => bytes);
  return Graphline({ client, echo }, () => [
    link(client.outbox, echo.inbox as never),
    link(echo.outbox as never, client.inbox),
  ]).activate();
}

const said = (logs: readonly LogEntry[], text: RegExp) => logs.filter((entry) => text.test(entry.message));

describe('TCPServer', () => {
  it('sends a component for each client, which whoever receives it runs', async () => {
    const { server, run, port } = await served();
    const clients = [new RawClient(port), new RawClient(port), new RawClient(port)];
    await until(() => run.outbox.messages.length === 3);
    const graphs = run.outbox.messages.map(echoing);
    clients.forEach((client, i) => {
      client.socket.write(`client ${i}`);
    });
    await until(() => clients.every((client, i) => client.text === `client ${i}`));
    expect(server.stats).toEqual({ clients: 3, connected: 3, refused: 0 });
    for (const client of clients) client.socket.end();
    await Promise.all(graphs.map((graph) => graph.done));
    await until(() => server.stats.connected === 0);
    expect(said(run.logs, /^client 127\.0\.0\.1:\d+ left$/).length).toBe(3);
    await abort(run);
  });

  it('answers a client that says its end at once, as netcat does', async () => {
    const { run, port } = await served();
    const client = new RawClient(port, { allowHalfOpen: true });
    client.socket.end('all I say');
    await until(() => run.outbox.messages.length === 1);
    await echoing(run.outbox.messages[0] as ConnectedSocketAdapter).done;
    await until(() => client.closed);
    expect(client.text).toBe('all I say');
    await abort(run);
  });

  it('serves by TLS: 20 MB in both directions at once, in order', async () => {
    const tls = selfSigned('localhost');
    const { run, port } = await served({ tls });
    const blocks = Array.from({ length: 200 }, (_, i) => new Uint8Array(100_000).fill(i));
    const client = drive(new TCPClient({ host, port, tls: { ca: tls.cert } }), { inbox: blocks });
    await until(() => run.outbox.messages.length === 1);
    await echoing(run.outbox.messages[0] as ConnectedSocketAdapter).done;
    await client.done;
    expect(Buffer.concat(client.outbox.messages).equals(Buffer.concat(blocks))).toBe(true);
    await abort(run);
  });

  it('closes connections above its limit at once, says so once a second, and takes others when there is room', async () => {
    const { server, run, port } = await served({ maxConnections: 2 });
    const [first, second] = [new RawClient(port), new RawClient(port)];
    await until(() => run.outbox.messages.length === 2);
    run.outbox.messages.forEach(echoing);
    for (let i = 0; i < 3; i++) {
      const third = new RawClient(port);
      await until(() => third.closed);
    }
    await until(() => server.stats.refused === 3);
    expect(
      said(run.logs, /^connection from .* closed: there are 2 connections \(option maxConnections\)$/).length,
    ).toBe(1);
    first?.socket.end();
    await until(() => server.stats.connected === 1);
    new RawClient(port);
    await until(() => run.outbox.messages.length === 3);
    second?.socket.write('still here');
    await until(() => second?.text === 'still here');
    await abort(run);
    for (const message of run.outbox.messages) message.abort();
  });

  it('lets a client go with which nothing is exchanged', async () => {
    const { run, port } = await served({ inactive: { ms: 30 } });
    const client = new RawClient(port);
    await until(() => run.outbox.messages.length === 1);
    const logs: LogEntry[] = [];
    const adapter = run.outbox.messages[0] as ConnectedSocketAdapter;
    await adapter.run({ onLog: (entry) => logs.push(entry) });
    expect(said(logs, /exchanged nothing for 30 ms \(option inactive\)/).length).toBe(1);
    await until(() => client.closed);
    await abort(run);
  });

  it('lets clients wait while nobody takes them, and closes those when it is stopped', async () => {
    const { server, run, port } = await served({}, { held: true });
    const clients = Array.from({ length: 80 }, () => new RawClient(port));
    await until(() => server.stats.clients === 80);
    await run.settle();
    expect(run.outbox.inbox.length).toBe(64);
    await abort(run);
    await until(() => clients.every((client) => client.closed));
    await until(() => server.stats.connected === 0);
  });

  it('closes a client that nobody wants', async () => {
    const server = new TCPServer(0);
    server.activate({ onLog: () => {} });
    const { port } = await server.listening;
    const client = new RawClient(port);
    await until(() => client.closed);
    server.stop();
    await server.done;
  });

  it('lets its port go when it is stopped, while its clients go on', async () => {
    const { server, run, port } = await served();
    const client = new RawClient(port);
    await until(() => run.outbox.messages.length === 1);
    const graph = echoing(run.outbox.messages[0] as ConnectedSocketAdapter);
    run.stop();
    await run.done;
    const again = await served({ listenport: port });
    expect(again.port).toBe(port);
    client.socket.write('still here');
    await until(() => client.text === 'still here');
    client.socket.end();
    await graph.done;
    await until(() => server.stats.connected === 0);
    await abort(again.run);
  });

  it('is stopped when nobody takes its clients any more', async () => {
    class First extends Component {
      readonly inbox = this.in<ConnectedSocketAdapter>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        this.inbox.recv()[Symbol.dispose]();
      }
    }
    const server = new TCPServer(0);
    const done = Pipeline(server, new First()).run({ onLog: () => {} });
    const { port } = await server.listening;
    new RawClient(port);
    await done;
    const late = new RawClient(port);
    await until(() => late.closed);
  });

  it('says that its port is in use, with its path', async () => {
    const { run, port } = await served();
    const error: unknown = await Pipeline(new TCPServer(port), () => {})
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).message).toMatch(
      /^Pipeline-\d+\/TCPServer-\d+: cannot listen on 127\.0\.0\.1:\d+: address already in use \(EADDRINUSE\)$/,
    );
    await abort(run);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['no port', {}, /^TCPServer: Expected a number for listenport but received undefined$/],
    ['a port out of range', 65_536, /from 0 to 65535 for listenport but received 65536/],
    ['no room for anybody', { listenport: 0, maxConnections: 0 }, /for maxConnections but received 0/],
    ['a bare number as idle', { listenport: 0, idle: 5 }, /for idle but received 5/],
    ['no certificate', { listenport: 0, tls: {} }, /Expected key and cert, or pfx, for tls/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new TCPServer(options as number)).toThrow(message);
  });
});
