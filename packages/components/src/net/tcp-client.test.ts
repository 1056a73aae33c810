// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ComponentError, Graphline, type LogEntry, link, Pipeline } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { quiet } from '../testing/quiet.js';
import { until } from '../testing/until.js';
import { NetworkError, TCPClient } from './index.js';

const host = '127.0.0.1';
const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

/** A server of Node's own; `serve` gets each connection. */
async function serverOf(serve: (socket: Socket) => void, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const { server, port } = await serverOf(() => {});
  server.close();
  await once(server, 'close');
  return port;
}

const sum = (chunks: readonly Uint8Array[]) => chunks.reduce((n, chunk) => n + chunk.length, 0);
const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
const warnings = (logs: readonly LogEntry[]) => logs.filter((l) => l.level === 'warn').map((l) => l.message);

describe('TCPClient', () => {
  it('sends on what the server sends and ends with it', async () => {
    const { port } = await serverOf((socket) => socket.resume().end('hello'));
    const client = new TCPClient({ host, port });
    const run = drive(client);
    await run.done;
    expect(text(run.outbox.messages)).toBe('hello');
    for (const chunk of run.outbox.messages) {
      expect(chunk.constructor).toBe(Uint8Array);
      expect(chunk.buffer.byteLength).toBe(chunk.byteLength);
    }
    expect(client.stats).toEqual({ connections: 1, reconnects: 0, bytesIn: 5, bytesOut: 0, bytesDropped: 0 });
    await until(() => sockets.size === 0);
  });

  it('sends its inbox to the server, tells it the end, and still receives the answer', async () => {
    const { port } = await serverOf((socket) => {
      const heard: Buffer[] = [];
      socket.on('data', (chunk) => heard.push(chunk));
      socket.on('end', () => socket.end(`you said ${Buffer.concat(heard).toString()}`));
    });
    const client = new TCPClient({ host, port });
    const run = drive(client, { inbox: [new TextEncoder().encode('one '), '', 'zwölf'] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('you said one zwölf');
    expect(client.stats.bytesOut).toBe(10);
  });

  it('carries 20 MB in both directions at once, in order', async () => {
    const { port } = await serverOf((socket) => socket.pipe(socket));
    const blocks = Array.from({ length: 200 }, (_, i) => new Uint8Array(100_000).fill(i));
    const run = drive(new TCPClient({ host, port }), { inbox: blocks });
    await run.done;
    expect(Buffer.concat(run.outbox.messages).equals(Buffer.concat(blocks))).toBe(true);
  });

  it('makes the server wait while its outbox is full, and loses nothing', async () => {
    let written = 0;
    let full = false;
    const total = 64 * 1024 * 1024;
    const { port } = await serverOf((socket) => {
      const block = Buffer.alloc(65_536, 1);
      const send = () => {
        while (written < total) {
          written += block.length;
          if (!socket.write(block)) {
            full = true;
            return;
          }
        }
        socket.end();
      };
      socket.on('drain', () => {
        full = false;
        send();
      });
      send();
    });
    const client = new TCPClient({ host, port });
    const run = drive(client, {}, { held: true });
    // Quiet: the server waits, and went on waiting over many turns.
    let quiet = 0;
    let before = -1;
    await until(() => {
      quiet = full && written === before ? quiet + 1 : 0;
      before = written;
      return quiet > 500;
    });
    expect(written).toBeLessThan(total);
    expect(client.stats.bytesIn).toBeLessThan(6 * 1024 * 1024);
    run.outbox.take();
    await run.done;
    expect(sum(run.outbox.messages)).toBe(total);
  });

  it('takes from its inbox only what the server reads', async () => {
    let socket: Socket | undefined;
    const { port } = await serverOf((s) => {
      socket = s;
      s.pause();
    });
    const client = new TCPClient({ host, port });
    const run = drive(client, { inbox: Array.from({ length: 1000 }, () => new Uint8Array(65_536)) });
    let quiet = 0;
    let before = -1;
    await until(() => {
      quiet = client.stats.bytesOut > 0 && client.stats.bytesOut === before ? quiet + 1 : 0;
      before = client.stats.bytesOut;
      return quiet > 500;
    });
    expect(client.stats.bytesOut).toBeLessThan(16 * 1024 * 1024);
    expect(run.inbox.waiting).toBeGreaterThan(700);
    let heard = 0;
    socket?.on('data', (chunk) => {
      heard += chunk.length;
    });
    socket?.on('end', () => socket?.end());
    socket?.resume();
    await run.done;
    expect(heard).toBe(1000 * 65_536);
  });

  it('still sends while its outbox is full', async () => {
    let heard = 0;
    const { port } = await serverOf((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk.length;
      });
      for (let i = 0; i < 100; i++) socket.write(Buffer.alloc(65_536));
    });
    const client = new TCPClient({ host, port });
    const run = drive(client, {}, { held: true });
    await until(() => !client.outbox.open);
    run.inbox.send(...Array.from({ length: 100 }, () => new Uint8Array(65_536)));
    await until(() => heard === 100 * 65_536);
    run.abort();
    await run.done.catch(() => {});
  });

  it('waits for its delay', async () => {
    let connections = 0;
    const { port } = await serverOf((socket) => {
      connections++;
      socket.end();
    });
    const run = drive(new TCPClient({ host, port, delay: { ms: 5000 } }));
    await run.advance({ ms: 4999 });
    expect(connections).toBe(0);
    await run.advance({ ms: 1 });
    await run.done;
    expect(connections).toBe(1);
  });

  it('takes a delay of 0 for none', async () => {
    const { port } = await serverOf((socket) => socket.end('x'));
    const run = drive(new TCPClient({ host, port, delay: { ms: 0 } }));
    await run.done;
    expect(text(run.outbox.messages)).toBe('x');
  });

  it('works by the names of its boxes', async () => {
    const { port } = await serverOf((socket) => socket.pipe(socket));
    const client = new TCPClient({ host, port });
    const heard: string[] = [];
    const source = Pipeline(['ping']);
    const sink = Pipeline((bytes: Uint8Array) => {
      heard.push(Buffer.from(bytes).toString());
    });
    await Graphline({ source, client, sink }, (g) => [
      link(g.source.outbox as never, g.client.inbox),
      link(g.client.outbox, g.sink.inbox as never),
    ]).run();
    expect(heard).toEqual(['ping']);
  });
});

