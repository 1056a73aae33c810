// SPDX-License-Identifier: Apache-2.0
import {
  Backplane,
  Component,
  ComponentError,
  type LogEntry,
  Pipeline,
  PublishTo,
  type Steps,
  SubscribeTo,
} from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { quiet } from '../testing/quiet.js';
import { RawClient } from '../testing/raw-client.js';
import { until } from '../testing/until.js';
import { type Connection, SimpleServer, type SimpleServerOptions, TCPClient } from './index.js';

const host = '127.0.0.1';
afterEach(() => RawClient.closeAll());

const echo = () => Pipeline((bytes: Uint8Array) => bytes);

async function served(options: Partial<SimpleServerOptions> = {}) {
  const server = new SimpleServer({ protocol: echo, port: 0, ...options });
  const logs: LogEntry[] = [];
  server.activate({ onLog: (entry) => logs.push(entry) });
  const { port } = await server.listening;
  return { server, logs, port };
}

async function abort(server: Component): Promise<void> {
  server.abort(new Error('test is over'));
  await expect(server.done).rejects.toThrow('test is over');
}

const warnings = (logs: readonly LogEntry[]) => logs.filter((l) => l.level === 'warn').map((l) => l.message);

describe('SimpleServer', () => {
  it('gives each client a component of its own', async () => {
    class Counter extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<string>('outbox');
      override *main(): Steps {
        let count = 0;
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            count += this.inbox.recv().length;
            this.outbox.send(`${count} `);
          }
          yield;
        }
      }
    }
    const { server, port } = await served({ protocol: () => new Counter() });
    const clients = [new RawClient(port), new RawClient(port)];
    clients[0]?.socket.write('abc');
    clients[1]?.socket.write('x');
    await until(() => clients[0]?.text === '3 ' && clients[1]?.text === '1 ');
    clients[0]?.socket.write('de');
    await until(() => clients[0]?.text === '3 5 ');
    expect(server.stats).toEqual({ clients: 2, connected: 2, refused: 0 });
    await abort(server);
    await until(() => clients.every((client) => client.closed));
  });

  it('tells the protocol whose connection it is', async () => {
    const seen: Connection[] = [];
    const { server, port } = await served({
      protocol: (connection) => {
        seen.push(connection);
        return echo();
      },
    });
    const client = new RawClient(port);
    await until(() => seen.length === 1);
    expect(seen[0]).toEqual({ peer: host, peerport: client.socket.localPort, localip: host, localport: port });
    await abort(server);
  });

  it('answers a client that says its end at once, and closes', async () => {
    const { server, port } = await served();
    const client = new RawClient(port, { allowHalfOpen: true });
    client.socket.end('all I say');
    await until(() => client.closed);
    expect(client.text).toBe('all I say');
    await until(() => server.stats.connected === 0);
    await abort(server);
  });

  it('lets a protocol only talk, or only listen', async () => {
    const talking = await served({ protocol: () => Pipeline(['one ', 'two']) });
    const listener = new RawClient(talking.port);
    await until(() => listener.closed);
    expect([listener.text, listener.ended]).toEqual(['one two', true]);
    await abort(talking.server);
    let heard = '';
    const listening = await served({
      protocol: () =>
        Pipeline((bytes: Uint8Array) => {
          heard += Buffer.from(bytes).toString();
        }) as Component,
    });
    const talker = new RawClient(listening.port);
    talker.socket.end('I say');
    await until(() => talker.closed);
    expect(heard).toBe('I say');
    await abort(listening.server);
  });

  it('stops the component of a client that leaves', async () => {
    let ended = 0;
    class Endless extends Component {
      readonly outbox = this.out<Uint8Array>('outbox');
      override *main(): Steps {
        try {
          for (;;) {
            while (this.outbox.open) this.outbox.send(new Uint8Array(65_536));
            yield;
          }
        } finally {
          ended++;
        }
      }
    }
    const { server, logs, port } = await served({ protocol: () => new Endless() });
    const client = new RawClient(port);
    await until(() => client.heard > 1_000_000);
    client.socket.destroy();
    await until(() => ended === 1 && server.stats.connected === 0);
    expect(warnings(logs)).toEqual([]);
    await abort(server);
  });

  it('ends only the connection in which something fails, with a warning', async () => {
    let made = 0;
    const { server, logs, port } = await served({
      protocol: () => {
        if (++made === 2) throw new Error('no protocol today');
        return Pipeline((bytes: Uint8Array) => {
          if (bytes[0] === 0x21) throw new Error('cannot stand this');
          return bytes;
        });
      },
    });
    const good = new RawClient(port);
    await until(() => made === 1);
    const refused = new RawClient(port);
    await until(() => refused.closed);
    const bad = new RawClient(port);
    bad.socket.write('!');
    await until(() => bad.closed);
    good.socket.write('still here');
    await until(() => good.text === 'still here');
    expect(warnings(logs)[0]).toMatch(/^no protocol for 127\.0\.0\.1:\d+: no protocol today$/);
    expect(warnings(logs)[1]).toMatch(/^ends: SimpleServer-\d+\/clients\/127\.0\.0\.1:\d+\/.*: cannot stand this$/);
    expect(warnings(logs).length).toBe(2);
    await abort(server);
  });

  it('does not let one client that never reads cost the others anything', async () => {
    const { server, logs, port } = await served({ idle: { ms: 200 } });
    const stalled = new RawClient(port, { reading: false });
    const sending = () => {
      while (!stalled.closed && stalled.socket.write(Buffer.alloc(65_536)));
    };
    stalled.socket.on('drain', sending);
    sending();
    await quiet(() => stalled.socket.bytesWritten);
    const good = new RawClient(port);
    good.socket.write(Buffer.alloc(5_000_000, 65));
    await until(() => good.heard === 5_000_000);
    await until(() => stalled.closed);
    expect(warnings(logs).join()).toMatch(/127\.0\.0\.1:\d+ took nothing for 200 ms \(option idle\) and is let go/);
    await abort(server);
  });

  it('is stopped in order: every client gets what was said to it, and the end', async () => {
    class Farewell extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<Uint8Array>('outbox');
      override *main(): Steps {
        this.outbox.send(new Uint8Array(1));
        while (!this.inbox.ended) {
          while (this.inbox.ready) this.inbox.recv();
          yield;
        }
        this.outbox.send(new Uint8Array(3_000_000));
      }
    }
    const { server, port } = await served({ protocol: () => new Farewell() });
    const clients = [new RawClient(port), new RawClient(port), new RawClient(port)];
    await until(() => clients.every((client) => client.heard === 1));
    server.stop();
    await server.done;
    await until(() => clients.every((client) => client.closed));
    expect(clients.map((client) => [client.heard, client.ended])).toEqual(clients.map(() => [3_000_001, true]));
    const late = new RawClient(port);
    await until(() => late.closed);
    expect(late.ended).toBe(false);
  });

  it('is stopped by a client whose component says so at serversignal', async () => {
    class Stoppable extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly outbox = this.out<string>('outbox');
      readonly serversignal = this.out<string>('serversignal', { role: 'control' });
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) {
            if (Buffer.from(this.inbox.recv()).toString() === 'stop') this.serversignal.send('stop');
          }
          yield;
        }
        this.outbox.send('bye');
      }
    }
    const { server, port } = await served({ protocol: () => new Stoppable() });
    const clients = [new RawClient(port), new RawClient(port)];
    await until(() => server.stats.connected === 2);
    clients[0]?.socket.write('stop');
    await server.done;
    await until(() => clients.every((client) => client.closed));
    expect(clients.map((client) => client.text)).toEqual(['bye', 'bye']);
  });

  it('serves by IPv6 when it is told so', async () => {
    const seen: Connection[] = [];
    const protocol = (connection: Connection) => {
      seen.push(connection);
      return echo();
    };
    const { server, logs, port } = await served({ protocol, host: '::1' });
    const client = drive(new TCPClient({ host: '::1', port }), { inbox: ['six'] });
    await client.done;
    expect(Buffer.concat(client.outbox.messages).toString()).toBe('six');
    expect(seen[0]).toMatchObject({ peer: '::1', localip: '::1' });
    expect(logs[0]?.message).toBe(`listening on [::1]:${port}`);
    await abort(server);
  });

  it('serves by TLS', async () => {
    const tls = selfSigned('localhost');
    const { server, port } = await served({ tls });
    const client = drive(new TCPClient({ host, port, tls: { ca: tls.cert } }), { inbox: ['secret'] });
    await client.done;
    expect(Buffer.concat(client.outbox.messages).toString()).toBe('secret');
    await abort(server);
  });

  it('serves 300 clients at once, one behind the other 1000, and keeps nothing of those that left', async () => {
    const { server, port } = await served();
    const clients = Array.from({ length: 300 }, () => new RawClient(port));
    clients.forEach((client, i) => {
      client.socket.write(`client ${i}`);
    });
    await until(() => clients.every((client, i) => client.text === `client ${i}`));
    for (const client of clients) client.socket.end();
    await until(() => server.stats.connected === 0);
    const before = listsDescriptors ? openDescriptors().length : 0;
    for (let i = 0; i < 1000; i++) {
      const client = new RawClient(port);
      client.socket.end('x');
      await until(() => client.closed);
    }
    await until(() => server.stats.connected === 0);
    expect(server.stats).toEqual({ clients: 1300, connected: 0, refused: 0 });
    if (listsDescriptors) expect(openDescriptors().length).toBeLessThanOrEqual(before + 5);
    await abort(server);
  });

  it('is the core of a network of peers: what the first node publishes reaches the client of the third', async () => {
    const nodes: Component[] = [];
    const start = async (name: string, upstream?: number): Promise<number> => {
      const server = new SimpleServer({ protocol: () => new SubscribeTo(name), port: 0 });
      const parts: Component[] = [new Backplane(name), server];
      if (upstream !== undefined) parts.push(Pipeline(new TCPClient({ host, port: upstream }), new PublishTo(name)));
      for (const part of parts) part.activate({ onLog: () => {} });
      nodes.push(...parts.reverse());
      return (await server.listening).port;
    };
    const first = await start('peer-1');
    const third = await start('peer-3', await start('peer-2', first));
    const client = new RawClient(third);
    const words = ['far ', 'and ', 'wide'];
    // A subscriber hears what comes after it.
    const publishing = Pipeline(new Words(words, () => client.heard), new PublishTo('peer-1')).activate();
    await until(() => client.text.endsWith('far and wide'));
    publishing.abort();
    for (const node of nodes) node.abort();
    await Promise.allSettled([publishing.done, ...nodes.map((node) => node.done)]);
  });
});

