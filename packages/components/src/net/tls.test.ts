// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { type ComponentError, type LogEntry, Pipeline } from '@kamaelia/axon';
import { type Drive, drive } from '@kamaelia/axon/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { quiet } from '../testing/quiet.js';
import { until } from '../testing/until.js';
import { NetworkError, type Sendable, SingleServer, TCPClient } from './index.js';

const host = '127.0.0.1';
const certificate = selfSigned('localhost', 'server.test');
const trusting = { ca: certificate.cert };
const open = new Set<{ destroy(): unknown }>();

afterEach(() => {
  for (const socket of open) socket.destroy();
  open.clear();
});

const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
const said = (logs: readonly LogEntry[], what: RegExp) => logs.filter((entry) => what.test(entry.message));

async function served(inputs: { inbox?: Iterable<Sendable> } = {}, options: { held?: boolean } = {}) {
  const server = new SingleServer({ port: 0, tls: certificate });
  const run: Drive<Sendable, Uint8Array> = drive(server, inputs, options);
  const { port } = await server.listening;
  return { server, run, port };
}

async function abort(run: { abort(reason?: unknown): void; done: Promise<void> }): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

describe('SingleServer and TCPClient with tls', () => {
  it('exchange bytes, each telling the other its end', async () => {
    const { run, port } = await served({ inbox: ['hello ', 'client'] });
    const client = drive(new TCPClient({ host, port, tls: trusting }), { inbox: ['hello server'] });
    await Promise.all([run.done, client.done]);
    expect(text(client.outbox.messages)).toBe('hello client');
    expect(text(run.outbox.messages)).toBe('hello server');
    for (const chunk of client.outbox.messages) {
      expect(chunk.constructor).toBe(Uint8Array);
      expect(chunk.buffer.byteLength).toBe(chunk.byteLength);
    }
  });

  it('make the server wait for a client whose outbox is full', async () => {
    const blocks = Array.from({ length: 1000 }, () => new Uint8Array(65_536));
    const { server, run, port } = await served({ inbox: blocks });
    const client = drive(new TCPClient({ host, port, tls: trusting }), {}, { held: true });
    await quiet(() => server.stats.bytesOut);
    expect(server.stats.bytesOut).toBeLessThan(24_000_000);
    client.outbox.take();
    await Promise.all([run.done, client.done]);
    expect(client.outbox.messages.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(65_536_000);
  });

  it('know each other by certificates', async () => {
    const clientCertificate = selfSigned('client.test');
    const tls = { ...certificate, requestCert: true, ca: clientCertificate.cert };
    const server = new SingleServer({ port: 0, tls });
    const run = drive(server);
    const { port } = await server.listening;
    const stranger = drive(new TCPClient({ host, port, tls: trusting }));
    await stranger.done.catch(() => {});
    await until(() => said(run.logs, /no handshake with/).length > 0 || server.stats.clients > 0);
    expect(server.stats.clients).toBe(0);
    const friend = drive(new TCPClient({ host, port, tls: { ...trusting, ...clientCertificate } }));
    await until(() => server.stats.clients === 1);
    await abort(friend);
    await abort(run);
  });

  it('check the name of the server, and tell it for which name they came', async () => {
    const { run, port } = await served({ inbox: ['x'] });
    const wrong = drive(new TCPClient({ host, port, tls: { ...trusting, servername: 'other.test' } }));
    await expect(wrong.done).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    const right = drive(new TCPClient({ host, port, tls: { ...trusting, servername: 'server.test' } }), { inbox: [] });
    await right.done;
    await run.done;
  });
});

describe('TLS in trouble', () => {
  it('refuses a certificate that nobody it knows has signed', async () => {
    const { run, port } = await served();
    const error: unknown = await Pipeline(new TCPClient({ host, port, tls: true }), () => {})
      .run()
      .catch((e: ComponentError) => e.cause);
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as NetworkError).message).toMatch(
      /^cannot connect to 127\.0\.0\.1:\d+: self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    );
    await abort(run);
  });

  it('logs clients without a handshake once a second, and serves the next', async () => {
    const { server, run, port } = await served();
    for (let i = 0; i < 3; i++) {
      const plain = connect(port, host);
      open.add(plain);
      plain.on('error', () => {});
      plain.end('this is no handshake');
      await once(plain, 'close');
    }
    await until(() => said(run.logs, /^no handshake with 127\.0\.0\.1:\d+: /).length > 0);
    expect(said(run.logs, /no handshake/).length).toBe(1);
    const client = drive(new TCPClient({ host, port, tls: trusting }));
    run.inbox.send('still here');
    await until(() => client.outbox.messages.length > 0);
    expect(server.stats.clients).toBe(1);
    await abort(client);
    await abort(run);
  });

  it('does not let a client that never shakes hands keep others out, or the server from ending', async () => {
    const { server, run, port } = await served();
    const silent = connect(port, host);
    open.add(silent);
    silent.on('error', () => {});
    await once(silent, 'connect');
    const client = drive(new TCPClient({ host, port, tls: trusting }));
    await until(() => server.stats.clients === 1);
    await abort(run);
    await client.done.catch(() => {});
    if (!silent.destroyed) await once(silent, 'close');
  });

  it('gives up a server that does not answer its greeting', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    mute.listen(0, host);
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const client = new TCPClient({ host, port, tls: true, connectTimeout: { ms: 50 } });
    await expect(client.run()).rejects.toThrow(/no answer within 50 ms \(TIMEOUT\)/);
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it('fails at a server that speaks no TLS', async () => {
    const plain = createServer((socket) => socket.end('220 hello\r\n'));
    plain.listen(0, host);
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    await expect(drive(new TCPClient({ host, port, tls: trusting })).done).rejects.toThrow(
      /cannot connect to 127\.0\.0\.1:\d+: wrong version number \(ERR_SSL_WRONG_VERSION_NUMBER\)$/,
    );
    plain.close();
  });

  it('goes on when a client breaks its connection off', async () => {
    const { server, run, port } = await served();
    const first = connectSecurely({ host, port, ...trusting });
    open.add(first);
    first.on('error', () => {});
    await until(() => server.stats.clients === 1);
    first.destroy();
    await until(() => said(run.logs, /^client .* left/).length === 1);
    const next = drive(new TCPClient({ host, port, tls: trusting }));
    run.inbox.send('hello');
    await until(() => text(next.outbox.messages) === 'hello');
    await abort(next);
    await abort(run);
  });

  const wrong: [string, () => unknown, RegExp][] = [
    ['no key', () => new SingleServer({ tls: {} }), /^SingleServer: Expected key and cert, or pfx, for tls/],
    [
      'a damaged certificate',
      () => new SingleServer({ tls: { key: certificate.key, cert: 'x' } }),
      /^SingleServer: Expected a certificate and its key for tls but: /,
    ],
    [
      'the key of another',
      () => new SingleServer({ tls: { key: selfSigned('x').key, cert: certificate.cert } }),
      /for tls but: .*mismatch/,
    ],
    [
      'a word',
      () => new TCPClient({ host, port: 1, tls: 'yes' as never }),
      /^TCPClient: Expected an object of options/,
    ],
    ['a damaged key', () => new TCPClient({ host, port: 1, tls: { key: 'x' } }), /^TCPClient: Expected certificates/],
  ];
  it.each(wrong)('refuses %s at construction', (_, construct, message) => {
    expect(construct).toThrow(message);
  });
});