describe('TCPClient in trouble', () => {
  it('says that nobody listens, with its path, and stops the rest of the graph', async () => {
    const port = await freePort();
    const error: unknown = await Pipeline(new TCPClient({ host, port }), () => {})
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, path, cause } = error as ComponentError;
    expect(path).toMatch(/^Pipeline-\d+\/TCPClient-\d+$/);
    expect(message).toBe(`${path}: cannot connect to 127.0.0.1:${port}: connection refused (ECONNREFUSED)`);
    expect(cause).toBeInstanceOf(NetworkError);
    expect((cause as NetworkError).code).toBe('ECONNREFUSED');
  });

  it('says that a host is unknown', async () => {
    const run = drive(new TCPClient({ host: 'no-such-host.invalid', port: 1601 }));
    await expect(run.done).rejects.toThrow(/cannot connect to no-such-host\.invalid:1601: /);
  });

  it('fails when the connection is lost, behind what had arrived', async () => {
    const { port } = await serverOf((socket) => {
      socket.write('half', () => socket.once('data', () => socket.resetAndDestroy()));
    });
    const run = drive(new TCPClient({ host, port }));
    await until(() => run.outbox.messages.length > 0);
    run.inbox.send('go');
    await expect(run.done).rejects.toThrow(/TCPClient-1: lost the connection to 127\.0\.0\.1:\d+: .*\(ECONNRESET\)/);
    expect(text(run.outbox.messages)).toBe('half');
  });

  it('warns when the server ends before everything was sent', async () => {
    const { port } = await serverOf((socket) => socket.end());
    const client = new TCPClient({ host, port });
    const run = drive(client);
    // One turn connects, another hears the end: what is sent between may not be lost silently.
    run.inbox.send(...Array.from({ length: 2000 }, () => new Uint8Array(65_536)));
    await run.done.catch(() => {});
    expect(sockets.size).toBeLessThanOrEqual(1);
    const outcome =
      warnings(run.logs).join() +
      (await run.done.then(
        () => '',
        (e: Error) => e.message,
      ));
    expect(outcome).toMatch(/closed the connection before everything was sent|lost the connection/);
  });

  it('refuses messages that are neither bytes nor text', async () => {
    const { port } = await serverOf(() => {});
    const run = drive(new TCPClient({ host, port }), { inbox: [{ not: 'bytes' } as never] });
    await expect(run.done).rejects.toThrow(
      /TCPClient-1: TCPClient: Expected Uint8Array or string for a message but received {"not":"bytes"}/,
    );
  });

  it.each(['stopped', 'aborted', 'its consumer ends'])('lets go of its socket: %s', async (how) => {
    const { port } = await serverOf((socket) => socket.write('x'));
    if (how === 'its consumer ends') {
      const done = Pipeline(new TCPClient({ host, port }), () => {
        throw new Error('enough');
      }).run();
      await expect(done).rejects.toThrow('enough');
    } else {
      const run = drive(new TCPClient({ host, port }));
      await until(() => run.outbox.messages.length > 0);
      expect(sockets.size).toBe(1);
      if (how === 'stopped') {
        run.stop();
        run.inbox.close();
        // In order: it has told the server the end, and waits for the server's.
        for (const socket of sockets) socket.end();
        await run.done;
      } else {
        run.abort(new Error('over'));
        await expect(run.done).rejects.toThrow('over');
      }
    }
    for (const socket of sockets) socket.resume();
    for (const socket of sockets) socket.end();
    await until(() => sockets.size === 0);
  });

  /** Sends for ever, as fast as it is taken. */
  const flood = (socket: Socket) => {
    const write = () => {
      while (socket.writable && socket.write(new Uint8Array(16_384)));
    };
    socket.on('drain', write);
    write();
  };

  it('stopped, lets a server go that sends for ever, and sends on all that it took', async () => {
    let told = false;
    const { port } = await serverOf((socket) => {
      socket.resume().on('end', () => {
        told = true;
      });
      flood(socket);
    });
    const client = new TCPClient({ host, port });
    const run = drive(client);
    run.inbox.send('what is left');
    await until(() => run.outbox.messages.length > 10);
    run.stop();
    await until(() => told);
    const before = sum(run.outbox.messages);
    await run.advance({ ms: 1999 });
    await until(() => sum(run.outbox.messages) > before);
    expect(warnings(run.logs)).toEqual([]);
    await run.advance({ ms: 1 });
    await run.done;
    expect(warnings(run.logs)).toEqual([`127.0.0.1:${port} did not end for 2 s while this is to end, and is let go`]);
    expect(client.stats).toMatchObject({ bytesIn: sum(run.outbox.messages), bytesOut: 12, bytesDropped: 0 });
    for (const socket of sockets) socket.resume();
    await until(() => sockets.size === 0);
  });

  it.each([undefined, { min: { ms: 1 }, max: { ms: 1 } }])(
    'stopped, lets a server go that takes nothing, and says what was left (reconnect: %o)',
    async (reconnect) => {
      const { port } = await serverOf(() => {});
      const client = new TCPClient({ host, port, ...(reconnect === undefined ? {} : { reconnect }) });
      const run = drive(client);
      run.inbox.send(...Array.from({ length: 1000 }, () => new Uint8Array(65_536)));
      await quiet(() => client.stats.bytesOut);
      run.stop();
      await run.advance({ ms: 2000 });
      await run.done;
      const [warning] = run.logs.filter(({ level }) => level === 'warn');
      expect(warning?.message).toBe(`127.0.0.1:${port} took nothing for 2 s while this is to end, and is let go`);
      const { waiting, unsent } = (warning?.fields ?? {}) as { waiting: number; unsent: number };
      expect(Math.min(waiting, unsent)).toBeGreaterThan(0);
      expect(client.stats.reconnects).toBe(0);
    },
  );

  it('counts what had arrived when it is aborted', async () => {
    const { port } = await serverOf(flood);
    const client = new TCPClient({ host, port });
    const run = drive(client, {}, { held: true });
    await quiet(() => client.stats.bytesIn);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    const { bytesIn, bytesDropped } = client.stats;
    expect(bytesDropped).toBeGreaterThan(0);
    // The others were in the inbox behind its outbox.
    expect(bytesDropped).toBeLessThan(bytesIn);
  });

  it('lets go of a connection that is being made', async () => {
    const { port } = await serverOf(() => {});
    const client = new TCPClient({ host, port });
    client.activate();
    await Promise.resolve();
    await Promise.resolve();
    client.stop();
    await client.done;
    for (const socket of sockets) socket.end();
    await until(() => sockets.size === 0);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['no host', { port: 1 }, /^TCPClient: Expected a non-empty string for host but received undefined$/],
    ['port 0', { host, port: 0 }, /from 1 to 65535 for port but received 0/],
    ['a text as port', { host, port: '1601' }, /Expected a number for port but received "1601"/],
    [
      'a bare number as delay',
      { host, port: 1, delay: 5 },
      /Expected { ms } or { us } of at least 0 for delay but received 5/,
    ],
    ['a delay below 0', { host, port: 1, delay: { ms: -1 } }, /of at least 0 for delay but received {"ms":-1}/],
    ['a reconnect without min', { host, port: 1, reconnect: { max: { ms: 1 } } }, /for reconnect.min/],
    ['max below min', { host, port: 1, reconnect: { min: { ms: 2 }, max: { ms: 1 } } }, /reconnect.max to be at least/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new TCPClient(options as never)).toThrow(message);
  });
});