/** Says the first word until somebody has heard it, and then the others. */
class Words extends Component {
  readonly outbox = this.out<string>('outbox');
  readonly #words: readonly string[];
  readonly #heard: () => number;
  constructor(words: readonly string[], heard: () => number) {
    super();
    this.#words = words;
    this.#heard = heard;
  }
  override *main(): Steps {
    const [first, ...rest] = this.#words;
    while (this.#heard() === 0) {
      this.outbox.send(first as string);
      yield* this.sleep({ ms: 5 });
    }
    yield* this.sleep({ ms: 5 });
    this.outbox.send(first as string);
    for (const word of rest) this.outbox.send(word);
    for (;;) yield;
  }
}

describe('SimpleServer in trouble', () => {
  it('says that its port is in use, with its path', async () => {
    const { server, port } = await served();
    const error: unknown = await new SimpleServer({ protocol: echo, port })
      .run({ onLog: () => {} })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    expect((error as ComponentError).message).toMatch(
      /^SimpleServer-\d+\/TCPServer: cannot listen on 127\.0\.0\.1:\d+: address already in use \(EADDRINUSE\)$/,
    );
    await abort(server);
  });

  it('closes a client for which there is no component, or one that is used already', async () => {
    const shared = echo();
    const results: unknown[] = [5, shared, shared];
    const { server, logs, port } = await served({ protocol: () => results.shift() as Component });
    const first = new RawClient(port);
    await until(() => first.closed);
    const second = new RawClient(port);
    await until(() => server.stats.clients === 2);
    const third = new RawClient(port);
    await until(() => third.closed);
    second.socket.write('x');
    await until(() => second.text === 'x');
    expect(warnings(logs)).toEqual([
      expect.stringMatching(/^no protocol for .*: SimpleServer: Expected a component from protocol but received 5$/),
      expect.stringMatching(/^no protocol for .*belongs to another graph already$/),
    ]);
    await abort(server);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['no protocol', { port: 0 }, /^SimpleServer: Expected a function for protocol but received undefined$/],
    ['a component as protocol', { protocol: echo() }, /^SimpleServer: Expected a function for protocol but received/],
    ['a port out of range', { protocol: echo, port: 65_536 }, /^SimpleServer: .* from 0 to 65535 for port/],
    ['no room for anybody', { protocol: echo, maxConnections: 0 }, /^SimpleServer: .* for maxConnections/],
    ['an unknown option', { protocol: echo, prot: 5 }, /^SimpleServer: Expected the name of an option/],
    ['no certificate', { protocol: echo, tls: {} }, /^SimpleServer: Expected key and cert, or pfx, for tls/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new SimpleServer(options as never)).toThrow(message);
  });
});
