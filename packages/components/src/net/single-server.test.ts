// SPDX-License-Identifier: Apache-2.0
import { ComponentError, Graphline, type Inbox, type LogEntry, link, type Outbox, Pipeline } from '@kamaelia/axon';
import { type Drive, drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../testing/quiet.js';
import { RawClient } from '../testing/raw-client.js';
import { until } from '../testing/until.js';
import { type Sendable, SingleServer, type SingleServerOptions, TCPClient } from './index.js';

const host = '127.0.0.1';
afterEach(() => RawClient.closeAll());

type Run = Drive<Sendable, Uint8Array>;

async function served(
  options: SingleServerOptions = {},
  inputs: { inbox?: Iterable<Sendable> } = {},
  driveOptions: { held?: boolean } = {},
): Promise<{ server: SingleServer; run: Run; port: number }> {
  const server = new SingleServer({ port: 0, ...options });
  const run = drive(server, inputs, driveOptions);
  const { port } = await server.listening;
  return { server, run, port };
}

async function abort(run: Run): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

const said = (logs: readonly LogEntry[], text: RegExp) => logs.filter((l) => text.test(l.message));

describe('SingleServer', () => {
  it('listens on this machine only, by default at 1601, and tells where', async () => {
    const { server, run, port } = await served();
    expect(server.address).toEqual({ host, port });
    expect(port).toBeGreaterThan(0);
    expect(await server.listening).toBe(server.address);
    expect(said(run.logs, /^listening on 127\.0\.0\.1:\d+$/).length).toBe(1);
    await abort(run);
  });

  it('sends its inbox to the client, then closes client and port, and ends', async () => {
    const { run, port } = await served({}, { inbox: ['one ', new TextEncoder().encode('two')] });
    const client = new RawClient(port);
    await run.done;
    await until(() => client.closed);
    expect([client.text, client.ended]).toEqual(['one two', true]);
    const late = new RawClient(port);
    await until(() => late.closed);
    expect(late.ended).toBe(false);
  });

  it('keeps messages for the first client, and its producer waits', async () => {
    const { run, port } = await served();
    run.inbox.send(...Array.from({ length: 100 }, (_, i) => `${i} `));
    await run.settle();
    expect(run.inbox.waiting).toBe(36);
    const client = new RawClient(port);
    run.inbox.close();
    await run.done;
    await until(() => client.closed);
    expect(client.text).toBe(Array.from({ length: 100 }, (_, i) => `${i} `).join(''));
  });

  it('waits for a client as long as there is something to send, and ends at once when there is nothing', async () => {
    const waiting = await served({}, { inbox: ['x'] });
    await waiting.run.advance({ ms: 3_600_000 });
    const client = new RawClient(waiting.port);
    await waiting.run.done;
    await until(() => client.closed);
    expect(client.text).toBe('x');
    await drive(new SingleServer({ port: 0 }), { inbox: [] }).done;
  });

  it('sends on what the client sends', async () => {
    const { run, port } = await served();
    const client = new RawClient(port);
    client.socket.write('hello ');
    await until(() => run.outbox.messages.length > 0);
    client.socket.end('server');
    await until(() => said(run.logs, /left/).length === 1);
    expect(Buffer.concat(run.outbox.messages).toString()).toBe('hello server');
    await abort(run);
  });

  it('goes on with the next client when one has left, and logs both', async () => {
    const { server, run, port } = await served();
    const first = new RawClient(port);
    run.inbox.send('for the first');
    await until(() => first.text === 'for the first');
    first.socket.destroy();
    await until(() => said(run.logs, /^client 127\.0\.0\.1:\d+ left/).length === 1);
    run.inbox.send('for the next');
    const second = new RawClient(port);
    await until(() => second.text !== '');
    expect(second.text).toBe('for the next');
    expect(said(run.logs, /^client 127\.0\.0\.1:\d+ connected$/).length).toBe(2);
    expect(server.stats).toMatchObject({ clients: 2, refused: 0, bytesOut: 25 });
    expect(run.logs.filter((l) => l.level === 'warn')).toEqual([]);
    run.inbox.close();
    await run.done;
    await until(() => second.closed);
  });

  it('goes on when a client resets its connection', async () => {
    const { run, port } = await served();
    const first = new RawClient(port);
    await until(() => said(run.logs, /connected/).length === 1);
    first.socket.resetAndDestroy();
    await until(() => said(run.logs, /left: .*ECONNRESET/).length === 1);
    const second = new RawClient(port);
    run.inbox.send('hello');
    await until(() => second.text === 'hello');
    await abort(run);
  });

  it('closes a second connection at once, says so once a second, and goes on with the first', async () => {
    const { server, run, port } = await served();
    const first = new RawClient(port);
    await until(() => said(run.logs, /connected/).length === 1);
    for (let i = 0; i < 5; i++) {
      const second = new RawClient(port);
      await until(() => second.closed);
      expect([second.ended, second.text]).toEqual([true, '']);
    }
    expect(said(run.logs, /^connection from .* closed: 127\.0\.0\.1:\d+ is being served$/).length).toBe(1);
    expect(server.stats.refused).toBe(5);
    await run.advance({ ms: 1000 });
    const sixth = new RawClient(port);
    await until(() => sixth.closed);
    expect(said(run.logs, /is being served/).at(-1)?.fields).toEqual({ refused: 6 });
    run.inbox.send('still here');
    await until(() => first.text === 'still here');
    await abort(run);
  });

  it('makes its producer wait for a slow client', async () => {
    const { server, run, port } = await served({}, { inbox: blocks(1000) });
    const client = new RawClient(port, { reading: false });
    await quiet(() => server.stats.bytesOut);
    expect(server.stats.bytesOut).toBeLessThan(16 * 1024 * 1024);
    expect(run.inbox.waiting).toBeGreaterThan(600);
    client.read();
    await run.done;
    await until(() => client.closed);
    expect(client.heard).toBe(1000 * 65_536);
  });

  it('makes a client wait whose bytes nobody takes, and still serves it', async () => {
    const { server, run, port } = await served({}, {}, { held: true });
    const client = new RawClient(port);
    client.socket.write(Buffer.alloc(64 * 1024 * 1024));
    await quiet(() => server.stats.bytesIn);
    expect(server.stats.bytesIn).toBeLessThan(8 * 1024 * 1024);
    run.inbox.send(...blocks(100));
    await until(() => client.heard === 100 * 65_536);
    run.outbox.take();
    await until(() => server.stats.bytesIn === 64 * 1024 * 1024);
    await abort(run);
  });

  it('lets a client go that takes nothing for the idle limit, and serves the next', async () => {
    const { server, run, port } = await served({ idle: { ms: 3000 } }, { inbox: blocks(1000) });
    const slow = new RawClient(port, { reading: false });
    await quiet(() => server.stats.bytesOut);
    await run.advance({ ms: 2999 });
    expect(said(run.logs, /left/)).toEqual([]);
    await run.advance({ ms: 1 });
    await until(() => said(run.logs, /left/).length === 1);
    expect(said(run.logs, /took nothing for 3000 ms \(option idle\) and is let go/).length).toBe(1);
    slow.socket.destroy();
    const next = new RawClient(port);
    await run.done;
    await until(() => next.closed);
    expect(next.heard).toBeGreaterThan(900 * 65_536);
  });

  it('does not count a client as idle for which nothing waits', async () => {
    const { run, port } = await served({ idle: { ms: 1000 } });
    const client = new RawClient(port);
    run.inbox.send('x');
    await until(() => client.text === 'x');
    await run.advance({ ms: 3_600_000 });
    run.inbox.send('y');
    await until(() => client.text === 'xy');
    await abort(run);
  });

  it('does not wait for ever for a client that keeps its side open', async () => {
    const { run, port } = await served({}, { inbox: ['bye'] });
    const client = new RawClient(port, { allowHalfOpen: true });
    await until(() => client.ended);
    expect(client.text).toBe('bye');
    await run.advance({ ms: 59_999 });
    expect(said(run.logs, /left/)).toEqual([]);
    await run.finish();
    expect(said(run.logs, /did not close its side for 60000 ms \(option idle\) and is let go/).length).toBe(1);
    expect(said(run.logs, /left/).length).toBe(1);
  });

  it('lets a slow client that also sends have everything behind the end of its inbox', async () => {
    const { server, run, port } = await served({}, { inbox: blocks(30) });
    const client = new RawClient(port, { reading: false });
    await quiet(() => server.stats.bytesOut);
    for (let i = 1; i <= 5; i++) {
      await run.advance({ ms: 10_000 });
      client.socket.write('x');
      await until(() => run.outbox.messages.length === i);
    }
    client.read();
    await run.done;
    await until(() => client.closed);
    expect([client.heard, client.ended]).toEqual([30 * 65_536, true]);
    expect(said(run.logs, /let go/)).toEqual([]);
  });

  it('echoes without bound on time, and lets a client go that sends for ever and never reads', async () => {
    const server = new SingleServer({ port: 0, idle: { ms: 100 } });
    const echo = Pipeline((bytes: Uint8Array) => bytes);
    const logs: LogEntry[] = [];
    const graph = Graphline({ server, echo }, (g) => [
      link(g.server.outbox, g.echo.inbox),
      link(g.echo.outbox, g.server.inbox),
    ]);
    graph.activate({ onLog: (entry) => logs.push(entry) });
    const { port } = await server.listening;
    const talker = new RawClient(port);
    talker.socket.write('echo');
    await until(() => talker.text === 'echo');
    talker.socket.destroy();
    await until(() => said(logs, /left/).length === 1);
    const flood = new RawClient(port, { reading: false });
    const sending = () => {
      while (!flood.closed && flood.socket.write(Buffer.alloc(65_536)));
    };
    flood.socket.on('drain', sending);
    sending();
    await until(() => said(logs, /took nothing for 100 ms/).length === 1);
    expect(server.stats.bytesIn).toBeLessThan(64 * 1024 * 1024);
    expect(said(logs, /was grown/)).toEqual([]);
    await until(() => said(logs, /left/).length === 2);
    graph.abort(new Error('over'));
    await expect(graph.done).rejects.toThrow('over');
  });
});

describe('SingleServer in trouble', () => {
  it('says that its port is in use, with its path, and stops the rest of the graph', async () => {
    const { run, port } = await served();
    const error: unknown = await Pipeline(['x'], new SingleServer({ port }))
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, path } = error as ComponentError;
    expect(path).toMatch(/^Pipeline-\d+\/SingleServer-\d+$/);
    expect(message).toBe(`${path}: cannot listen on 127.0.0.1:${port}: address already in use (EADDRINUSE)`);
    await abort(run);
  });

  it('refuses messages that are neither bytes nor text', async () => {
    const { run, port } = await served({}, { inbox: [5 as never] });
    new RawClient(port);
    await expect(run.done).rejects.toThrow(/SingleServer: Expected Uint8Array or string for a message but received 5/);
  });

  it.each(['with a client', 'without a client', 'at once'])('frees client and port when aborted %s', async (when) => {
    const server = new SingleServer({ port: 0 });
    const run = drive(server);
    let client: RawClient | undefined;
    if (when === 'at once') {
      const { listening } = server;
      await Promise.resolve();
      await Promise.resolve();
      run.abort(new Error('over'));
      await expect(listening).rejects.toThrow(/was stopped before it listened/);
    } else {
      const { port } = await server.listening;
      if (when === 'with a client') {
        client = new RawClient(port);
        await until(() => server.stats.clients === 1);
      }
      run.abort(new Error('over'));
    }
    await expect(run.done).rejects.toThrow('over');
    if (client !== undefined) await until(() => client.closed);
    await until(() => !process.getActiveResourcesInfo().includes('TCPServerWrap'));
  });

  it('may listen on the same port as soon as the one before has ended', async () => {
    const first = await served();
    new RawClient(first.port);
    await until(() => first.server.stats.clients === 1);
    await abort(first.run);
    const again = await served({ port: first.port });
    expect(again.port).toBe(first.port);
    await abort(again.run);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['a port out of range', { port: 65_536 }, /^SingleServer: Expected a whole number from 0 to 65535 for port/],
    ['no host', { host: '' }, /for host but received ""/],
    ['an idle limit of 0', { idle: { ms: 0 } }, /above 0 for idle but received {"ms":0}/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new SingleServer(options as never)).toThrow(message);
  });
});