describe('TCPClient with reconnect', () => {
  const reconnect = { min: { ms: 100 }, max: { ms: 500 } };

  it('tries again after pauses that double up to the longest, and says so', async () => {
    const port = await freePort();
    const client = new TCPClient({ host, port, reconnect });
    const run = drive(client);
    await run.advance({ ms: 2000 });
    expect(warnings(run.logs)[0]).toBe(
      `cannot connect to 127.0.0.1:${port}: connection refused (ECONNREFUSED); connecting again in 100 ms`,
    );
    expect(run.logs.map((l) => l.fields?.pauseMs)).toEqual([100, 200, 400, 500, 500, 500]);
    expect(client.stats.reconnects).toBe(6);
    await serverOf((socket) => socket.write('at last'), port);
    await run.advance({ ms: 500 });
    await until(() => run.outbox.messages.length > 0);
    expect(text(run.outbox.messages)).toBe('at last');
    run.abort();
    await run.done.catch(() => {});
  });

  it('begins with the shortest pause again once bytes came', async () => {
    let connections = 0;
    const { port } = await serverOf((socket) => socket.end(`${++connections} `));
    const run = drive(new TCPClient({ host, port, reconnect }));
    for (let i = 1; i <= 4; i++) {
      await until(() => warnings(run.logs).length === i);
      await run.advance({ ms: 100 });
    }
    expect(text(run.outbox.messages)).toMatch(/^1 2 3 4 /);
    expect(warnings(run.logs)[0]).toBe(`127.0.0.1:${port} closed the connection; connecting again in 100 ms`);
    run.abort();
    await run.done.catch(() => {});
  });

  it('gives up after as many attempts as it was allowed', async () => {
    const port = await freePort();
    const run = drive(new TCPClient({ host, port, reconnect: { ...reconnect, attempts: 3 } }));
    await expect(run.finish()).rejects.toThrow(/ECONNREFUSED/);
    expect(warnings(run.logs).length).toBe(3);
    expect(run.clock.now()).toBe(700_000);
  });

  it('keeps messages that wait for the next connection', async () => {
    let connections = 0;
    const heard: string[] = [];
    const { port } = await serverOf((socket) => {
      connections++;
      if (connections === 1) socket.end();
      socket.on('data', (chunk) => heard.push(chunk.toString()));
      socket.on('end', () => socket.end());
    });
    const run = drive(new TCPClient({ host, port, reconnect }));
    await until(() => warnings(run.logs).length === 1);
    run.inbox.send('kept');
    run.inbox.close();
    await run.advance({ ms: 100 });
    await run.done;
    expect(heard).toEqual(['kept']);
  });

  it('ends when its inbox has ended, whether there is a server or not', async () => {
    const port = await freePort();
    const client = new TCPClient({ host, port, reconnect });
    const run = drive(client, { inbox: [] });
    await run.done;
    expect(client.stats.reconnects).toBe(0);
    expect(warnings(run.logs)).toEqual([
      `cannot connect to 127.0.0.1:${port}: connection refused (ECONNREFUSED); not again, for its inbox has ended`,
    ]);
  });

  it('ends when its inbox ends in a pause', async () => {
    const client = new TCPClient({ host, port: await freePort(), reconnect });
    const run = drive(client);
    await until(() => warnings(run.logs).length === 1);
    run.inbox.close();
    await run.done;
    expect(client.stats.reconnects).toBe(1);
    expect(run.clock.now()).toBe(0);
  });

  it('ends when the connection is lost behind the end of its inbox', async () => {
    const { port } = await serverOf((socket) => {
      socket.on('end', () => socket.resetAndDestroy());
      socket.resume();
    });
    const run = drive(new TCPClient({ host, port, reconnect }), { inbox: ['all there is'] });
    await run.done;
    expect(warnings(run.logs).join()).toMatch(/^lost the connection .*; not again, for its inbox has ended$/);
  });

  it('keeps trying as long as something waits in its inbox', async () => {
    const port = await freePort();
    const run = drive(new TCPClient({ host, port, reconnect }), { inbox: ['kept'] });
    await run.advance({ ms: 1000 });
    let heard = '';
    await serverOf((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('end', () => socket.end());
    }, port);
    await run.finish();
    expect(heard).toBe('kept');
  });

  it('can be stopped in a pause', async () => {
    const port = await freePort();
    const run = drive(new TCPClient({ host, port, reconnect }));
    await until(() => warnings(run.logs).length === 1);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
  });
});