describe('SingleServer and TCPClient', () => {
  it('run in one program as the article has it, the client right behind the server', async () => {
    for (let i = 0; i < 20; i++) {
      const port = 21_601 + i;
      const heard: Uint8Array[] = [];
      const server = Pipeline(['one ', 'two'], new SingleServer({ port })).activate();
      await Pipeline(new TCPClient({ host, port }), (bytes) => {
        heard.push(bytes);
      }).run();
      await server.done;
      expect(Buffer.concat(heard).toString()).toBe('one two');
    }
  });

  it('carry 50 MB', async () => {
    const server = new SingleServer({ port: 0 });
    const run = Pipeline(blocks(800), server).activate();
    const { port } = await server.listening;
    let bytes = 0;
    await Pipeline(new TCPClient({ host, port }), (chunk) => {
      bytes += chunk.length;
    }).run();
    await run.done;
    expect(bytes).toBe(800 * 65_536);
  });

  it('are typed so that bytes and text fit their inboxes', () => {
    const inbox: Inbox<Sendable> = new SingleServer({ port: 0 }).inbox;
    const outbox: Outbox<Uint8Array> = new TCPClient({ host, port: 1 }).outbox;
    expect([inbox.name, outbox.name]).toEqual(['inbox', 'outbox']);
  });
});

function blocks(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(65_536).fill(i));
}
